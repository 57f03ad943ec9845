"""A list of JSON objects, or objects over several lines, one in memory at a time."""

import codecs
import json
import re
from collections.abc import Iterator
from pathlib import Path

from playground.datasets.reading.fields import LOOSE, STRICT, DoubleKeys, NoNumber
from playground.datasets.reading.json_lines import json_fault, row_of
from playground.datasets.reading.lines import open_bytes
from playground.datasets.reading.rows import MAX_ROW_BYTES, MAX_SAMPLE, Fault, Note, Row, Take

_SPACE = re.compile(r"[ \t\r\n]*")
_CHUNK = 2 * MAX_ROW_BYTES


class _Window:
    """A part of the text, with at least one row's limit ahead wherever the file has it."""

    def __init__(self, path: Path, *, start: int, line_break: bytes) -> None:
        self._file = open_bytes(path, start=start, line_break=line_break)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.text = ""
        self.at = 0
        self.line = 1
        self.byte = start
        self.is_whole = False

    def close(self) -> None:
        self._file.close()

    def fill(self) -> None:
        """Read on until a whole row must be ahead, or the file ends."""
        if self.is_whole or len(self.text) - self.at > MAX_ROW_BYTES:
            return
        self.text, self.at = self.text[self.at :], 0
        while not self.is_whole and len(self.text) <= MAX_ROW_BYTES:
            data = self._file.read(_CHUNK)
            self.is_whole = not data
            self.text += self._decoder.decode(data, final=not data)

    def move(self, end: int) -> None:
        """Go on to ``end``, counting lines and bytes."""
        passed = self.text[self.at : end]
        self.line += passed.count("\n")
        self.byte += len(passed) if passed.isascii() else len(passed.encode())
        self.at = end

    def skip_space(self) -> str:
        """The next character that is no white space, "" at the end of the file."""
        while True:
            self.fill()
            match = _SPACE.match(self.text, self.at)
            self.move(match.end() if match else self.at)
            if self.at < len(self.text) or self.is_whole:
                return self.text[self.at : self.at + 1]


def read_json_stream(
    path: Path, *, start: int, line_break: bytes, note: Take
) -> Iterator[Row | Fault]:
    """The rows, until the JSON is not valid any more: there is no next row to find then."""
    window = _Window(path, start=start, line_break=line_break)
    try:
        yield from _read(window, note)
    finally:
        window.close()


def _read(window: _Window, note: Take) -> Iterator[Row | Fault]:
    in_list = needs_comma = False
    while character := window.skip_space():
        if not in_list and character == "[":
            in_list, needs_comma = True, False
            window.move(window.at + 1)
        elif in_list and character == "]":
            in_list = False
            window.move(window.at + 1)
        elif in_list and needs_comma:
            if character != ",":
                note(_broken(window, "a comma is missing"))
                return
            needs_comma = False
            window.move(window.at + 1)
        else:
            item, goes_on = _value(window, note, in_list=in_list)
            yield item
            if not goes_on:
                return
            needs_comma = in_list
    if in_list:
        note(_broken(window, "the list is not closed"))


def _value(window: _Window, note: Take, *, in_list: bool) -> tuple[Row | Fault, bool]:
    """The next value, and whether reading can go on after it."""
    line, byte, begin = window.line, window.byte, window.at
    try:
        value, end = STRICT.raw_decode(window.text, begin)
    except (DoubleKeys, NoNumber) as error:
        try:
            _, end = LOOSE.raw_decode(window.text, begin)
        except (json.JSONDecodeError, RecursionError) as broken:
            return _stop(broken, window), False
        text = window.text[begin:end]
        window.move(end)
        return json_fault(error, text, line, byte, window.byte), True
    except (json.JSONDecodeError, RecursionError) as error:
        return _stop(error, window), False
    shown = window.text[begin:end]
    window.move(end)
    if len(shown) > MAX_ROW_BYTES:
        return Fault("giant_row", line, byte, window.byte, shown[:MAX_SAMPLE]), True
    item = row_of(value, shown, line, byte, window.byte, note)
    if not in_list and isinstance(item, Fault) and item.code == "fields_missing":
        item.code = "json_not_a_list"
    return item, True


def _stop(error: Exception, window: _Window) -> Fault:
    """The last row that is seen of a file that is no JSON from here on."""
    text = window.text[window.at : window.at + MAX_ROW_BYTES]
    line, byte = window.line, window.byte
    is_cut = isinstance(error, json.JSONDecodeError) and (
        error.pos - window.at >= MAX_ROW_BYTES or error.msg.startswith("Unterminated")
    )
    if is_cut and not window.is_whole:
        return Fault("json_giant_value", line, byte, byte, text[:MAX_SAMPLE])
    if isinstance(error, json.JSONDecodeError):
        error = json.JSONDecodeError(error.msg, text, max(0, error.pos - window.at))
    fault = json_fault(error, text, line, byte, byte)
    fault.code = "json_broken"
    return fault


def _broken(window: _Window, reason: str) -> Note:
    shown = window.text[window.at : window.at + MAX_SAMPLE]
    return Note("json_broken", window.line, window.byte, shown, {"reason": reason})
