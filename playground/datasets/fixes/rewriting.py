"""A file with some of its rows changed or left out; all others stay byte by byte.

A list of JSON objects becomes JSON Lines.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import BinaryIO

from playground.core.errors import InvalidInput
from playground.datasets.fixes.changes import ChangeLog
from playground.datasets.fixes.target import Target
from playground.datasets.reading.fields import COMPLETION, MESSAGES, PROMPT, TEXT, known_name
from playground.datasets.reading.rows import Fault, Note, Row
from playground.datasets.reading.separators import SEPARATOR
from playground.datasets.reading.source import Source

_CHUNK = 1 << 16
# After these nothing more is read, so that a new file would lack it.
_STOPS = ("json_broken", "json_giant_value")


def copy_bytes(source: Source, start: int, end: int, target: Target) -> None:
    """Copy a part of the source, with plain line breaks."""
    with source.path.open("rb") as file:
        _copy(file, start, end, target, _has_returns(source))


def _has_returns(source: Source) -> bool:
    return source.encoding is not None and source.encoding.line_break == b"\r"


def _copy(file: BinaryIO, start: int, end: int, target: Target, returns: bool) -> None:
    file.seek(start)
    left = end - start
    while left > 0 and (data := file.read(min(left, _CHUNK))):
        target.write_bytes(data.replace(b"\r", b"\n") if returns else data)
        left -= len(data)


@contextmanager
def open_rewriter(source: Source, target: Target, log: ChangeLog) -> Iterator["Rewriter"]:
    """A rewriter over the open source; at the end, what is behind the last row is copied."""
    with source.path.open("rb") as file:
        rewriter = Rewriter(source, target, log, file)
        yield rewriter
        rewriter.end()


class Rewriter:
    """Writes the rows of ``source`` in their order; a row is kept, changed or left out."""

    def __init__(self, source: Source, target: Target, log: ChangeLog, file: BinaryIO) -> None:
        if source.faults or source.form is None or source.encoding is None:
            raise InvalidInput("The rows of this file cannot be read. Fix that first.")
        self._source, self._target, self._log, self._file = source, target, log, file
        self._form = source.form
        self._is_copied = source.form.name != "json"
        self._returns = _has_returns(source)
        # Copied up to here; the last item ended at ``_end``.
        self._at = self._end = source.encoding.mark
        self._is_first = True
        # Where the last row of a text begins if it has no separator, and whether the new file
        # has it as it was.
        self._open_at: int | None = None
        self._is_open = False

    def items(self) -> Iterable[Row | Fault]:
        """The rows; raises `InvalidInput` where the rest of the file cannot be read."""

        def stop_at(note: Note) -> None:
            if note.code in _STOPS:
                raise InvalidInput("The JSON is not valid to its end. Correct it first.")
            if note.code == "separator_missing_at_end":
                self._open_at = note.byte

        for item in self._source.rows(stop_at):
            if isinstance(item, Fault) and item.code in _STOPS:
                raise InvalidInput("The JSON is not valid to its end. Correct it first.")
            yield item

    def keep(self, item: Row | Fault) -> None:
        """The row as it is. It is copied with what is around it, when something else comes."""
        if not self._is_copied:
            self._write_json(item)
        self._end, self._is_first = item.end, False
        self._is_open = item.start == self._open_at

    def leave_out(self, item: Row | Fault, text: str) -> None:
        """The row is not in the new file."""
        self._log.leave_out(item.line, text)
        # With the row goes what is before it, but not a header.
        self._copy_to(item.start if self._is_first else self._end)
        self._pass(item)

    def change(self, before: Row, after: Row) -> None:
        """The row with other texts."""
        old, new = f"{before.prompt}{before.completion}", f"{after.prompt}{after.completion}"
        self._log.change(before.line, old, new)
        self._copy_to(before.start)
        self._target.write_text(self._text_of(after))
        self._pass(before)

    def change_source(self, before: Row | Fault, value: dict[str, object]) -> None:
        """An object in the place of another."""
        text = json.dumps(value, ensure_ascii=False)
        self._log.change(before.line, json.dumps(before.source, ensure_ascii=False), text)
        self._copy_to(before.start)
        self._target.write_text(f"{text}\n")
        self._pass(before)

    def end(self) -> None:
        """What is behind the last row."""
        self._copy_to(self._source.size)
        if self._is_open:
            self._target.write_text(f"{SEPARATOR}\n")

    def _pass(self, item: Row | Fault) -> None:
        self._at = self._end = item.end
        self._is_first = False

    def _copy_to(self, end: int) -> None:
        if self._is_copied:
            _copy(self._file, self._at, end, self._target, self._returns)
            self._at = end

    def _write_json(self, item: Row | Fault) -> None:
        if item.source is None:
            # Not valid by our rules, and still one value: it stays as it is, in one line.
            self._file.seek(item.start)
            data = self._file.read(item.end - item.start)
            self._target.write_bytes(b" ".join(data.split(b"\n")) + b"\n")
        else:
            self._target.write_text(json.dumps(item.source, ensure_ascii=False) + "\n")

    def _text_of(self, row: Row) -> str:
        match self._form.name:
            case "text":
                return f"{row.prompt}{row.completion}{SEPARATOR}"
            case "json" | "jsonl":
                return json.dumps(_object(row), ensure_ascii=False) + "\n"
            case _:
                return self._record(row)

    def _record(self, row: Row) -> str:
        columns = self._source.columns
        cells = list(row.source)
        if columns is None or columns.completion is None:
            cells[(columns.text if columns else None) or 0] = f"{row.prompt}{row.completion}"
        else:
            cells[columns.completion] = row.completion
            if columns.prompt is not None:
                cells[columns.prompt] = row.prompt
        text = io.StringIO()
        csv.writer(text, delimiter=self._form.delimiter, lineterminator="\n").writerow(cells)
        return text.getvalue()


def _object(row: Row) -> dict[str, object]:
    """The row's object with its new texts, other fields as they are."""
    names = {known_name(key): key for key in row.source}
    value = dict(row.source)
    if MESSAGES in names:
        del value[names[MESSAGES]]
        return {PROMPT: row.prompt, COMPLETION: row.completion, **value}
    if row.is_text:
        value[names.get(TEXT, TEXT)] = f"{row.prompt}{row.completion}"
        return value
    value[names.get(PROMPT, PROMPT)] = row.prompt
    value[names.get(COMPLETION, COMPLETION)] = row.completion
    return value
