"""JSON Lines: one object a line."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playground.datasets.reading.fields import (
    STRICT,
    DoubleKeys,
    FieldsFault,
    NoNumber,
    read_object,
)
from playground.datasets.reading.lines import Line, read_lines
from playground.datasets.reading.rows import MAX_SAMPLE, Fault, Note, Row, Take, sample


def read_json_lines(
    path: Path, *, start: int, line_break: bytes, note: Take
) -> Iterator[Row | Fault]:
    """The rows; blank lines are none."""
    for line in read_lines(path, start=start, line_break=line_break):
        if line.is_giant:
            yield Fault("giant_row", line.number, line.byte, line.end, sample(line.data))
        elif line.data.strip():
            yield _read(line, note)


def _read(line: Line, note: Take) -> Row | Fault:
    if b"\0" in line.data:
        return Fault("nul_character", line.number, line.byte, line.end, sample(line.data))
    text = line.data.decode(errors="replace")
    try:
        value: Any = STRICT.decode(text)
    except (json.JSONDecodeError, DoubleKeys, NoNumber, RecursionError) as error:
        return json_fault(error, text, line.number, line.byte, line.end)
    return row_of(value, text, line.number, line.byte, line.end, note)


def row_of(value: Any, text: str, line: int, byte: int, end: int, note: Take) -> Row | Fault:
    """The row of a parsed value that was written as ``text``."""
    try:
        texts = read_object(value)
    except FieldsFault as fault:
        return Fault(fault.code, line, byte, end, text[:MAX_SAMPLE], {}, value, keys=fault.keys)
    if texts.extra:
        note(
            Note("extra_fields", line, byte, ", ".join(texts.extra)[:MAX_SAMPLE], keys=texts.extra)
        )
    if texts.has_literals:
        note(Note("values_not_text", line, byte, text[:MAX_SAMPLE]))
    return Row(line, byte, end, texts.prompt, texts.completion, texts.is_text, value)


def json_fault(error: Exception, text: str, line: int, byte: int, end: int) -> Fault:
    """What is wrong with JSON that cannot be parsed."""
    begin = byte
    match error:
        case DoubleKeys():
            return Fault("duplicate_keys", line, byte, end, text[:MAX_SAMPLE], keys=error.keys)
        case NoNumber():
            return Fault("not_a_number", line, byte, end, text[:MAX_SAMPLE])
        case json.JSONDecodeError():
            before = text[: error.pos]
            byte += len(before.encode(errors="replace"))
            line += before.count("\n")
            reason = error.msg[:1].lower() + error.msg[1:]
        case _:
            reason = "too many brackets inside each other"
    values = {"reason": reason}
    return Fault("row_not_json", line, byte, end, text[:MAX_SAMPLE], values, begin=begin)
