"""Rules about the tree that no linter knows. Import contracts are checked by lint-imports."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CODE = ("playground", "workers", "tools", "benchmarks")


def tracked(*patterns: str) -> list[Path]:
    """Files of the repository, new ones included, that match."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


def modules_after(statement: str) -> set[str]:
    """The top-level modules that are loaded once ``statement`` has run in a fresh process."""
    code = f"{statement}\nimport sys; print(*{{name.partition('.')[0] for name in sys.modules}})"
    environ = {"DJANGO_SETTINGS_MODULE": "tests.settings", "PATH": "/usr/bin:/bin"}
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(ran.stdout.split())


def test_the_web_part_loads_no_tensors_and_no_worker() -> None:
    loaded = modules_after(
        "import playground.asgi, django.urls; django.urls.get_resolver().url_patterns"
    )

    assert "playground" in loaded
    assert loaded & {"torch", "transformers", "workers", "numpy"} == set()


def test_a_worker_serves_without_transformers() -> None:
    loaded = modules_after("import django; django.setup(); import workers.tasks.process")

    assert "torch" in loaded
    assert loaded & {"transformers"} == set()


def test_every_app_stands_in_the_contract_of_layers() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    (layers,) = (
        contract["layers"]
        for contract in contracts["contracts"]
        if contract["type"] == "layers" and contract["containers"] == ["playground"]
    )
    named = {name.strip(" ()") for layer in layers for name in layer.split("|")}

    packages = {init.parent.name for init in (ROOT / "playground").glob("*/__init__.py")}

    assert packages - named == set()


def test_no_file_names_a_registry() -> None:
    # An index is chosen by whoever installs: as an option, or as an address in a lock.
    hosts = re.compile(
        r"^--(extra-)?index-url|^--find-links|\"resolved\":|://[^\s\"]*(registry|simple)\b",
        re.MULTILINE,
    )
    installing = tracked("*requirements*.txt", "*.json", "*.toml", ".npmrc", "Makefile", ".ci/*")

    assert [str(path) for path in installing if hosts.search(path.read_text())] == []


def test_requirements_are_pinned() -> None:
    loose = [
        line
        for name in ("requirements.txt", "requirements-dev.txt")
        for line in (ROOT / name).read_text().splitlines()
        if line
        and not line.startswith(("#", "-r "))
        and not re.match(r"[\w.\-\[\],]+==[\w.]+", line)
    ]

    assert loose == []


@pytest.mark.parametrize("folder", [name for name in CODE if (ROOT / name).is_dir()])
def test_a_file_is_about_one_thing(folder: str) -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in tracked(f"{folder}/*.py")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 400
    }

    assert long == {}


def test_only_the_demo_checkpoint_is_large() -> None:
    large = [
        str(path.relative_to(ROOT))
        for path in tracked()
        if path.stat().st_size > 2**20 and not path.is_relative_to(ROOT / "models" / "demo")
    ]

    assert large == []
