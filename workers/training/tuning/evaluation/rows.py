"""Rows of a dataset, as a fine-tune and its evaluation read them."""

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Row:
    """A prompt and its completion; ``number`` is the row's in the dataset, from 1."""

    number: int
    prompt: str
    completion: str


def read_rows(path: Path) -> list[Row]:
    """The rows of a file in the canonical form."""
    with path.open(encoding="utf-8") as lines:
        values = map(json.loads, lines)
        return [Row(value["row"], value["prompt"], value["completion"]) for value in values]
