"""Rules about the tree that no linter knows. lint-imports checks the import contracts."""

import ast
import re
import subprocess
import sys
import tomllib
from collections import Counter, deque
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CODE = ("playground", "workers", "tools", "benchmarks")


def files_matching(*patterns: str) -> list[Path]:
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
    """The top-level modules that are loaded after ``statement`` ran in a fresh process."""
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
    loaded = modules_after("import django; django.setup(); import workers.generate.process")

    assert "torch" in loaded
    assert loaded & {"transformers"} == set()


def test_every_app_is_in_the_contract_of_layers() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    (layers,) = (
        c["layers"]
        for c in contracts["contracts"]
        if c["type"] == "layers" and c["containers"] == ["playground"]
    )
    named = {name.strip(" ()") for layer in layers for name in re.split("[|:]", layer)}

    packages = {init.parent.name for init in (ROOT / "playground").glob("*/__init__.py")}

    assert packages - named == set()


def test_no_file_names_a_registry() -> None:
    # The person who installs chooses an index: as an option, or as an address in a lock file.
    hosts = re.compile(
        r"^--(extra-)?index-url|^--find-links|\"resolved\":|://[^\s\"]*(registry|simple)\b",
        re.MULTILINE,
    )
    installing = files_matching(
        "*requirements*.txt", "*.json", "*.toml", ".npmrc", "Makefile", ".ci/*"
    )

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
        for path in files_matching(f"{folder}/*.py")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 400
    }

    assert long == {}


def test_only_the_demo_checkpoint_is_large() -> None:
    large = [
        str(path.relative_to(ROOT))
        for path in files_matching()
        if path.stat().st_size > 2**20 and not path.is_relative_to(ROOT / "models" / "demo")
    ]

    assert large == []


# --- Imports and packages of the web application ----------------------------------------------

MAX_MODULES = 20
# Packages with more modules, each with the reason. A reason is a plan or a fact, not a wish.
LARGE_PACKAGES = {
    "benchmarks": "one program a file, started by its name",
}


def test_a_package_holds_at_most_twenty_modules() -> None:
    """`__init__` does not count, and a package inside counts separately."""
    held = Counter(
        str(path.parent.relative_to(ROOT))
        for path in files_matching(*(f"{folder}/*.py" for folder in CODE))
        if path.name != "__init__.py" and path.parent.name != "migrations"
    )
    large = {package: count for package, count in held.items() if count > MAX_MODULES}

    unnamed = {package: count for package, count in large.items() if package not in LARGE_PACKAGES}
    assert not unnamed, (
        f"more than {MAX_MODULES} modules: {unnamed}. Give what belongs together a package of "
        "its own, or name the exception in LARGE_PACKAGES with its reason."
    )
    needless = sorted(set(LARGE_PACKAGES) - set(large))
    assert not needless, f"no exception is needed any more for {needless}"


def test_no_module_of_the_web_application_imports_itself_by_a_circle() -> None:
    """Imports inside functions count: they hide a circle and do not remove it."""
    imports = imports_between("playground")

    circle = shortest_circle(imports)

    assert not circle, (
        f"{' -> '.join(circle)} is a circle of imports. Move what both ends need to a module "
        "below them, or turn one import around."
    )


def test_a_new_circle_would_be_found(tmp_path: Path) -> None:
    package = tmp_path / "rooms"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "kitchen.py").write_text("from rooms.hall import door\nfrom rooms import garden\n")
    (package / "hall.py").write_text("def door():\n    from . import cellar\n    return cellar\n")
    (package / "cellar.py").write_text("")
    (package / "garden.py").write_text("import rooms.hall\n")
    assert shortest_circle(imports_between("rooms", root=tmp_path)) == []

    for late in ("def stairs():\n", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n"):
        (package / "cellar.py").write_text(f"{late}    import rooms.kitchen\n")

        circle = shortest_circle(imports_between("rooms", root=tmp_path))

        assert circle[0] == circle[-1]
        assert set(circle) == {"rooms.kitchen", "rooms.hall", "rooms.cellar"}


def imports_between(package: str, *, root: Path = ROOT) -> dict[str, set[str]]:
    """For each module of ``package``, the modules of it that it imports, anywhere in its code.

    Imports only for type checkers count too: a reader of one end has to know the other.
    """
    files = {_module_name(path, root): path for path in sorted((root / package).rglob("*.py"))}
    return {
        name: {found for found in _imports_of(path, files, root) if found != name}
        for name, path in files.items()
    }


def _module_name(path: Path, root: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports_of(path: Path, known: Mapping[str, Path], root: Path) -> Iterator[str]:
    package = path.relative_to(root).parts[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) + 1 - node.level] if node.level else ()
            source = ".".join([*above, *filter(None, [node.module])])
            for alias in node.names:
                named = f"{source}.{alias.name}"
                if named in known or source in known:
                    yield named if named in known else source


def shortest_circle(imports: Mapping[str, Collection[str]]) -> list[str]:
    """The modules of a shortest circle, the first one again at the end; empty without one."""
    shortest: list[str] = []
    for start in sorted(imports):
        came_from, waiting = {start: ""}, deque([start])
        while waiting:
            module = waiting.popleft()
            for other in sorted(imports[module]):
                if other == start:
                    way = [start]
                    while module:
                        way.append(module)
                        module = came_from[module]
                    if not shortest or len(way) < len(shortest):
                        shortest = way[::-1]
                    waiting.clear()
                    break
                if other not in came_from:
                    came_from[other] = module
                    waiting.append(other)
    return shortest
