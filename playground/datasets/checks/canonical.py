"""The canonical form of a dataset: one JSON object a line.

``{"row": 1, "line": 1, "prompt": "...", "completion": "..."}``, UTF-8, texts exactly as they are
divided into tokens. The separator is not in them: the trainer adds the end-of-text token.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, NamedTuple, Self


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


class CanonicalWriter:
    """Writes a canonical file beside its place and moves it there when all went well.

    Leaving the ``with`` block by an exception leaves nothing behind.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
        self._file: BinaryIO | None = None
        self.rows = 0

    def __enter__(self) -> Self:
        self._file = self._partial.open("wb", buffering=1 << 18)
        return self

    def write(self, *, line: int, prompt: str, completion: str) -> None:
        """The next row."""
        self.write_row(CanonicalRow(self.rows + 1, line, prompt, completion))

    def write_row(self, row: CanonicalRow) -> None:
        """A row with the number that it has."""
        if self._file is None:
            raise ValueError("The writer is not open.")
        self.rows += 1
        self._file.write(json.dumps(row._asdict(), ensure_ascii=False).encode() + b"\n")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        file, self._file = self._file, None
        if file is None:
            return
        try:
            with file:
                file.flush()
                os.fsync(file.fileno())
            if kind is None:
                self._partial.replace(self._path)
                sync_folder(self._path.parent)
        finally:
            self._partial.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Put the names in ``folder`` on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
