"""What ends an example in a text: ``<|endoftext|>`` in any spelling, or another steady sign."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from playground.datasets.reading.lines import read_pieces

SEPARATOR = "<|endoftext|>"
# The longest spelling, in bytes: what is kept of a piece of a line because it may go on.
LONGEST = 128

_CORE = r"<[ \t]?\|[ \t]?end[ _-]?of[ _-]?text[ \t]?\|[ \t]?>"
_QUOTES = "\"'`“”‘’"  # noqa: RUF001
ANY_SPELLING = re.compile(
    rf"(?<!\S)[{_QUOTES}][ \t]?{_CORE}[ \t]?[{_QUOTES}](?!\S)|{_CORE}", re.IGNORECASE
)
# Signs that people put between examples: on a line of their own, or after the text.
_SIGN = re.compile(
    r"(?<!\S)(#{2,}|={3,}|-{3,}|\*{3,}|~{3,}|_{3,}|<\|?/?[A-Za-z_]{1,20}\|?>|\[/?[A-Z]{3,12}\])(?!\S)"
    r"|(?<=\S)(#{3,}|<\|?/?[A-Za-z_]{1,20}\|?>)(?=\s*$)"
)
_BLANK = "blank lines"
_MAX_SIGNS = 1_000


class OtherSeparator(NamedTuple):
    """A sign that seems to separate. ``sign`` is "" for blank lines."""

    sign: str
    texts: int

    @property
    def words(self) -> str:
        """For a sentence."""
        return f"“{self.sign}”" if self.sign else _BLANK

    def pattern(self) -> re.Pattern[str]:
        """Matches the sign in a line."""
        return re.compile(rf"[ \t]{{0,8}}(?<![^\s\w.!?]){re.escape(self.sign)}(?!\S)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How a text without any ``<|endoftext|>`` is laid out."""

    lines: int
    other: OtherSeparator | None


def recognise_layout(path: Path, *, start: int, line_break: bytes) -> Layout:
    """The lines of the text and its other separator, if it has a steady one."""
    signs: Counter[str] = Counter()
    lines = blocks = 0
    was_blank = begins = True
    for piece in read_pieces(path, start=start, line_break=line_break):
        if begins:
            is_blank = not piece.data.strip()
            lines += not is_blank
            blocks += was_blank and not is_blank
            was_blank = is_blank
        begins = piece.data.endswith(b"\n")
        if len(signs) < _MAX_SIGNS and any(sign in piece.data for sign in b"#=-*~_<["):
            for match in _SIGN.finditer(piece.data.decode(errors="replace")):
                signs[match[1] or match[2]] += 1
    common = signs.most_common(1)
    other = None
    if common and common[0][1] >= 2 and common[0][1] >= 0.02 * lines:
        other = OtherSeparator(*common[0])
    elif blocks >= 2:
        other = OtherSeparator("", blocks)
    return Layout(lines=lines, other=other)


def find_separators(text: str) -> Iterator[re.Match[str]]:
    """The separators in ``text``, in any spelling."""
    return ANY_SPELLING.finditer(text) if "|" in text else iter(())
