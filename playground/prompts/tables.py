"""The table page's completion read as a table, and as CSV."""

import csv
import io
from collections.abc import Sequence

from playground.core.cells import plain_cell


def read_rows(text: str, *, width: int) -> list[list[str]]:
    """The rows of a completion such as ``| Ann | 34 |``, each ``width`` cells wide.

    Too few cells are filled up, too many joined into the last: what the model
    wrote is all there.
    """
    rows = []
    for line in text.split("\n"):
        line = line.strip()
        if not line:
            continue
        cells = [cell.strip() for cell in line.removeprefix("|").removesuffix("|").split("|")]
        if len(cells) > width > 0:
            cells = [*cells[: width - 1], " | ".join(cells[width - 1 :])]
        rows.append(cells + [""] * (width - len(cells)))
    return rows


def write_csv(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A CSV file (RFC 4180) whose cells no spreadsheet takes for formulas."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow([plain_cell(name) for name in columns])
    writer.writerows([plain_cell(cell) for cell in row] for row in rows)
    return file.getvalue()
