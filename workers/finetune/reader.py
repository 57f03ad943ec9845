"""What a child process wrote: its record, of which parts may be taken back, and its results."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import structlog

from playground.core.failures import reason_of
from playground.finetunes.record import (
    MAX_LINE_BYTES,
    Line,
    RecordDamaged,
    parse_line,
    plain_value,
)

# Of the file, read at a time.
CHUNK = 1 << 20

log = structlog.get_logger(__name__)


class RecordReader:
    """Reads whole lines from where it was. After a part was taken back it begins again."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        # The last line that was read, which must still be where it was.
        self._last: bytes = b""
        self.last_n = 0

    def read(self) -> Iterator[list[Line]]:
        """The lines that are new, some at a time; all of them when some were taken back.

        Raises `RecordDamaged`.
        """
        try:
            file = self._path.open("rb")
        except FileNotFoundError:
            return
        with file:
            start = self._offset - len(self._last)
            file.seek(start)
            if file.read(len(self._last)) != self._last:
                self._offset, self._last, self.last_n = 0, b"", 0
                file.seek(0)
            rest = b""
            while chunk := file.read(CHUNK):
                *whole, rest = (rest + chunk).split(b"\n")
                if len(rest) > MAX_LINE_BYTES:
                    raise RecordDamaged(f"A line has more than {MAX_LINE_BYTES:,} bytes.")
                if whole:
                    lines = [parse_line(text) for text in whole]
                    self._offset += sum(len(text) + 1 for text in whole)
                    self._last = whole[-1] + b"\n"
                    self.last_n = lines[-1].n
                    yield lines

    def begin_again(self) -> None:
        """The next read gives every line."""
        self._offset, self._last, self.last_n = 0, b"", 0


def read_object(path: Path, most: int) -> dict[str, Any]:
    """The JSON object in a file of at most ``most`` bytes, or {} and a line in the log."""
    try:
        with path.open("rb") as file:
            value = json.loads(file.read(most), parse_constant=lambda _: None)
    except (OSError, ValueError, RecursionError) as error:
        log.warning("result_unreadable", file=path.name, error=reason_of(error))
        return {}
    return plain_value(value) if isinstance(value, dict) else {}
