"""The new file: hashed while it is written, and there whole or not at all."""

import hashlib
import os
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from playground.datasets.checks.canonical import sync_folder


class Target:
    """Writes beside the place and moves there at the end of the ``with`` block."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
        self._file: BinaryIO | None = None
        self._hash = hashlib.sha256()
        self.size = 0

    def __enter__(self) -> Self:
        self._file = self._partial.open("wb", buffering=1 << 18)
        return self

    def write(self, data: bytes) -> None:
        """The next bytes."""
        if self._file is None:
            raise ValueError("The target is not open.")
        self._file.write(data)
        self._hash.update(data)
        self.size += len(data)

    def write_text(self, text: str) -> None:
        """The next characters. Half a character becomes a question mark."""
        self.write(text.encode(errors="replace"))

    @property
    def sha256(self) -> str:
        """Of what was written."""
        return self._hash.hexdigest()

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
