"""95 % intervals, and whether one model is better than another beyond chance.

Sources: Wilson 1927 for shares; the percentile bootstrap over rows (Efron 1979) for all that is a
mean over tokens or labels, since the tokens of one row are not independent; the exact sign test
(McNemar 1947) for two models on the same rows.
"""

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Z = 1.959963984540054
RESAMPLES = 1000
SEED = 0


@dataclass(frozen=True)
class Figure:
    """A value with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class RowLoss:
    """Summed negative log-probability of a row's completion in nats, and its tokens."""

    loss: float
    tokens: int


def wilson(right: int, total: int) -> Figure:
    """A share and its Wilson interval, all 0 to 1; ``total`` is at least 1."""
    share, square = right / total, Z * Z
    middle = (share + square / (2 * total)) / (1 + square / total)
    half = (
        Z * math.sqrt(share * (1 - share) / total + square / (4 * total**2)) / (1 + square / total)
    )
    # At the ends the formula gives 0 and 1 but for the last bit.
    low = middle - half if right else 0.0
    return Figure(share, low, middle + half if right < total else 1.0)


def bootstrap(rows: int, statistic: Callable[[Sequence[int]], float]) -> Figure:
    """A statistic of row numbers on all rows, and on rows drawn with repetition, seeded."""
    rng = random.Random(SEED)
    drawn = sorted(statistic(rng.choices(range(rows), k=rows)) for _ in range(RESAMPLES))
    cut = round(0.025 * RESAMPLES)
    return Figure(statistic(range(rows)), drawn[cut], drawn[-1 - cut])


def perplexity(losses: Sequence[RowLoss]) -> Figure:
    """Over all completion tokens, e to the mean loss."""

    def of_rows(numbers: Sequence[int]) -> float:
        loss = sum(losses[number].loss for number in numbers)
        # e^700 is the last power that a float holds.
        return math.exp(min(700.0, loss / sum(losses[number].tokens for number in numbers)))

    return bootstrap(len(losses), of_rows)


def loss_saved(base: Sequence[RowLoss], tuned: Sequence[RowLoss]) -> Figure:
    """How many nats a token the tuned model saves on the same rows, resampled in pairs."""
    saved = [one.loss - other.loss for one, other in zip(base, tuned, strict=True)]

    def of_rows(numbers: Sequence[int]) -> float:
        tokens = sum(base[number].tokens for number in numbers)
        return sum(saved[number] for number in numbers) / tokens

    return bootstrap(len(saved), of_rows)


def sign_test(only_first: int, only_second: int) -> float:
    """Probability that the first model wins at least so many of the differing rows by chance.

    A row differs where one of two models alone is right.
    """
    total = only_first + only_second
    ways: int = sum(math.comb(total, count) for count in range(only_first, total + 1))
    return ways / (1 << total)
