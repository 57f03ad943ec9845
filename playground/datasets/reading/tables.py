"""Rows of CSV and TSV, with the line and byte of each, and quotes that are not closed."""

import csv
from collections.abc import Iterator
from pathlib import Path

from playground.core.texts import plain_breaks
from playground.datasets.reading.columns import Columns
from playground.datasets.reading.lines import Line, read_lines
from playground.datasets.reading.rows import (
    MAX_ROW_BYTES,
    MAX_SAMPLE,
    Fault,
    Note,
    Row,
    Take,
    sample,
)

# What a spreadsheet takes for a formula.
_FORMULA = ("=", "+", "-", "@", "\t=", "\r=")


class _TooLong(Exception):
    """A record goes on beyond what a row may have."""


class _Lines:
    """Lines for the csv module, which remember what a record took and can be given back."""

    def __init__(self, lines: Iterator[Line]) -> None:
        self._lines = lines
        self._back: list[Line] = []
        self.taken: list[Line] = []
        self._size = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self._size > MAX_ROW_BYTES:
            raise _TooLong
        line = self.peek()
        if line is None:
            raise StopIteration
        self._back.pop()
        self.taken.append(line)
        self._size += len(line.data)
        if line.is_giant:
            raise _TooLong
        return line.data.decode(errors="replace") + "\n"

    def begin(self) -> None:
        """A record begins: what was taken before is settled."""
        self.taken.clear()
        self._size = 0

    def give_back(self) -> None:
        """All but the record's first line are to be read again."""
        self._back.extend(reversed(self.taken[1:]))
        del self.taken[1:]

    def peek(self) -> Line | None:
        """The next line, which stays the next one."""
        if not self._back:
            line = next(self._lines, None)
            if line is None:
                return None
            self._back.append(line)
        return self._back[-1]


def read_records(
    path: Path, *, start: int, line_break: bytes, delimiter: str
) -> Iterator[tuple[list[str] | str, Line, Line]]:
    """Each record's cells, or the code of its fault, with its first and last line."""
    lines = _Lines(read_lines(path, start=start, line_break=line_break))
    while (first := lines.peek()) is not None:
        lines.begin()
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        try:
            cells = next(reader, None)
        except _TooLong:
            if first.is_giant:
                yield "giant_row", first, first
                continue
            lines.give_back()
            yield "unclosed_quote", first, first
        except csv.Error as error:
            lines.give_back()
            yield _code(str(error)), first, first
        else:
            if cells:
                yield cells, first, lines.taken[-1]


def _code(reason: str) -> str:
    if "end of data" in reason or "field limit" in reason:
        return "unclosed_quote"
    return "table_row_broken"


def read_table(
    path: Path, *, start: int, line_break: bytes, delimiter: str, columns: Columns, note: Take
) -> Iterator[Row | Fault]:
    """The rows after the header."""
    records = read_records(path, start=start, line_break=line_break, delimiter=delimiter)
    next(records, None)
    extra = tuple(
        name or f"column {place + 1}"
        for place, name in enumerate(columns.names)
        if place not in columns.read
    )
    if extra:
        note(Note("extra_fields", 1, start, ", ".join(extra)[:MAX_SAMPLE], keys=extra))
    for cells, first, last in records:
        if isinstance(cells, str):
            yield Fault(cells, first.number, first.byte, first.end, sample(first.data))
            continue
        yield _row(cells, first, last, columns, note)


def _row(cells: list[str], first: Line, last: Line, columns: Columns, note: Take) -> Row | Fault:
    shown = " | ".join(cells)[:MAX_SAMPLE]
    code = ""
    if last.end - first.byte > MAX_ROW_BYTES + 2:
        code = "giant_row"
    elif len(cells) > len(columns.names):
        code = "too_many_cells"
    elif len(cells) <= max(columns.read):
        code = "too_few_cells"
    elif any("\0" in cells[place] for place in columns.read):
        code = "nul_character"
    if code:
        return Fault(code, first.number, first.byte, last.end, shown, source=cells)
    if any(cells[place].startswith(_FORMULA) for place in columns.read) and _has_formula(
        cells, columns
    ):
        note(Note("formula_cells", first.number, first.byte, shown))
    if columns.completion is None:
        text = plain_breaks(cells[columns.text or 0]).strip()
        return Row(first.number, first.byte, last.end, "", text, is_text=True, source=cells)
    prompt = "" if columns.prompt is None else plain_breaks(cells[columns.prompt])
    completion = plain_breaks(cells[columns.completion])
    return Row(first.number, first.byte, last.end, prompt, completion, source=cells)


def _has_formula(cells: list[str], columns: Columns) -> bool:
    """Numbers with a sign and bullet points run nothing."""
    return any(
        cell.startswith(_FORMULA)
        and not cell[1:].replace(".", "", 1).replace(",", "", 1).isdigit()
        and not (cell[0] in "-+" and cell[1:2] in (" ", ""))
        for cell in (cells[place] for place in columns.read)
    )
