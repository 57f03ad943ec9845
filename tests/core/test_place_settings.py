"""Settings of the site's address and folders, and their effects."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.registry import ROOT

PRINT = """
import json
from playground import settings
names = ("PATH_PREFIX", "FORCE_SCRIPT_NAME", "STATIC_URL", "SESSION_COOKIE_NAME",
         "SESSION_COOKIE_PATH", "CSRF_COOKIE_PATH", "LOGIN_REDIRECT_URL", "UMASK")
values = {name: getattr(settings, name) for name in names}
print(json.dumps({**values, "socket": str(settings.EMBEDDED_SOCKET)}))
"""


def read(tmp_path: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PRINT],
        cwd=ROOT,
        env={**os.environ, "VAR_DIR": str(tmp_path / "var"), "REDIS_URL": "", **environ},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("value", ["", "/", " / "])
def test_without_a_prefix_nothing_changes(tmp_path: Path, value: str) -> None:
    read_settings = json.loads(read(tmp_path, PATH_PREFIX=value).stdout)

    assert read_settings["FORCE_SCRIPT_NAME"] is None
    assert read_settings["STATIC_URL"] == "/static/"
    assert read_settings["SESSION_COOKIE_NAME"] == "sessionid"
    assert read_settings["SESSION_COOKIE_PATH"] == read_settings["LOGIN_REDIRECT_URL"] == "/"


@pytest.mark.parametrize("value", ["/playground/", "playground", "/playground", " playground/ "])
def test_a_prefix_may_be_written_with_and_without_slashes(tmp_path: Path, value: str) -> None:
    read_settings = json.loads(read(tmp_path, PATH_PREFIX=value).stdout)

    assert read_settings["PATH_PREFIX"] == "/playground/"
    assert read_settings["FORCE_SCRIPT_NAME"] == "/playground"
    assert read_settings["STATIC_URL"] == "/playground/static/"
    assert read_settings["SESSION_COOKIE_NAME"] == "sessionid_playground"
    assert read_settings["CSRF_COOKIE_PATH"] == "/playground/"


def test_a_prefix_may_have_several_parts(tmp_path: Path) -> None:
    read_settings = json.loads(read(tmp_path, PATH_PREFIX="/tools/gpt-j/").stdout)

    assert read_settings["PATH_PREFIX"] == "/tools/gpt-j/"
    assert read_settings["SESSION_COOKIE_NAME"] == "sessionid_tools_gpt-j"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PATH_PREFIX", "/../x/"),
        ("PATH_PREFIX", "/a b/"),
        ("PATH_PREFIX", "/a//b/"),
        ("PATH_PREFIX", "https://example.org/x/"),
        ("PATH_PREFIX", "/a?b/"),
        ("PATH_PREFIX", "/ä/"),
        ("UMASK", "022"),
        ("UMASK", "0"),
        ("UMASK", "private"),
        ("SOCKET_DIR", "run/playground"),
        ("SOCKET_DIR", "/" + "a" * 96),
        ("SOCKET_DIR", "/" + "ä" * 48),
    ],
)
def test_an_impossible_value_is_an_error_that_names_the_setting(
    tmp_path: Path, name: str, value: str
) -> None:
    answer = read(tmp_path, **{name: value})

    assert answer.returncode != 0
    last = answer.stderr.strip().splitlines()[-1]
    assert f"{name} " in last
    assert any(word in last for word in ("must be", "must look like", "may have 96"))


def test_the_longest_allowed_socket_folder_is_accepted(tmp_path: Path) -> None:
    folder = "/" + "a" * 95

    read_settings = json.loads(read(tmp_path, SOCKET_DIR=folder).stdout)

    assert read_settings["socket"] == f"{folder}/redis.sock"
    assert len(f"{folder}/redis.sock") == 107
