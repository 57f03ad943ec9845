"""Padded batches of examples of similar length, with the positions that the loss looks at."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Example:
    """A text's tokens, its end included, and at which of them the loss is always taken."""

    ids: list[int]
    loss_mask: list[bool]


@dataclass(frozen=True)
class Batch:
    """Padded rows (rows, length), and where the loss is taken.

    ``positions`` index the flattened rows; ``targets`` are the tokens that follow there.
    """

    ids: Tensor
    positions: Tensor
    targets: Tensor
    tokens: int
    """Tokens that are not padding."""


def batch_by_length(
    examples: Sequence[Example],
    parts: int,
    rng: random.Random,
    *,
    other_share: float,
    max_length: int,
) -> list[Batch]:
    """About ``parts`` batches of equally many tokens; examples of similar length share one.

    ``other_share`` of the other tokens count too, drawn by ``rng``. An example longer than
    ``max_length`` tokens loses its end.
    """
    total = sum(len(example.ids) for example in examples)
    batches: list[Batch] = []
    rows: list[Example] = []
    for example in sorted(examples, key=lambda example: len(example.ids)):
        rows.append(example)
        if sum(len(row.ids) for row in rows) >= total / parts:
            batches.append(_pad(rows, rng, other_share, max_length))
            rows = []
    if rows:
        batches.append(_pad(rows, rng, other_share, max_length))
    return batches


def _pad(rows: Sequence[Example], rng: random.Random, other_share: float, max_length: int) -> Batch:
    length = min(max(len(row.ids) for row in rows), max_length)
    ids = torch.zeros(len(rows), length, dtype=torch.long)
    positions, targets, tokens = [], [], 0
    for index, row in enumerate(rows):
        kept = row.ids[:length]
        tokens += len(kept)
        ids[index, : len(kept)] = torch.tensor(kept)
        for place in range(len(kept) - 1):
            if row.loss_mask[place + 1] or rng.random() < other_share:
                positions.append(index * length + place)
                targets.append(kept[place + 1])
    return Batch(
        ids,
        torch.tensor(positions, dtype=torch.long),
        torch.tensor(targets, dtype=torch.long),
        tokens,
    )
