"""The table page's completion read as a table, and as CSV.

What a table shows is a product: a few short lines under a thousand names of columns are a million
cells, nearly all of them empty. So a page shows its first rows and columns and says how many there
are, and a file leaves the empty ends of rows out where they would be most of it.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from playground.core.cells import plain_cell

# Of one table on a page; static/js/run/table.js has the same.
MAX_SHOWN_ROWS = 200
MAX_SHOWN_COLUMNS = 50
# Of a column's name on a page.
MAX_SHOWN_NAME = 200
# Cells that a file fills up with nothing, so that all its rows are of one length.
MAX_FILLED_UP = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownTable:
    """The part of a table that a page shows, and how large the table is."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    all_columns: int
    all_rows: int

    @property
    def note(self) -> str:
        """What of the table is not shown, or nothing."""
        left_out = []
        if self.all_columns > len(self.columns):
            left_out.append(f"{len(self.columns):,} of {self.all_columns:,} columns")
        if self.all_rows > len(self.rows):
            left_out.append(f"{len(self.rows):,} of {self.all_rows:,} rows")
        return f"Showing {' and '.join(left_out)}." if left_out else ""


def shown_table(
    columns: Iterable[str],
    text: str,
    *,
    width: int,
    most_rows: int = MAX_SHOWN_ROWS,
    most_columns: int = MAX_SHOWN_COLUMNS,
) -> ShownTable:
    """The beginning of a completion's table, which has ``width`` columns.

    ``columns`` is asked for as many names as are shown. A row such as ``| Ann | 34 |`` with too few
    cells is filled up; too many are joined into the last: what the model wrote is all there.
    """
    names = [_shorten(name) for name in islice(columns, most_columns)]
    lines = _lines(text)
    return ShownTable(
        columns=names,
        rows=[
            _filled_up(_cells(line, width)[: len(names)], len(names)) for line in lines[:most_rows]
        ],
        all_columns=width,
        all_rows=len(lines),
    )


def write_csv(columns: Sequence[str], text: str) -> Iterator[str]:
    """A CSV file (RFC 4180) of a completion's table, line by line.

    No spreadsheet takes a cell for a formula. Rows are filled up to the columns unless the table
    is nearly empty: beyond `MAX_FILLED_UP` cells, each has those that it was written with.
    """
    lines, width = _lines(text), len(columns)
    full = width if width * len(lines) <= MAX_FILLED_UP else 0
    yield _row(columns)
    for line in lines:
        yield _row(_filled_up(_cells(line, width), full))


def _lines(text: str) -> list[str]:
    return [line for raw in text.split("\n") if (line := raw.strip())]


def _cells(line: str, width: int) -> list[str]:
    """The cells that are written, at most ``width`` of them."""
    inner = line.removeprefix("|").removesuffix("|")
    # Everything after the last bar that counts stays in one piece.
    cells = [cell.strip() for cell in inner.split("|", max(width, 1) - 1)]
    if "|" in cells[-1]:
        cells[-1] = " | ".join(cell.strip() for cell in cells[-1].split("|"))
    return cells


def _filled_up(cells: list[str], width: int) -> list[str]:
    return cells + [""] * (width - len(cells))


def _shorten(name: str) -> str:
    return name if len(name) <= MAX_SHOWN_NAME else f"{name[: MAX_SHOWN_NAME - 1]}…"


def _row(cells: Iterable[str]) -> str:
    file = io.StringIO()
    csv.writer(file, lineterminator="\r\n").writerow([plain_cell(cell) for cell in cells])
    return file.getvalue()
