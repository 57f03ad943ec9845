"""Fixes of texts: what ends an example."""

import json

from playground.core.errors import InvalidInput
from playground.datasets.fixes.changes import ChangeLog
from playground.datasets.fixes.rewriting import copy_bytes
from playground.datasets.fixes.target import Target
from playground.datasets.reading.encodings import Encoding
from playground.datasets.reading.lines import read_pieces
from playground.datasets.reading.rows import Fault, Note
from playground.datasets.reading.separators import SEPARATOR, OtherSeparator
from playground.datasets.reading.source import Source

_SEPARATOR_NOTES = {
    "separator_spelling",
    "separator_doubled",
    "separator_at_beginning",
    "separator_missing_at_end",
}


def normalise_separators(source: Source, target: Target, log: ChangeLog) -> None:
    """Write each text with one ``<|endoftext|>`` right after it, and a line break."""
    if source.form is None or source.form.name != "text" or source.faults:
        raise InvalidInput("The file is no text with separators.")

    def note(note: Note) -> None:
        if note.code not in _SEPARATOR_NOTES:
            return
        line = note.line or 1
        match note.code:
            case "separator_spelling":
                log.change(line, note.text, SEPARATOR)
            case "separator_missing_at_end":
                log.change(line, None, SEPARATOR)
            case _:
                log.change(line, note.text, None)

    for item in source.rows(note):
        if isinstance(item, Fault):
            copy_bytes(source, item.start, item.end, target)
            target.write_text("\n")
        else:
            target.write_text(f"{item.source}{SEPARATOR}\n")


def replace_separator(source: Source, target: Target, log: ChangeLog) -> None:
    """Write ``<|endoftext|>`` for the other separator that the text has."""
    encoding, layout = source.encoding, source.layout
    if encoding is None or layout is None or layout.other is None:
        raise InvalidInput("The file has no other separator.")
    if layout.other.sign:
        ends_open = _replace_sign(source, encoding, layout.other, target, log)
    else:
        ends_open = _replace_blank_lines(source, encoding, target, log)
    if ends_open:
        target.write_text(f"{SEPARATOR}\n")


def _replace_sign(
    source: Source, encoding: Encoding, other: OtherSeparator, target: Target, log: ChangeLog
) -> bool:
    pattern = other.pattern()
    is_open = False
    for piece in read_pieces(source.path, start=encoding.mark, line_break=encoding.line_break):
        if other.sign.encode() not in piece.data:
            target.write_bytes(piece.data)
            is_open = is_open or bool(piece.data.strip())
            continue
        text = piece.data.decode(errors="replace")
        new = pattern.sub(SEPARATOR, text)
        if new != text:
            log.change(piece.number, text.rstrip("\r\n"), new.rstrip("\r\n"))
        target.write_text(new)
        is_open = bool(new.rpartition(SEPARATOR)[2].strip()) if new != text else True
    return is_open


def _replace_blank_lines(
    source: Source, encoding: Encoding, target: Target, log: ChangeLog
) -> bool:
    is_open = False
    begins = True
    for piece in read_pieces(source.path, start=encoding.mark, line_break=encoding.line_break):
        if begins and not piece.data.strip() and is_open:
            log.change(piece.number, "", SEPARATOR)
            target.write_text(f"{SEPARATOR}\n")
            is_open = False
        else:
            target.write_bytes(piece.data)
            is_open = is_open or bool(piece.data.strip())
        begins = piece.data.endswith(b"\n")
    if is_open and not begins:
        target.write_text("\n")
    return is_open


def separate_lines(source: Source, target: Target, log: ChangeLog) -> None:
    """Write ``<|endoftext|>`` at the end of each line that has text."""
    if source.encoding is None or source.layout is None:
        raise InvalidInput("The file is no text without separators.")
    start, line_break = source.encoding.mark, source.encoding.line_break
    has_text = False
    for piece in read_pieces(source.path, start=start, line_break=line_break):
        text = piece.data.decode("utf-8", errors="surrogateescape")
        has_text = has_text or bool(text.strip())
        if not text.endswith("\n"):
            target.write_bytes(piece.data)
            continue
        _end_line(piece.number, text, has_text, target, log)
        has_text = False
    if has_text:
        log.change(1, None, SEPARATOR)
        target.write_text(f"{SEPARATOR}\n")


def _end_line(line: int, text: str, has_text: bool, target: Target, log: ChangeLog) -> None:
    bare = text.rstrip("\r\n \t")
    new = f"{bare}{SEPARATOR}" if has_text else ""
    if new:
        log.change(line, bare, new)
    target.write_bytes(f"{new}\n".encode(errors="surrogateescape"))


def learn_whole_text(source: Source, target: Target, log: ChangeLog) -> None:
    """Write texts that are divided at a marker as completions without a prompt."""
    if not source.marker:
        raise InvalidInput("The texts are not divided.")
    for item in source.rows():
        if isinstance(item, Fault):
            log.leave_out(item.line, item.text)
            continue
        row = {"prompt": "", "completion": f"{item.prompt}{item.completion}"}
        line = json.dumps(row, ensure_ascii=False)
        log.change(item.line, f"{item.prompt}{item.completion}", line)
        target.write_text(f"{line}\n")
