"""The free page's other values: one document, of which a run uses a part.

- ``inject_start`` is added after the prompt before it runs, ``inject_restart`` after a finished
  completion; both are written with escapes, as stops are.
- ``behind`` is the text after the place of the run: not sent, but kept.
- ``made`` are the parts of the text that a model wrote, [from, to] in UTF-16 code units as
  JavaScript counts them. They are only drawn.
"""

import json
from collections.abc import Mapping
from typing import Any

from django.http import QueryDict

from playground.prompts.escapes import read_escapes
from playground.prompts.fields import MAX_PROMPT_CHARS, Values, clean_text

MAX_INJECT_CHARS = 500
MAX_MADE = 500

_LABELS = {"inject_start": "The start text", "inject_restart": "The restart text"}


def posted_document(data: QueryDict) -> dict[str, Any]:
    """The values as posted, those there are. Raises `InvalidInput` for what cannot be kept."""
    injected = {
        name: read_escapes(
            clean_text(data.get(name, ""), field=name, label=label, limit=MAX_INJECT_CHARS)
        )
        for name, label in _LABELS.items()
    }
    behind = clean_text(
        data.get("behind", ""), field="prompt", label="The text behind", limit=MAX_PROMPT_CHARS
    )
    return _without_empty({**injected, "behind": behind, "made": _read_made(data.get("made", ""))})


def document_json(values: Values) -> dict[str, Any]:
    """What of the values `PromptState.fields` keeps: those there are. The prompt is its text."""
    return {name: values[name] for name in (*_LABELS, "behind", "made") if values.get(name)}


def stored_document(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The values again, from `document_json`."""
    texts = {name: str(fields.get(name, "")) for name in (*_LABELS, "behind")}
    return _without_empty({**texts, "made": _check_made(fields.get("made"))})


def _without_empty(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}


def _read_made(raw: str) -> list[list[int]]:
    try:
        return _check_made(json.loads(raw)) if len(raw) <= 20 * MAX_MADE else []
    except (ValueError, RecursionError):
        return []


def _check_made(value: Any) -> list[list[int]]:
    """Ranges in order that do not overlap; anything else is none at all."""
    if not isinstance(value, list):
        return []
    end = 0
    for pair in value[:MAX_MADE]:
        is_range = (
            isinstance(pair, list) and len(pair) == 2 and all(type(place) is int for place in pair)
        )
        if not is_range or not end <= pair[0] < pair[1]:
            return []
        end = pair[1]
    return value[:MAX_MADE]
