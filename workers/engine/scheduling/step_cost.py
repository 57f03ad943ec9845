"""How long a step of so many rows takes, learnt from the steps that ran. No torch.

A step reads all weights once and then pays for each row: seconds = base + rate * rows. The fit
forgets, since attention's share grows and shrinks with the contexts that are live.
"""

from __future__ import annotations

from dataclasses import dataclass

_KEEP = 0.95
# The numbers of rows must differ by about this much before their spread shows the cost of a row.
_SPREAD = 4.0


@dataclass(slots=True)
class StepCost:
    """base, rate: seconds; rate is 0 until steps of different sizes were seen."""

    base: float = 0.0
    rate: float = 0.0
    _weight: float = 0.0
    _rows: float = 0.0
    _seconds: float = 0.0
    _rows_rows: float = 0.0
    _rows_seconds: float = 0.0

    def observe(self, rows: int, seconds: float) -> None:
        self._weight = _KEEP * self._weight + 1.0
        self._rows = _KEEP * self._rows + rows
        self._seconds = _KEEP * self._seconds + seconds
        self._rows_rows = _KEEP * self._rows_rows + rows * rows
        self._rows_seconds = _KEEP * self._rows_seconds + rows * seconds
        mean_rows, mean_seconds = self._rows / self._weight, self._seconds / self._weight
        variance = self._rows_rows / self._weight - mean_rows**2
        if variance >= _SPREAD**2:
            covariance = self._rows_seconds / self._weight - mean_rows * mean_seconds
            self.rate = max(0.0, covariance / variance)
        self.base = max(0.0, mean_seconds - self.rate * mean_rows)

    def rows_within(self, seconds: float) -> float | None:
        """Rows that a step of so many seconds runs; None while nothing is known."""
        if self.rate == 0.0:
            return None
        return max(0.0, seconds - self.base) / self.rate

    def more_rows(self, rows: int, share: float) -> float | None:
        """Rows that may join `rows` so that the step lasts `share` of its time longer; None while
        nothing is known."""
        if self.rate == 0.0:
            return None
        return share * (self.base / self.rate + rows)
