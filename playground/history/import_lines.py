"""The lines of a file to be imported; and the kind of a file that has none."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from django.utils import timezone

from playground.core.errors import InvalidInput
from playground.history.imported_line import ImportedRun, read_line

MAX_LINE_BYTES = 4 << 20
# Enough of a file to recognise its kind.
_HEAD = 4_096

_UNPACK = "Unpack it, and import the .jsonl file that is in it."
_EXPORT_AGAIN = "Export the runs again as JSON Lines, and import that file."
# Each kind with its name and what to do.
_BEGINNINGS: tuple[tuple[bytes, str, str], ...] = (
    (b"PK\x03\x04", "a ZIP archive, or a document of an office program", _UNPACK),
    (b"PK\x05\x06", "an empty ZIP archive", _EXPORT_AGAIN),
    (b"\x1f\x8b", "compressed with gzip", _UNPACK),
    (b"BZh", "compressed with bzip2", _UNPACK),
    (b"\xfd7zXZ\x00", "compressed with xz", _UNPACK),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", _UNPACK),
    (b"%PDF-", "a PDF document", _EXPORT_AGAIN),
    (b"SQLite format 3\x00", "an SQLite database", _EXPORT_AGAIN),
)
_UTF_16 = "Save it as UTF-8 in the program that wrote it, or export the runs again."
_MARKDOWN = re.compile(r"(#{1,6}|[-*+>]|\d+\.) \S|---|\*\*|```|\[.+\]\(")
_CELLS = re.compile(r"[^\s{][^,;\t\n]*([,;\t][^,;\t\n]*){2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A run of the file, with where it is. number: from 1; start, size: in bytes."""

    number: int
    start: int
    size: int
    run: ImportedRun


def run_lines(file: BinaryIO) -> Iterator[Line]:
    """The runs of the file; lines about other objects are skipped.

    Raises `InvalidInput` that names the line, or says which kind of file it is.
    """
    _refuse_other_kinds(file)
    file.seek(0)
    now = timezone.now()
    number = start = 0
    while raw := file.readline(MAX_LINE_BYTES + 1):
        number += 1
        if len(raw) > MAX_LINE_BYTES:
            raise wrong(number, f"it has more than {MAX_LINE_BYTES >> 20} MiB")
        if raw.strip():
            try:
                run = read_line(_json(raw), now=now)
            except InvalidInput as error:
                raise wrong(number, error.message) from error
            if run is not None:
                yield Line(number=number, start=start, size=len(raw), run=run)
        start += len(raw)


def run_at(file: BinaryIO, start: int) -> ImportedRun:
    """The run whose line `run_lines` found there."""
    file.seek(start)
    run = read_line(_json(file.readline(MAX_LINE_BYTES)), now=timezone.now())
    if run is None:
        raise InvalidInput("The file changed while it was read. Import it again.", field="file")
    return run


def wrong(line: int, message: str) -> InvalidInput:
    """The error of a line, before anything of the file was saved."""
    return InvalidInput(f"Line {line}: {message}. Nothing was imported.", field="file")


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw.decode("utf-8-sig"), parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise InvalidInput("it is not UTF-8") from None
    except (ValueError, RecursionError):
        # Every line of an export ends with a newline.
        is_cut = raw.lstrip().startswith(b"{") and not raw.endswith(b"\n")
        reason = "the file ends in the middle of it: it was cut, so export it again"
        raise InvalidInput(reason if is_cut else "it is not JSON") from None


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _refuse_other_kinds(file: BinaryIO) -> None:
    """Refuses a file that is not JSON Lines, with its kind and what to do."""
    file.seek(0)
    head = file.read(_HEAD)
    kind = _binary_kind(head) or _text_kind(head)
    if kind is not None:
        raise InvalidInput(f"This file is {kind[0]}, not JSON Lines. {kind[1]}", field="file")


def _binary_kind(head: bytes) -> tuple[str, str] | None:
    for beginning, what, way in _BEGINNINGS:
        if head.startswith(beginning):
            return what, way
    if head.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        return "text in UTF-32", _UTF_16
    # Without a mark at its beginning, every other byte of what we write is zero.
    halves = head[:64:2], head[1:64:2]
    is_unmarked = len(head) > 3 and any(not any(half) and len(half) > 1 for half in halves)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or is_unmarked:
        return "text in UTF-16", _UTF_16
    return None


def _text_kind(head: bytes) -> tuple[str, str] | None:
    text = head.decode("utf-8-sig", errors="replace").lstrip()
    first, newline, rest = text.partition("\n")
    first = first.strip()
    if first.startswith("<"):
        return "a web page (HTML)", _EXPORT_AGAIN
    if re.match(r'\[\s*([{\]"\[]|$)', text):
        way = "Write each object of the list on a line of its own, or export the runs again."
        return "one JSON list", way
    if first == "{" and newline and rest.strip():
        return "JSON that is spread over lines", "Write each object on one line."
    if _MARKDOWN.match(first):
        return "Markdown, which is for reading", _EXPORT_AGAIN
    if _CELLS.match(first):
        return "a table (CSV), which is for spreadsheets", _EXPORT_AGAIN
    return None
