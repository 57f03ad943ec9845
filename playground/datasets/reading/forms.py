"""The form of a file, by its first kilobytes and never by its name."""

import json
import re
from typing import Literal, NamedTuple

from playground.datasets.reading.columns import recognise_delimiter
from playground.datasets.reading.fields import LOOSE

FormName = Literal["text", "jsonl", "json", "csv", "tsv"]

WORDS: dict[str, str] = {
    "text": "plain text",
    "jsonl": "JSON Lines",
    "json": "JSON",
    "csv": "CSV",
    "tsv": "TSV",
}
# What the end of a name promises.
_ENDINGS: dict[str, tuple[str, ...]] = {
    ".jsonl": ("jsonl",),
    ".ndjson": ("jsonl",),
    ".json": ("json", "jsonl"),
    ".csv": ("csv",),
    ".tsv": ("tsv",),
    ".tab": ("tsv",),
    ".txt": ("text",),
}
_OBJECT = re.compile(r'\{\s*(?:"|\}|$)')
_LIST = re.compile(r'\[\s*(?:\{|\]|"|\[|$|-?\d|null|true|false)')


class Form(NamedTuple):
    """A form, with a table's delimiter."""

    name: FormName
    delimiter: str = ""


def recognise_form(head: str, *, is_whole: bool) -> Form:
    """The form of the file that begins with ``head``.

    >>> recognise_form('{"prompt": "a", "completion": "b"}', is_whole=True).name
    'jsonl'
    """
    text = head.lstrip()
    if _OBJECT.match(text):
        return Form("json" if _is_over_lines(text) else "jsonl")
    if _LIST.match(text):
        return Form("json")
    lines = text.splitlines()
    if not is_whole:
        lines = lines[:-1]
    delimiter = recognise_delimiter([line for line in lines if line.strip()])
    if delimiter is not None:
        return Form("tsv" if delimiter == "\t" else "csv", delimiter)
    return Form("text")


def fits_name(form: str, name: str) -> bool:
    """Whether the end of ``name`` promises this form, or nothing."""
    ending = name[name.rfind(".") :].casefold() if "." in name else ""
    return form in _ENDINGS.get(ending, (form,))


def _is_over_lines(text: str) -> bool:
    """Whether the first object has line breaks in it."""
    first, _, rest = text.partition("\n")
    if not rest.strip():
        return False
    try:
        _, end = LOOSE.raw_decode(text)
    except (json.JSONDecodeError, RecursionError):
        return first.strip() in ("{", "{}") or (
            first.rstrip().endswith(("{", "[", ",")) and first.count("{") > first.count("}")
        )
    return "\n" in text[:end]
