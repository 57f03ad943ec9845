"""Rules of the front end that no linter knows."""

import re
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = ROOT / "static" / "js"
# The one module that listens to keys: other code uses it, so that input methods are never
# forgotten.
KEYS = "input-method.js"
LISTENS = re.compile(r"""['"`]key(?:down|up|press)['"`]|\bonkey(?:down|up|press)\b""")
# The folders of modules; each imports only from those before it.
FOLDERS = (
    "shell",
    "elements",
    "palette",
    "tokens",
    "box",
    "panel",
    "document",
    "form",
    "editor",
    "run",
    "library",
    "sharing",
    "history",
    "datasets",
    "finetunes",
)
IMPORT = re.compile(r"""(?:from|import|import\()\s*'(\.[^']+)'""")
MAX_MODULES = 20
STYLES = ROOT / "static" / "css"
STYLE_IMPORT = re.compile(r'@import "\./([^"]+)"(?: layer\((\w+)\))?;')
# Fonts are not rules. Styles over CodeMirror's are in no layer, because CodeMirror's are in none.
WITHOUT_LAYER = ("base/fonts.css", "codemirror.css")
MAX_LINE = 159
EDITOR_LISTENS = re.compile(r"\bdomEventHandlers\(\{[^}]*\bkey(?:down|up|press)\b", re.DOTALL)


def test_keys_are_listened_to_in_one_place() -> None:
    listening = [
        script.name
        for script in sorted(SCRIPTS.rglob("*.js"))
        if script.name != KEYS
        and (
            LISTENS.search(text := script.read_text(encoding="utf-8"))
            or EDITOR_LISTENS.search(text)
        )
    ]

    assert listening == [], f"use onKey of {KEYS}"


def test_each_editor_keeps_the_keys_of_an_input_method_to_itself() -> None:
    for script in sorted(SCRIPTS.rglob("*.js")):
        text = script.read_text(encoding="utf-8")
        if "new EditorView(" in text:
            assert "hideInputMethod(" in text, script.name


def test_folders_import_only_from_those_before_them() -> None:
    against = [
        f"{script.relative_to(SCRIPTS)} imports {imported.relative_to(SCRIPTS)}"
        for script in sorted(SCRIPTS.glob("*/*.js"))
        for address in IMPORT.findall(script.read_text(encoding="utf-8"))
        if (imported := (script.parent / address).resolve()).suffix == ".js"
        and FOLDERS.index(imported.parent.name) > FOLDERS.index(script.parent.name)
    ]

    assert against == []


def test_each_folder_is_in_the_order_and_has_at_most_twenty_modules() -> None:
    sizes = {
        folder.name: len(list(folder.glob("*.js")))
        for folder in SCRIPTS.iterdir()
        if folder.is_dir()
    }

    assert sorted(sizes) == sorted(FOLDERS)
    assert max(sizes.values()) <= MAX_MODULES


def test_no_module_imports_itself_in_a_circle() -> None:
    imports = {
        script: [
            (script.parent / address).resolve()
            for address in IMPORT.findall(script.read_text(encoding="utf-8"))
        ]
        for script in SCRIPTS.rglob("*.js")
    }

    TopologicalSorter(imports).prepare()


def test_every_style_sheet_is_in_the_layer_of_its_folder() -> None:
    layers = dict(STYLE_IMPORT.findall((STYLES / "app.css").read_text(encoding="utf-8")))
    sheets = {str(sheet.relative_to(STYLES)) for sheet in STYLES.rglob("*.css")} - {"app.css"}

    assert layers.keys() == sheets
    for sheet, layer in layers.items():
        folder = sheet.split("/")[0] if "/" in sheet else "utilities"
        assert layer == ("" if sheet in WITHOUT_LAYER else folder), sheet


def test_lines_of_templates_are_short() -> None:
    long = [
        f"{template.relative_to(ROOT)}:{number}: {len(line)}"
        for template in sorted((ROOT / "templates").rglob("*.html"))
        for number, line in enumerate(template.read_text(encoding="utf-8").splitlines(), 1)
        if len(line) > MAX_LINE
    ]

    assert long == []
