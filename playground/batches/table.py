"""Reads a small table that a person pasted or chose as a file. No Django here.

Commas, semicolons and tabs part columns: which of them, the first row says.
"""

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from playground.core.errors import InvalidInput
from playground.core.texts import fault_of, plain_breaks

MAX_ROWS = 50
MAX_BYTES = 256 << 10
# As a form posts a table.
FIELD = "table"

Cells = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """columns: the names in the first row. rows: those after it, each as wide as ``columns``."""

    columns: Cells
    rows: tuple[Cells, ...]


def decode_table(data: bytes) -> str:
    """The text of a file. Raises `InvalidInput`."""
    is_utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return data.decode("utf-16" if is_utf16 else "utf-8-sig")
    except UnicodeDecodeError:
        raise refusal(
            "The file is not UTF-8 text. Save it as CSV (UTF-8), or paste the table."
        ) from None


def read_table(text: str) -> Table:
    """The table in ``text``. Raises `InvalidInput`, which says what to do."""
    if len(text.encode(errors="replace")) > MAX_BYTES:
        raise refusal(f"A table can have at most {MAX_BYTES >> 10} KiB. Remove some rows.")
    if fault := fault_of(text):
        raise refusal(f"The table holds {fault}. Remove it: no text of the model has one.")
    records = [cells for cells in _records(plain_breaks(text).lstrip("\ufeff")) if any(cells)]
    if not records:
        raise refusal("Paste a table, or choose a file.")
    header, *rows = records
    # Spreadsheets write empty columns at the end.
    width = max(place for place, name in enumerate(header, start=1) if name)
    columns = header[:width]
    _check_columns(columns)
    if not rows:
        raise refusal("The table has only its first row, the names. Add a row of values below it.")
    if len(rows) > MAX_ROWS:
        raise refusal(f"The table has {len(rows):,} rows; the limit is {MAX_ROWS}. Remove some.")
    for number, cells in enumerate(rows, start=1):
        if any(cells[width:]):
            raise refusal(
                f"Row {number} has more cells than there are columns. Put a text with a comma "
                "or a line break in it between double quotes, or name its column."
            )
    padding = ("",) * width
    return Table(
        columns=tuple(columns), rows=tuple((*cells, *padding)[:width] for cells in map(tuple, rows))
    )


def refusal(message: str) -> InvalidInput:
    """An error about the table."""
    return InvalidInput(message, field=FIELD)


def _check_columns(columns: list[str]) -> None:
    for number, name in enumerate(columns, start=1):
        if not name:
            raise refusal(f"Column {number} has no name. Write one in the first row.")


def _records(text: str) -> Iterator[list[str]]:
    """Its rows, each cell without the blanks around it."""
    delimiter = _delimiter(text)
    for record in _parse(text, delimiter):
        yield [cell.strip() for cell in record]


def _parse(text: str, delimiter: str) -> list[list[str]]:
    records: list[list[str]] = []
    try:
        records.extend(csv.reader(io.StringIO(text), delimiter=delimiter, strict=True))
    except csv.Error:
        first = text.split("\n", 1)[0]
        if delimiter == "\t" and not first.startswith('"'):
            # A spreadsheet pastes quotes as they are.
            return [line.split("\t") for line in text.split("\n")]
        place = f"Row {len(records)}" if records else "The first row"
        raise refusal(
            f"{place} cannot be read: a double quote in it is not closed, or has text after it. "
            'Write two ("") for a quote inside a quoted text.'
        ) from None
    return records


def _delimiter(text: str) -> str:
    """What parts the cells of the first row; a tab for a table of one column."""
    first = next((line for line in text.split("\n") if line.strip()), "")
    if "\t" in first:
        return "\t"
    counts = {mark: len(next(csv.reader([first], delimiter=mark))) for mark in ",;"}
    best = max(counts, key=lambda mark: counts[mark])
    return best if counts[best] > 1 else "\t"
