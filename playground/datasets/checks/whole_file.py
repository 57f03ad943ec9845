"""A file that is there whole or not at all."""

import os
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self


class WholeFile:
    """Writes beside the place, and moves there at the end of the ``with`` block.

    Leaving the block by an exception leaves nothing behind.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        self._file = self._partial.open("wb", buffering=1 << 18)
        return self

    def write_bytes(self, data: bytes) -> None:
        """The next bytes."""
        if self._file is None:
            raise ValueError("The file is not open.")
        self._file.write(data)

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
                _sync_folder(self._path.parent)
        finally:
            self._partial.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Put the names in ``folder`` on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
