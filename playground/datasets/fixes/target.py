"""The new file, hashed while it is written."""

import hashlib
from pathlib import Path

from playground.datasets.checks.whole_file import WholeFile


class Target(WholeFile):
    """A new file with its size and hash."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._hash = hashlib.sha256()
        self.size = 0

    def write_bytes(self, data: bytes) -> None:
        """The next bytes."""
        super().write_bytes(data)
        self._hash.update(data)
        self.size += len(data)

    def write_text(self, text: str) -> None:
        """The next characters. Half a character becomes a question mark."""
        self.write_bytes(text.encode(errors="replace"))

    @property
    def sha256(self) -> str:
        """Of what was written."""
        return self._hash.hexdigest()
