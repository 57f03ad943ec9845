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


def micro_batches(rows: Sequence[int], micro_batch: int) -> list[list[int]]:
    """The rows of a step in equal parts of at most ``micro_batch``."""
    parts = math.ceil(len(rows) / micro_batch)
    ends = [len(rows) * part // parts for part in range(parts + 1)]
    return [list(rows[begin:end]) for begin, end in pairwise(ends)]
