"""Whether lines are a table, and which of its columns are read."""

import csv
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from playground.datasets.reading.fields import (
    COMPLETION,
    PROMPT,
    TEXT,
    known_name,
    other_names,
)
from playground.datasets.reading.separators import ANY_SPELLING

DELIMITERS = (",", "\t", ";")
# Lines that must have equally many cells where no column has a known name.
_ENOUGH_LINES = {"\t": 2, ",": 5, ";": 5}
_MAX_LINES = 20
_MAX_NAME = 40


class Columns(NamedTuple):
    """The header. A place is None where there is no such column.

    fault: the code of what is wrong with it, "" for nothing.
    """

    names: tuple[str, ...]
    prompt: int | None = None
    completion: int | None = None
    text: int | None = None
    fault: str = ""

    @property
    def read(self) -> tuple[int, ...]:
        """The places of the columns that are read."""
        places = (self.prompt, self.completion, self.text)
        return tuple(place for place in places if place is not None)


def read_columns(cells: Sequence[str]) -> Columns:
    """The columns that the first line's ``cells`` name.

    >>> read_columns(["id", "Prompt", "completion"])[1:3]
    (1, 2)
    """
    names = [known_name(cell) for cell in cells]
    found = Columns(tuple(cells))
    needed = (PROMPT, COMPLETION, TEXT)
    if any(names.count(name) > 1 for name in needed):
        return found._replace(fault="columns_doubled")
    if other_names(names) is not None and COMPLETION not in names:
        return found._replace(fault="columns_of_other_names")
    if COMPLETION in names:
        prompt = names.index(PROMPT) if PROMPT in names else None
        return found._replace(prompt=prompt, completion=names.index(COMPLETION))
    if TEXT in names and PROMPT not in names:
        return found._replace(text=names.index(TEXT))
    is_unnamed = len(cells) == 2 and not _are_names(cells)
    return found._replace(fault="columns_unnamed" if is_unnamed else "columns_unknown")


def recognise_delimiter(lines: Sequence[str]) -> str | None:
    """The delimiter of the table that ``lines`` begin; None where they are none."""
    if not lines:
        return None
    for delimiter in DELIMITERS:
        cells = _cells(lines[:1], delimiter)[0]
        names = [known_name(cell) for cell in cells]
        has_names = {PROMPT, COMPLETION} <= set(names) or other_names(names) is not None
        if len(cells) > 1 and (has_names or {COMPLETION, TEXT} & set(names)):
            return delimiter
    if known_name(lines[0].strip().strip('"')) in (COMPLETION, TEXT):
        return ","
    if any(ANY_SPELLING.search(line) for line in lines):
        return None
    for delimiter in ("\t", ",", ";"):
        if _is_steady(lines[:_MAX_LINES], delimiter):
            return delimiter
    return None


def _is_steady(lines: Sequence[str], delimiter: str) -> bool:
    rows = [cells for cells in _cells(lines, delimiter) if cells]
    width = len(rows[0]) if rows else 0
    return (
        width > 1
        and len(rows) >= _ENOUGH_LINES[delimiter]
        and all(len(cells) == width for cells in rows)
        # A comma in prose has a space after it.
        and (delimiter == "\t" or not _share_of_spaces(rows) > 0.5)
    )


def _share_of_spaces(rows: Iterable[Sequence[str]]) -> float:
    later = [cell for cells in rows for cell in cells[1:]]
    return sum(cell.startswith(" ") for cell in later) / max(len(later), 1)


def _cells(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    """Cells line by line; what is no CSV is one cell."""
    try:
        rows = list(csv.reader(lines, delimiter=delimiter))
    except csv.Error:
        rows = []
    return rows or [[line] for line in lines]


def _are_names(cells: Sequence[str]) -> bool:
    """Whether a first line looks like names and not like texts."""
    words = [cell.strip() for cell in cells]
    return (
        all(0 < len(word) <= _MAX_NAME and len(word.split()) <= 3 for word in words)
        and len(set(words)) == len(words)
        and not any(word[-1:] in ".?!:" or word[:1].isdigit() for word in words)
    )
