"""Lines of a file with number and byte, and never more of one in memory than a limit."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from playground.datasets.reading.rows import MAX_ROW_BYTES

PIECE = 64 * 1024
_BUFFER = 256 * 1024


class Line(NamedTuple):
    """One line, without its end. ``data`` is a beginning where the line ``is_giant``."""

    number: int
    byte: int
    end: int
    data: bytes
    is_giant: bool


class Piece(NamedTuple):
    """A line with its end, or a part of a long one."""

    number: int
    byte: int
    data: bytes


def read_lines(
    path: Path, *, start: int = 0, line_break: bytes = b"\n", limit: int = MAX_ROW_BYTES
) -> Iterator[Line]:
    """The lines from byte ``start`` on; that is line 1."""
    with open_bytes(path, start=start, line_break=line_break) as file:
        at, number = start, 0
        while data := file.readline(limit + 2):
            number += 1
            byte, at = at, at + len(data)
            is_giant = False
            if not data.endswith(b"\n") and len(data) >= limit + 2:
                is_giant = True
                while rest := file.readline(PIECE):
                    at += len(rest)
                    if rest.endswith(b"\n"):
                        break
            yield Line(number, byte, at, data.removesuffix(b"\n").removesuffix(b"\r"), is_giant)


def read_pieces(path: Path, *, start: int = 0, line_break: bytes = b"\n") -> Iterator[Piece]:
    """All bytes from ``start`` on, a line at a time, long lines in pieces."""
    with open_bytes(path, start=start, line_break=line_break) as file:
        at, number = start, 1
        while data := file.readline(PIECE):
            yield Piece(number, at, data)
            at += len(data)
            number += data.endswith(b"\n")


def open_bytes(path: Path, *, start: int, line_break: bytes) -> BinaryIO:
    """The file from ``start`` on, with ``\\n`` as its line break."""
    file = path.open("rb", buffering=_BUFFER)
    file.seek(start)
    if line_break == b"\n":
        return file
    return cast("BinaryIO", io.BufferedReader(_Returns(file), buffer_size=_BUFFER))


class _Returns(io.RawIOBase):
    """A file in which each ``\\r`` reads as ``\\n``."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        data = self._file.read(len(buffer)).replace(b"\r", b"\n")
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()
