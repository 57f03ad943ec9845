"""What an evaluation may cost: rows, memory and time."""

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from workers.training.network import GPTJ
from workers.training.tuning.evaluation.rows import Row

POSITIONS = 8192
CACHE_BYTES = 2**30
BLOCKS = (32, 64)
LATER_BLOCKS = 128


@dataclass(frozen=True)
class Limits:
    """How much is measured."""

    rows: int = 1000
    """Held-out rows at most."""
    seconds: float = 300.0
    """For everything. What is not measured by then is left out, and the figures say of how many
    rows they are."""
    outputs: int = 50
    """Outputs of both models that are kept, the worst first."""
    mistakes: int = 50
    """Rows that are named as possible mistakes; 0 looks for none."""


class Deadline:
    """A moment of ``time.monotonic`` after which nothing new is begun."""

    def __init__(self, moment: float) -> None:
        self._moment = moment

    @property
    def has_passed(self) -> bool:
        """Whether the time is over."""
        return time.monotonic() >= self._moment


def random_blocks(rows: Sequence[Row], *, seed: int, at_most: int) -> list[list[Row]]:
    """Rows in random order, a few first: whenever one stops, what was measured is a fair sample."""
    order = random.Random(seed).sample(list(rows), min(len(rows), at_most))
    blocks: list[list[Row]] = []
    while order:
        size = BLOCKS[len(blocks)] if len(blocks) < len(BLOCKS) else LATER_BLOCKS
        blocks.append(order[:size])
        order = order[size:]
    return blocks


def similar_lengths(lengths: Sequence[int], *, more: int, network: GPTJ) -> Iterator[list[int]]:
    """Numbers of texts of similar length, as many as memory takes with ``more`` tokens behind."""
    per_position = 8 * network.shape.n_embd * network.shape.n_layer
    at_once = min(POSITIONS, CACHE_BYTES // per_position)
    batch: list[int] = []
    for number in sorted(range(len(lengths)), key=lambda number: lengths[number]):
        if batch and (len(batch) + 1) * (lengths[number] + more) > at_once:
            yield batch
            batch = []
        batch.append(number)
    if batch:
        yield batch
