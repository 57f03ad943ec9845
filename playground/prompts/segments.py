"""A prompt in parts that are drawn differently: labels, variables, text."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import regex

from playground.prompts.variables import VARIABLE

# With none of the backslashes before it its own.
_VARIABLE = rf"(?<!(?<!\\)(?:\\\\)*\\){VARIABLE}"


class Segment(NamedTuple):
    """A part of a prompt that is drawn in one way."""

    kind: Literal["text", "label", "variable"]
    text: str


def segments(text: str, labels: Sequence[str]) -> list[Segment]:
    """``text`` in parts: labels that begin a line, variables, and what is between.

    >>> segments("English: {{word}}", ["English"])
    [Segment(kind='label', text='English:'), Segment(kind='text', text=' '),
     Segment(kind='variable', text='{{word}}')]
    """
    known = "|".join(regex.escape(label) for label in labels if label)
    label = rf"^(?P<label>(?:{known}):)|" if known else ""
    pattern = regex.compile(f"{label}(?P<variable>{_VARIABLE})", regex.MULTILINE)
    found: list[Segment] = []
    end = 0
    for match in pattern.finditer(text):
        if match.start() > end:
            found.append(Segment("text", text[end : match.start()]))
        found.append(Segment("variable" if match["variable"] else "label", match[0]))
        end = match.end()
    if end < len(text):
        found.append(Segment("text", text[end:]))
    return found
