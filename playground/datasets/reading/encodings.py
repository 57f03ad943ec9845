"""Whether a file is UTF-8; where it is not; and what it is then, as far as one can tell."""

import codecs
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import charset_normalizer

CHUNK = 1 << 20
# Around the first invalid byte.
SAMPLE = 64 * 1024

_ESCAPED = re.compile("[\udc80-\udcff]")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
NAMES = {
    "utf-16-le": "UTF-16 (little-endian)",
    "utf-16-be": "UTF-16 (big-endian)",
    "utf-32-le": "UTF-32",
    "utf-32-be": "UTF-32",
    "utf-8": "UTF-8",
}
# What texts in Windows-1252 have beside letters.
_TYPOGRAPHIC = frozenset("€‚ƒ„…†‡‰‹Œ‘’“”•–—™›œ¡¢£¥§©ª«®°±²³´µ·¹º»¼½¾¿×\xa0")  # noqa: RUF001
# Letters of Windows-1252 that hardly any text has, and that stray bytes look like.
_RARE = frozenset("ÿþðÞÐ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """What was found.

    name: "utf-8", another codec of Python, or "" for UTF-8 with invalid bytes.
    mark: bytes of the byte order mark.
    line, byte: of the first byte that is not UTF-8.
    invalid: how many there are.
    line_break: what ends a line, ``b"\\r"`` where the file has no other.
    """

    name: str
    mark: int = 0
    line: int = 1
    byte: int = 0
    invalid: int = 0
    line_break: Literal[b"\n", b"\r"] = b"\n"

    @property
    def words(self) -> str:
        """Its name for people."""
        if self.name.startswith("cp125"):
            return f"Windows-{self.name[2:]}"
        return NAMES.get(self.name, self.name.replace("_", "-"))


def recognise_encoding(path: Path) -> Encoding:
    """The encoding of the file, by all of its bytes."""
    with path.open("rb") as file:
        head = file.read(4096)
    for mark, name in _MARKS:
        if head.startswith(mark):
            if name != "utf-8":
                return Encoding(name=name, mark=len(mark))
            return _check_utf8(path, mark=len(mark))
    if name := _unmarked_utf16(head):
        return Encoding(name=name)
    return _check_utf8(path, mark=0)


def _unmarked_utf16(head: bytes) -> str:
    """UTF-16 without a mark has a NUL in every second byte of European text."""
    pairs = len(head) // 2
    if pairs < 2:
        return ""
    even, odd = head[0 : 2 * pairs : 2].count(0), head[1 : 2 * pairs : 2].count(0)
    if odd > 0.4 * pairs and even < 0.05 * pairs:
        return "utf-16-le"
    if even > 0.4 * pairs and odd < 0.05 * pairs:
        return "utf-16-be"
    return ""


def _check_utf8(path: Path, *, mark: int) -> Encoding:
    check = _Utf8Check()
    with path.open("rb") as file:
        file.seek(mark)
        while chunk := file.read(CHUNK):
            check.feed(chunk)
    check.end()
    line_break: Literal[b"\n", b"\r"] = b"\r" if check.returns and not check.feeds else b"\n"
    if not check.invalid:
        return Encoding(name="utf-8", mark=mark, line_break=line_break)
    at = mark + check.first
    name = "" if check.has_utf8 else _guess(path, at)
    return Encoding(
        name=name,
        mark=mark,
        line=check.line,
        byte=at,
        invalid=check.invalid,
        line_break=line_break,
    )


class _Utf8Check:
    """Counts what is no UTF-8, chunk by chunk."""

    def __init__(self) -> None:
        self.first = 0
        self.line = 1
        self.invalid = 0
        self.feeds = 0
        self.returns = 0
        # Whether there is a character of several bytes that is valid.
        self.has_utf8 = False
        self._offset = 0
        self._carry = b""

    def feed(self, chunk: bytes) -> None:
        data = self._carry + chunk
        try:
            text = data.decode()
            self._carry = b""
        except UnicodeDecodeError as error:
            if error.reason == "unexpected end of data" and len(data) - error.start < 4:
                text = data[: error.start].decode()
                self._carry = data[error.start :]
            else:
                self._count(data, error.start)
                return
        self._advance(data[: len(data) - len(self._carry)])
        if not self.has_utf8:
            self.has_utf8 = not text.isascii()

    def end(self) -> None:
        if self._carry:
            self._note_first(self._carry, 0)
            self.invalid += len(self._carry)

    def _count(self, data: bytes, start: int) -> None:
        self._note_first(data, start)
        decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        text = decoder.decode(data)
        rest, _ = decoder.getstate()
        self._carry = rest
        found = len(_ESCAPED.findall(text))
        self.invalid += found
        self.has_utf8 = self.has_utf8 or not _ESCAPED.sub("", text).isascii()
        self._advance(data[: len(data) - len(rest)])

    def _note_first(self, data: bytes, start: int) -> None:
        if not self.invalid:
            self.first = self._offset + start
            before = data[:start]
            self.line = 1 + (self.feeds + before.count(b"\n") or self.returns + before.count(b"\r"))

    def _advance(self, data: bytes) -> None:
        self._offset += len(data)
        self.feeds += data.count(b"\n")
        self.returns += data.count(b"\r")


def _guess(path: Path, at: int) -> str:
    """The codec that the bytes around ``at`` are of; "" where none fits."""
    start = max(0, at - SAMPLE // 2)
    with path.open("rb") as file:
        file.seek(start)
        data = file.read(SAMPLE)
    if is_windows_1252(data):
        return "cp1252"
    # Too little to guess by.
    if sum(byte > 127 for byte in data) < 8:
        return ""
    best = charset_normalizer.from_bytes(data).best()
    if best is None or best.encoding in ("ascii", "utf_8", "utf_7", "cp1252"):
        return ""
    return str(best.encoding)


def is_windows_1252(data: bytes) -> bool:
    """Whether the bytes over 127 stand where Windows-1252 has letters and signs.

    >>> is_windows_1252("Un café à Nîmes, 5 €".encode("cp1252"))
    True
    >>> is_windows_1252(b"a \\xff b"), is_windows_1252("Привет".encode("cp1251"))
    (False, False)
    """
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        return False
    high = [(at, letter) for at, letter in enumerate(text) if ord(letter) > 127]
    letters = sum(letter.isalpha() for letter in text)
    likely = sum(
        letter in _TYPOGRAPHIC or (letter.isalpha() and letter not in _RARE and _in_word(text, at))
        for at, letter in high
    )
    return bool(high) and likely >= 0.95 * len(high) and len(high) <= 0.4 * max(letters, 1)


def _in_word(text: str, at: int) -> bool:
    around = text[max(0, at - 2) : at] + text[at + 1 : at + 3]
    return any(letter.isascii() and letter.isalpha() for letter in around) or not around.strip()
