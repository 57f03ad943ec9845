"""Files that are no text, recognised by their first bytes and never by their name."""

from pathlib import Path
from typing import NamedTuple

HEAD = 64 * 1024


class Binary(NamedTuple):
    """What a file is: the code of its finding, and the words for it."""

    code: str
    kind: str


_COMPRESSED = {
    b"\x1f\x8b": "a gzip file",
    b"BZh": "a bzip2 file",
    b"\xfd7zXZ\x00": "an xz file",
    b"\x28\xb5\x2f\xfd": "a Zstandard file",
    b"\x04\x22\x4d\x18": "an LZ4 file",
    b"7z\xbc\xaf\x27\x1c": "a 7-Zip archive",
    b"Rar!\x1a\x07": "a RAR archive",
}
_DOCUMENTS = {
    b"%PDF-": "a PDF document",
    b"{\\rtf": "an RTF document",
    b"%!PS": "a PostScript document",
}
_BINARY = {
    b"PAR1": "a Parquet file",
    b"ARROW1": "an Arrow file",
    b"SQLite format 3\x00": "an SQLite database",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"RIFF": "a RIFF file (sound or video)",
    b"\x7fELF": "a program",
    b"\x80\x02}": "a pickle",
    b"\x80\x04\x95": "a pickle",
    b"\x80\x05\x95": "a pickle",
}
# In the names of a ZIP archive's members.
_OFFICE = (
    (b"xl/", "file_spreadsheet", "an Excel workbook (XLSX)"),
    (b"word/", "file_document", "a Word document (DOCX)"),
    (b"ppt/", "file_document", "a PowerPoint presentation (PPTX)"),
    (b"opendocument.spreadsheet", "file_spreadsheet", "an OpenDocument sheet (ODS)"),
    (b"opendocument.text", "file_document", "an OpenDocument text (ODT)"),
    (b"epub+zip", "file_document", "an e-book (EPUB)"),
)
_TEXT_CONTROLS = b"\t\n\r\f\x1b"
_CONTROLS = bytes(code for code in range(32) if code not in _TEXT_CONTROLS) + b"\x7f"
# More of the first bytes than this share are control characters in no text.
MAX_CONTROLS = 0.1


def recognise_binary(path: Path) -> Binary | None:
    """What the file is if it is certainly no text of examples."""
    with path.open("rb") as file:
        head = file.read(HEAD)
        file.seek(max(0, path.stat().st_size - HEAD))
        tail = file.read(HEAD)
    for code, known in (
        ("file_compressed", _COMPRESSED),
        ("file_document", _DOCUMENTS),
        ("file_binary", _BINARY),
    ):
        for signature, kind in known.items():
            if head.startswith(signature):
                return Binary(code, kind)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip_kind(head + tail)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return Binary("file_spreadsheet", "an old Excel or Word file")
    if head[257:262] == b"ustar":
        return Binary("file_compressed", "a tar archive")
    if head[:512].lstrip().lower().startswith((b"<!doctype html", b"<html")):
        return Binary("file_document", "a web page (HTML)")
    return None


def has_too_many_controls(head: bytes) -> bool:
    """Whether ``head`` has more control characters than any text."""
    controls = len(head) - len(head.translate(None, _CONTROLS))
    return controls > len(head) * MAX_CONTROLS


def _zip_kind(data: bytes) -> Binary:
    for name, code, kind in _OFFICE:
        if name in data:
            return Binary(code, kind)
    return Binary("file_compressed", "a ZIP archive")
