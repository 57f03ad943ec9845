"""`results.csv`: the steps and evaluations of a record as a table for a spreadsheet."""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from workers.training.files import atomic_write

# Of the record's lines: the kinds that have figures, and their fields in the order of columns.
COLUMNS = (
    "kind",
    "step",
    "epoch",
    "loss",
    "perplexity",
    "accuracy",
    "best",
    "rate",
    "tokens_per_s",
    "tokens",
    "seconds",
)
KINDS = ("step", "evaluation")
# A spreadsheet takes a cell that begins so for a formula; the last four are full-width forms.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def write_results(record: Path, path: Path) -> None:
    """Make the table of a record."""
    with atomic_write(path) as beside, beside.open("w", encoding="utf-8", newline="") as file:
        # A spreadsheet takes a file without this mark for Latin-1.
        file.write("\ufeff")
        table = csv.writer(file)
        table.writerow(COLUMNS)
        table.writerows(_rows(_lines(record)))


def _lines(record: Path) -> Iterator[Mapping[str, Any]]:
    """Whole lines: the last one may be half written."""
    with record.open(encoding="utf-8") as lines:
        for line in lines:
            if line.endswith("\n"):
                yield json.loads(line)


def _rows(lines: Iterable[Mapping[str, Any]]) -> Iterator[list[str]]:
    for line in lines:
        if line["kind"] in KINDS:
            yield [_cell(line.get(column)) for column in COLUMNS]


def _cell(value: object) -> str:
    """A number as it is; a text so that no spreadsheet runs it (OWASP)."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return str(value)
        case _:
            text = str(value)
            return f"'{text}" if text.startswith(_FORMULA) else text
