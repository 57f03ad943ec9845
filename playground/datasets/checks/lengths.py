"""Lengths in tokens of the model's own tokenizer."""

from array import array
from collections.abc import Callable
from typing import Any, NamedTuple

from playground.datasets.reading.rows import Fault, Row

_BINS = 30
# A batch for the tokenizer, which holds about a hundred bytes a token.
BATCH_ROWS = 128
BATCH_CHARACTERS = 128 * 1024


class Tokens(NamedTuple):
    """A row's tokens. ``total`` has the end of text."""

    prompt: int
    completion: int

    @property
    def total(self) -> int:
        return self.prompt + self.completion + 1


def count_tokens(rows: list[Row], encode: Callable[[list[str]], list[int]]) -> list[Tokens]:
    """The tokens of each row, prompt and completion apart, as they are trained on."""
    texts = [row.prompt for row in rows] + [row.completion for row in rows]
    counts = encode(texts)
    return [Tokens(*pair) for pair in zip(counts[: len(rows)], counts[len(rows) :], strict=True)]


def length_fault(row: Row, tokens: Tokens, context: int) -> Fault | None:
    """Why the row is too long for the model; None where it fits."""
    if tokens.total <= context:
        return None
    # A cut prompt keeps at least one token.
    fits = tokens.completion + 1 < context if row.prompt else False
    code = "prompt_too_long" if fits else "completion_too_long"
    text = f"{tokens.total:,} tokens: {row.prompt}{row.completion}"
    return Fault(code, row.line, row.byte, row.end, text[:400])


class LengthCheck:
    """Totals, and how many rows have how many tokens."""

    def __init__(self, context: int) -> None:
        self._lengths = array("I", bytes(4 * (context + 1)))
        self.prompt_tokens = 0
        self.completion_tokens = 0
        self.characters = 0
        self.rows = 0

    def add(self, row: Row, tokens: Tokens) -> None:
        """The next row, which fits."""
        self._lengths[tokens.total] += 1
        self.prompt_tokens += tokens.prompt
        self.completion_tokens += tokens.completion
        self.characters += len(row.prompt) + len(row.completion)
        self.rows += 1

    @property
    def tokens(self) -> int:
        """All, with an end of text for each row."""
        return self.prompt_tokens + self.completion_tokens + self.rows

    def figures(self) -> dict[str, Any]:
        """Totals and the histogram, for the page."""
        text_tokens = self.prompt_tokens + self.completion_tokens
        present = [length for length, rows in enumerate(self._lengths) if rows]
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "characters": self.characters,
            "characters_per_token": round(self.characters / text_tokens, 2) if text_tokens else 0,
            "shortest": present[0] if present else 0,
            "longest": present[-1] if present else 0,
            "histogram": self._histogram(present),
        }

    def _histogram(self, present: list[int]) -> list[dict[str, int]]:
        """Bins of equal width; ``to`` is part of its bin."""
        if not present:
            return []
        first, last = present[0], present[-1]
        width = -(-(last - first + 1) // _BINS)
        return [
            {
                "from": start,
                "to": min(start + width - 1, last),
                "rows": sum(self._lengths[start : min(start + width, last + 1)]),
            }
            for start in range(first, last + 1, width)
        ]
