"""The learning rate of each step."""

from bisect import bisect_right
from dataclasses import dataclass


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
