"""Which rows a step learns from: a function of seed and step alone.

Rows of similar length share a step, so that there is hardly any padding; which of them, and in
which order the steps come, is drawn anew in each epoch.
"""

import math
import random
from collections.abc import Sequence
from itertools import pairwise


def steps_of_epoch(rows: int, batch: int) -> int:
    """How many steps see every row once."""
    return math.ceil(rows / batch)


def steps_of(rows: int, batch: int, epochs: float) -> int:
    """Steps of so many epochs, one at least."""
    return max(1, math.ceil(epochs * steps_of_epoch(rows, batch) - 1e-9))


def epoch_batches(lengths: Sequence[int], *, batch: int, seed: int, epoch: int) -> list[list[int]]:
    """Numbers of the rows of each step of an epoch; each row once, no step much smaller."""
    rng = random.Random(f"{seed} {epoch}")
    rows = list(range(len(lengths)))
    rng.shuffle(rows)
    rows.sort(key=lambda row: lengths[row])
    steps = steps_of_epoch(len(rows), batch)
    ends = [len(rows) * step // steps for step in range(steps + 1)]
    batches = [rows[begin:end] for begin, end in pairwise(ends)]
    rng.shuffle(batches)
    return batches


def micro_batches(
    rows: Sequence[int], lengths: Sequence[int], *, at_most: int, tokens: int | None = None
) -> list[list[int]]:
    """The rows of a step in even parts of ``at_most`` rows and, if that is given, so many tokens.

    A row that is longer than ``tokens`` is a part of its own.
    """
    longest = max(lengths[row] for row in rows)
    if tokens is not None:
        at_most = min(at_most, max(1, tokens // longest))
    parts = math.ceil(len(rows) / at_most)
    ends = [len(rows) * part // parts for part in range(parts + 1)]
    return [list(rows[begin:end]) for begin, end in pairwise(ends)]
