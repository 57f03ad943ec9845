"""The doctor's report on the installation's files and on its place on the host."""

import os
import stat
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from playground.management import installation
from playground.management.findings import Verdict
from playground.management.installation import files, front_end, path_prefix


@pytest.fixture(autouse=True)
def healthy_installation(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An installation without faults; each test breaks one thing."""
    settings.BASE_DIR = tmp_path
    settings.VAR_DIR = tmp_path / "var"
    database = {"ENGINE": "django.db.backends.sqlite3", "NAME": tmp_path / "elsewhere.sqlite3"}
    monkeypatch.setattr(installation.settings, "DATABASES", {"default": database})
    settings.STATICFILES_DIRS = [tmp_path / "static" / "dist"]
    for folder in ("var/valkey", "static/dist", "static/css", "static/js"):
        (tmp_path / folder).mkdir(parents=True)
    for file in ("var/secret_key", "elsewhere.sqlite3", ".env", "static/dist/.built"):
        (tmp_path / file).touch(mode=0o600)


def test_files_closed_to_others_are_no_finding() -> None:
    (finding,) = files()

    assert finding.verdict is Verdict.GOOD


@pytest.mark.parametrize("name", ["var", "var/valkey", "var/secret_key", "elsewhere.sqlite3"])
def test_open_files_are_named_with_the_command_that_closes_them(tmp_path: Path, name: str) -> None:
    (tmp_path / name).chmod(0o755)

    (finding,) = files()

    assert finding.verdict is Verdict.WRONG
    assert f"can open {tmp_path / name}." in finding.sentence
    command = finding.advice.partition(": ")[2]
    assert os.system(command) == 0
    assert [finding.verdict for finding in files()] == [Verdict.GOOD]


@pytest.mark.parametrize(("umask", "mode"), [(0o007, 0o770), (0o027, 0o750)])
def test_files_open_to_an_allowed_group_are_no_fault(
    tmp_path: Path, settings: Settings, umask: int, mode: int
) -> None:
    settings.UMASK = umask
    path = tmp_path / "var" / "secret_key"
    path.chmod(mode)
    assert [finding.verdict for finding in files()] == [Verdict.GOOD]

    path.chmod(0o777)
    (finding,) = files()

    assert os.system(finding.advice.partition(": ")[2]) == 0
    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_a_settings_file_that_everybody_can_read_is_mentioned(tmp_path: Path) -> None:
    (tmp_path / ".env").chmod(0o644)

    (finding,) = files()

    assert finding.verdict is Verdict.NOTE
    assert finding.advice == f"Run: chmod 600 {tmp_path / '.env'}"


def test_a_front_end_older_than_its_sources_is_mentioned(tmp_path: Path) -> None:
    source = tmp_path / "static" / "js" / "run" / "stream.js"
    source.parent.mkdir()
    source.touch()
    os.utime(source, (0, 0))
    assert [finding.verdict for finding in front_end()] == [Verdict.GOOD]

    os.utime(tmp_path / "static" / "dist" / ".built", (0, 0))
    os.utime(source, (9, 9))
    (finding,) = front_end()

    assert finding.verdict is Verdict.NOTE
    assert "built before stream.js changed" in finding.sentence
    assert finding.advice == "Run: make front"


@pytest.mark.parametrize(
    ("prefix", "verdicts"),
    [("/", []), ("/playground/", [Verdict.GOOD]), ("/history/", [Verdict.NOTE])],
)
def test_a_prefix_that_is_also_a_page_is_mentioned(
    settings: Settings, prefix: str, verdicts: list[Verdict]
) -> None:
    settings.PATH_PREFIX = prefix

    assert [finding.verdict for finding in path_prefix()] == verdicts
