"""Fixes of bytes: other encodings, invalid bytes, NUL."""

import codecs
import re

from playground.core.errors import InvalidInput
from playground.datasets.fixes.changes import ChangeLog
from playground.datasets.fixes.target import Target
from playground.datasets.reading.lines import read_pieces
from playground.datasets.reading.source import Source

_CHUNK = 1 << 18
_ESCAPED = re.compile("[\udc80-\udcff]")
# An escaped NUL of JSON, after an even number of backslashes.
_ESCAPED_NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")
_HELD = 64


def convert_to_utf8(source: Source, target: Target, log: ChangeLog) -> None:
    """Write the text of a file in another encoding as UTF-8, without a mark."""
    encoding = source.encoding
    if encoding is None or encoding.name in ("", "utf-8"):
        raise InvalidInput("The file is in no other encoding that is known.")
    if encoding.name.startswith(("utf-16", "utf-32")):
        _convert_wide(source, encoding.name, encoding.mark, target, log)
        return
    decoder = codecs.getincrementaldecoder(encoding.name)("replace")
    start, line_break = encoding.mark, encoding.line_break
    for piece in read_pieces(source.path, start=start, line_break=line_break):
        text = decoder.decode(piece.data)
        if not piece.data.isascii():
            log.change(piece.number, piece.data.decode(errors="replace").rstrip(), text.rstrip())
        target.write_text(text)
    target.write_text(decoder.decode(b"", final=True))


def _convert_wide(source: Source, name: str, mark: int, target: Target, log: ChangeLog) -> None:
    decoder = codecs.getincrementaldecoder(name)("replace")
    line = 1
    with source.path.open("rb") as file:
        file.seek(mark)
        while True:
            data = file.read(_CHUNK)
            text = decoder.decode(data, final=not data)
            if line == 1 and text:
                for number, shown in enumerate(text.splitlines()[:3], start=1):
                    log.change(number, None, shown)
            line += text.count("\n")
            target.write_text(text)
            if not data:
                break
    log.changed = line


def replace_invalid_bytes(source: Source, target: Target, log: ChangeLog) -> None:
    """Write each byte that is not UTF-8 as Windows-1252's letter, or as U+FFFD."""
    if source.encoding is None:
        raise InvalidInput("The file is no text.")
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    start, line_break = source.encoding.mark, source.encoding.line_break
    last = 1
    for piece in read_pieces(source.path, start=start, line_break=line_break):
        last = piece.number
        _write_valid(decoder.decode(piece.data), last, target, log)
    _write_valid(decoder.decode(b"", final=True), last, target, log)


def _write_valid(text: str, line: int, target: Target, log: ChangeLog) -> None:
    if text.isascii() or not _ESCAPED.search(text):
        target.write_text(text)
        return
    valid = _ESCAPED.sub(_letter, text)
    log.change(line, _ESCAPED.sub("\ufffd", text).rstrip(), valid.rstrip())
    target.write_text(valid)


def _letter(match: re.Match[str]) -> str:
    return bytes([ord(match[0]) - 0xDC00]).decode("cp1252", errors="replace")


def remove_nul(source: Source, target: Target, log: ChangeLog) -> None:
    """Leave out each NUL, and in JSON each ``\\u0000``."""
    encoding, form = source.encoding, source.form
    if encoding is None:
        raise InvalidInput("The file is no text.")
    is_json = form is not None and form.name in ("json", "jsonl")
    held = b""
    last = 1
    for piece in read_pieces(source.path, start=encoding.mark, line_break=encoding.line_break):
        data, held, last = held + piece.data, b"", piece.number
        if not piece.data.endswith(b"\n"):
            # The line may go on in the middle of an escape.
            data, held = data[:-_HELD], data[-_HELD:]
        _write_without_nul(data, last, is_json, target, log)
    _write_without_nul(held, last, is_json, target, log)


def _write_without_nul(
    data: bytes, line: int, is_json: bool, target: Target, log: ChangeLog
) -> None:
    clean = data.replace(b"\0", b"")
    if is_json:
        clean = _ESCAPED_NUL.sub(rb"\1", clean)
    if len(clean) < len(data):
        before = data.replace(b"\0", "␀".encode()).decode(errors="replace")
        log.change(line, before.rstrip(), clean.decode(errors="replace").rstrip())
    target.write_bytes(clean)
