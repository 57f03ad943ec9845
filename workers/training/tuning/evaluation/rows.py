"""Rows of a dataset in tokens."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer


@dataclass(frozen=True)
class Row:
    """A prompt and its completion; the completion's tokens have the end of text as their last."""

    number: int
    """In the dataset, from 1."""
    prompt: str
    completion: str
    prompt_ids: list[int]
    completion_ids: list[int]

    @property
    def ids(self) -> list[int]:
        """All tokens."""
        return [*self.prompt_ids, *self.completion_ids]


def read_rows(path: Path, tokenizer: Tokenizer, *, end: int) -> list[Row]:
    """The rows of a file in the canonical form."""
    return encode_rows(list(_lines(path)), tokenizer, end=end)


def encode_rows(
    lines: Sequence[dict[str, Any]], tokenizer: Tokenizer, *, end: int
) -> list[Row]:
    """Rows as they are trained on: prompt and completion each by itself, then the end of text."""
    prompts = tokenizer.encode_batch([line["prompt"] for line in lines])
    completions = tokenizer.encode_batch([line["completion"] for line in lines])
    return [
        Row(line["row"], line["prompt"], line["completion"], prompt.ids, [*completion.ids, end])
        for line, prompt, completion in zip(lines, prompts, completions, strict=True)
    ]


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)
