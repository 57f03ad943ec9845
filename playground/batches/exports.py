"""A table with its outputs as CSV."""

import csv
import io

from playground.batches.selectors import ShownBatch
from playground.core.cells import plain_cell


def batch_csv(shown: ShownBatch) -> str:
    """The table's columns, and output and status behind them, as RFC 4180 has it, with no cell
    that a spreadsheet takes for a formula."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    lines = [[*shown.batch.columns, "output", "status"]]
    lines += [[*(cell for _, cell in row.cells), row.text, row.word] for row in shown.rows]
    writer.writerows([plain_cell(cell) for cell in line] for line in lines)
    # A spreadsheet takes a file without this mark for Latin-1.
    return "\ufeff" + file.getvalue()
