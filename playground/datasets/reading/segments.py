"""The examples of a text: what is between its separators."""

from collections.abc import Iterator
from pathlib import Path

from playground.core.texts import plain_breaks
from playground.datasets.reading.lines import PIECE, read_pieces
from playground.datasets.reading.rows import MAX_ROW_BYTES, MAX_SAMPLE, Fault, Note, Row, Take
from playground.datasets.reading.separators import LONGEST, SEPARATOR, find_separators

_SPACE = " \t\r\n\f\v"


class _Segment:
    """The text since the last separator, bounded."""

    def __init__(self) -> None:
        self.line = self.byte = self.size = 0
        self.parts: list[str] = []

    @property
    def is_giant(self) -> bool:
        return self.size > MAX_ROW_BYTES

    def add(self, text: str, line: int, byte: int) -> None:
        if not self.size:
            shown = text.lstrip(_SPACE)
            if not shown:
                return
            self.line, self.byte = line, byte + _bytes(text[: len(text) - len(shown)])
            text = shown
        self.size += _bytes(text)
        if not self.is_giant:
            self.parts.append(text)

    def row(self, end: int) -> Row | Fault:
        text = "".join(self.parts)
        if self.is_giant:
            return Fault("giant_row", self.line, self.byte, end, text[:MAX_SAMPLE])
        whole = plain_breaks(text.rstrip(_SPACE))
        return Row(self.line, self.byte, end, "", whole, is_text=True, source=whole)


def read_segments(
    path: Path, *, start: int, line_break: bytes, note: Take
) -> Iterator[Row | Fault]:
    """The rows of a text that has separators. Empty ones are notes, not rows."""
    segment = _Segment()
    held, held_at = b"", start
    is_first = True
    end = start
    for piece in read_pieces(path, start=start, line_break=line_break):
        data, at = held + piece.data, held_at if held else piece.byte
        text = data.decode(errors="replace") if b"|" in data else ""
        used = used_bytes = 0
        for match in find_separators(text):
            before = text[used : match.start()]
            segment.add(before, piece.number, at + used_bytes)
            place = at + used_bytes + _bytes(before)
            end = place + _bytes(match[0])
            used, used_bytes = match.end(), end - at
            after = text[used : used + 1]
            if match[0] != SEPARATOR or before.endswith((" ", "\t")) or after in (" ", "\t"):
                spelling = text[match.start() - before.endswith((" ", "\t")) : used + 1]
                note(_spelling(piece.number, place, spelling.rstrip("\r\n")))
            if segment.size:
                yield segment.row(end)
            else:
                code = "separator_at_beginning" if is_first else "separator_doubled"
                note(Note(code, piece.number, place, match[0]))
            segment, is_first = _Segment(), False
        held, held_at = b"", at + len(data)
        rest = data[used_bytes:]
        if len(piece.data) >= PIECE and not data.endswith(b"\n"):
            # The line goes on: a separator or a character may be cut in two here.
            cut = max(0, len(rest) - LONGEST)
            while cut and rest[cut] & 0xC0 == 0x80:
                cut -= 1
            rest, held = rest[:cut], rest[cut:]
            held_at -= len(held)
        segment.add(rest.decode(errors="replace"), piece.number, at + used_bytes)
        end = held_at
    if held:
        segment.add(held.decode(errors="replace"), piece.number, held_at)
        end = held_at + len(held)
    if segment.size:
        note(Note("separator_missing_at_end", segment.line, segment.byte, _head(segment)))
        yield segment.row(end)


def _spelling(line: int, byte: int, text: str) -> Note:
    return Note("separator_spelling", line, byte, text, {"separator": f"“{text}”"})


def _head(segment: _Segment) -> str:
    return "".join(segment.parts)[:MAX_SAMPLE]


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode(errors="replace"))
