"""The canonical form of a dataset: one JSON object a line.

``{"row": 1, "line": 1, "prompt": "...", "completion": "..."}``, UTF-8, texts exactly as they are
divided into tokens. The separator is not in them: the trainer adds the end-of-text token.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from playground.datasets.checks.whole_file import WholeFile


class CanonicalRow(NamedTuple):
    """One example. ``row`` counts from 1; ``line`` is where it begins in the original file."""

    row: int
    line: int
    prompt: str
    completion: str


def read_rows(path: Path, *, start: int = 0) -> Iterator[CanonicalRow]:
    """The rows of a canonical file, from byte ``start`` on, one in memory at a time."""
    with path.open("rb") as file:
        file.seek(start)
        for line in file:
            yield CanonicalRow(**json.loads(line))


class CanonicalWriter(WholeFile):
    """Writes a canonical file."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.rows = 0

    def write(self, *, line: int, prompt: str, completion: str) -> None:
        """The next row."""
        self.write_row(CanonicalRow(self.rows + 1, line, prompt, completion))

    def write_row(self, row: CanonicalRow) -> None:
        """A row with the number that it has."""
        self.rows += 1
        self.write_bytes(json.dumps(row._asdict(), ensure_ascii=False).encode() + b"\n")
