"""The record of a job: JSON lines, appended only, each with its number ``n`` and its ``kind``."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

Level = Literal["info", "warning", "error"]


class Record:
    """``record.jsonl`` of a job's folder. A line is written whole or not at all."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = os.open(path, os.O_CREAT | os.O_RDWR | os.O_APPEND, 0o644)
        self.n, self.offset, self.last = 0, 0, {}
        self._find_end()

    n: int
    """Of the last line."""
    offset: int
    """Bytes of all whole lines."""
    last: Mapping[str, Any]
    """The last line, empty where there is none."""

    def _find_end(self) -> None:
        """A line that was half written when the job was killed is no line."""
        with self.path.open("rb") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    break
                self.last = json.loads(line)
                self.n, self.offset = self.last["n"], self.offset + len(line)
        os.ftruncate(self._file, self.offset)

    def go_back(self, *, offset: int, n: int) -> None:
        """Cut off what was written after a checkpoint: it comes again."""
        if offset < self.offset:
            os.ftruncate(self._file, offset)
            self.n, self.offset, self.last = n, offset, {}

    def append(self, kind: str, **fields: Any) -> None:
        """Add a line; OSError where the disk is full, and then nothing of it is in the file."""
        line = {"n": self.n + 1, "kind": kind, **fields}
        data = json.dumps(line, ensure_ascii=False, allow_nan=False).encode() + b"\n"
        try:
            rest = data
            while rest:
                rest = rest[os.write(self._file, rest) :]
        except OSError:
            os.ftruncate(self._file, self.offset)
            raise
        self.n, self.offset, self.last = self.n + 1, self.offset + len(data), line

    def log(self, level: Level, code: str, text: str) -> None:
        """Say something to the person who watches."""
        self.append("log", level=level, code=code, text=text)

    def sync(self) -> None:
        """Wait until all lines are on the disk."""
        os.fsync(self._file)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)
