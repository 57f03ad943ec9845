"""The documents agree with the code."""

import ast
import re
import subprocess
import tomllib
from dataclasses import MISSING, fields
from pathlib import Path

import pytest

from playground.checkpoints.registry import ModelSpec

ROOT = Path(__file__).resolve().parents[1]
SETTINGS = ROOT / "playground" / "settings.py"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")], key=lambda path: str(path))
# Defaults that the code computes, as the documents describe them.
COMPUTED = {
    "VAR_DIR": "`var` in the checkout",
    "MODELS_FILE": "`models/models.toml` in the checkout",
    "ADAPTERS_DIR": "`adapters` in `VAR_DIR`",
    "FINETUNES_DIR": "`finetunes` in `VAR_DIR`",
}

ROW = re.compile(r"^\| `(?P<name>[A-Za-z_0-9]+)` \|\s*(?P<default>[^|]*?)\s*\| (?P<meaning>.+) \|$")
LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")
PATH = re.compile(r"`((?:[\w.-]+/)+[\w.-]*)`")


def settings_read() -> dict[str, str]:
    """Name and default, as the documents write it, of every variable that the settings read."""
    found: dict[str, str] = {}
    for node in ast.walk(ast.parse(SETTINGS.read_text(encoding="utf-8"))):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="env")),
                args=[ast.Constant(value=str(name)), *rest],
            ) if rest:
                found[name] = COMPUTED.get(name) or _as_documented(ast.literal_eval(rest[0]))
    return found


def _as_documented(value: object) -> str:
    match value:
        case "" | []:
            return "empty"
        case bool():
            return f"`{str(value).lower()}`"
        case list():
            return f"`{','.join(value)}`"
        case _:
            return f"`{value}`"


def table_rows(document: str) -> dict[str, str]:
    """First and second column of a document's tables."""
    rows = map(ROW.match, (ROOT / "docs" / document).read_text(encoding="utf-8").splitlines())
    return {row["name"]: row["default"] for row in rows if row}


def test_a_package_names_its_modules() -> None:
    """The second hop of the map:

    docs/architecture.md names the package, the package names the module.
    """
    missing = []
    for init in sorted((ROOT / "playground").rglob("__init__.py")):
        package = init.parent
        if package.name in ("migrations", "templatetags", "commands", "postgresql"):
            continue
        held = {path.stem for path in package.glob("*.py")} - {"__init__"}
        held |= {path.parent.name for path in package.glob("*/__init__.py")}
        held -= {"migrations", "templatetags", "commands"}
        named = set(re.findall(r"^- (\w+):", init.read_text(encoding="utf-8"), re.MULTILINE))
        if package.name != "playground" and held != named:
            missing.append((str(package.relative_to(ROOT)), sorted(held ^ named)))

    assert missing == []


def test_every_setting_is_documented_with_its_default() -> None:
    assert table_rows("settings.md") == settings_read()


def test_only_the_settings_read_the_environment() -> None:
    # Variables of compilers, caches and launchers belong to the machine, not to the playground.
    of_the_machine = r"[\[(]\"(?:CXX|KERNELS_ISA|XDG_CACHE_HOME|WORLD_SIZE|RANK)\""
    reading = re.compile(rf"os\.(?:environ(?=\[)|environ\.get|getenv)(?!{of_the_machine})")

    readers = [
        str(path.relative_to(ROOT))
        for folder in ("playground", "workers")
        for path in (ROOT / folder).rglob("*.py")
        if path != SETTINGS and reading.search(path.read_text(encoding="utf-8"))
    ]

    assert readers == []


def test_the_line_for_pytorch_names_the_version_that_is_pinned() -> None:
    (pinned,) = re.findall(r"^torch==(\S+)$", (ROOT / "requirements.txt").read_text(), re.MULTILINE)

    named = re.findall(r"torch==(\S+)", (ROOT / "README.md").read_text(encoding="utf-8"))

    assert named == [pinned]


def test_every_key_of_the_registry_is_documented_with_its_default() -> None:
    documented = table_rows("models.md")
    spoken = {"title": "the name", "revision": "the main branch", "cache_mb": "computed"}
    spoken |= {"tokens_per_second": "no cap", "note": "empty", "sha256": "empty"}
    spoken |= {"path": "", "hub": ""}

    expected = {
        key.name: spoken[key.name] if key.name in spoken else _as_documented(key.default)
        for key in fields(ModelSpec)
        if key.name != "name"
    }

    assert all(key.default is not MISSING or key.name in spoken for key in fields(ModelSpec)[1:])
    assert documented == expected


def test_the_registry_in_the_documents_is_one_the_code_reads() -> None:
    text = (ROOT / "docs" / "models.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    known = {key.name for key in fields(ModelSpec)}

    tables = tomllib.loads(example)["models"]

    assert set(tables) == {"demo", "gpt-j-6b"}
    assert all(set(table) <= known for table in tables.values())


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    targets = [
        match["target"].partition("#")[0]
        for match in LINK.finditer(document.read_text(encoding="utf-8"))
        if "://" not in match["target"] and not match["target"].startswith("#")
    ]

    missing = [target for target in targets if not (document.parent / target).exists()]

    assert missing == []


def test_files_and_folders_of_the_map_exist() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = {path for path in PATH.findall(text) if not path.startswith("static/dist")}

    missing = [path for path in sorted(named) if not (ROOT / path).exists()]

    assert named
    assert missing == []


def test_every_app_and_package_is_on_the_map() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    packages = [
        f"{package}/{init.parent.name}/"
        for package in ("playground", "workers")
        for init in (ROOT / package).glob("*/__init__.py")
    ]

    assert [package for package in packages if f"`{package}`" not in text] == []


def test_decisions_are_numbered_once() -> None:
    numbers = [path.name[:4] for path in (ROOT / "docs" / "decisions").glob("*.md")]

    assert sorted(numbers) == sorted(set(numbers))
    assert all(number.isdigit() for number in numbers)


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md"])
def test_commands_of_make_exist(document: str) -> None:
    named = set(re.findall(r"\bmake ([a-z][\w-]*)", (ROOT / document).read_text(encoding="utf-8")))
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z][\w-]*):", makefile, re.MULTILINE))

    assert {"run", "test"} <= named
    assert named - targets == set()


def test_make_help_names_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = " ".join(re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)).split()
    said = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)

    assert [target for target in phony if target not in said.stdout and target != "help"] == []


def test_commands_of_manage_exist() -> None:
    commands = {path.stem for path in (ROOT / "playground/management/commands").glob("[a-z]*.py")}
    of_django = {
        "migrate",
        "check",
        "makemigrations",
        "shell",
        "createsuperuser",
        "changepassword",
    }

    named = {
        command
        for document in DOCUMENTS
        for command in re.findall(r"manage\.py ([a-z]+)", document.read_text(encoding="utf-8"))
    }

    assert named - commands - of_django == set()


def test_modules_that_make_runs_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    lines = [line for line in makefile.splitlines() if " -m " in line]
    modules = [module for line in lines for module in re.findall(r"benchmarks\.\w+", line)]

    assert {"benchmarks.stream", "benchmarks.engine"} <= set(modules)
    assert [m for m in modules if not (ROOT / f"{m.replace('.', '/')}.py").is_file()] == []
