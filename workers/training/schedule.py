"""The learning rate of each step, as a function of the step alone."""

import math
from bisect import bisect_right
from dataclasses import dataclass
from typing import Protocol


class RateOfStep(Protocol):
    """How long a run is and how fast it learns."""

    @property
    def steps(self) -> int:
        """How many there are in all."""

    def rate(self, step: int) -> float:
        """Learning rate of a step, counted from 0."""


@dataclass(frozen=True)
class Cosine:
    """The learning rate rises over a share of the steps and falls along a cosine to nothing."""

    peak: float
    steps: int
    warm_up: float = 0.06

    def rate(self, step: int) -> float:
        """Learning rate of a step."""
        rising = math.ceil(self.warm_up * self.steps)
        if step < rising:
            return self.peak * (step + 1) / rising
        progress = (step - rising) / max(1, self.steps - rising)
        return self.peak * (1 + math.cos(math.pi * min(1.0, progress))) / 2


@dataclass(frozen=True)
class Schedule:
    """The learning rate rises, stays level and falls to zero, once in each round.

    A round added after the end gives the same run as a round planned from the start.
    """

    peak: float = 3e-3
    ends: tuple[int, ...] = (3000,)
    """The steps at which the rounds end, rising."""
    warm_up: int = 100
    """Steps of each round over which the rate rises."""
    decays: tuple[float, ...] = (0.35,)
    """Share of each round's steps over which the rate falls; the last holds for further rounds."""

    @property
    def steps(self) -> int:
        """How many there are in all."""
        return self.ends[-1]

    def rate(self, step: int) -> float:
        """Learning rate of a step."""
        round_ = min(bisect_right(self.ends, step), len(self.ends) - 1)
        begin, end = (0, *self.ends)[round_], self.ends[round_]
        if step - begin < self.warm_up:
            return self.peak * (step - begin + 1) / self.warm_up
        decay = self.decays[min(round_, len(self.decays) - 1)]
        left = (end - step) / ((end - begin) * decay)
        return self.peak * min(1.0, max(0.0, left))
