"""Rules of the front end that no linter knows."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = ROOT / "static" / "js"
# Where keys are listened to: everything else asks it, so that no one forgets input methods.
KEYS = "input-method.js"
LISTENS = re.compile(r"""['"`]key(?:down|up|press)['"`]|\bonkey(?:down|up|press)\b""")
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
