"""The output of the engine's benchmarks: tables for people, one line for programs."""

from __future__ import annotations

import json
import os
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

RESULTS = Path(__file__).resolve().parent / "results"


@dataclass(frozen=True, slots=True)
class Target:
    """A figure that was promised: at least `target`, or at most where `at_most` says so."""

    name: str
    value: float
    target: float
    unit: str
    at_most: bool = False

    @property
    def holds(self) -> bool:
        return self.value <= self.target if self.at_most else self.value >= self.target


@dataclass(slots=True)
class Report:
    """Markdown that is printed as it grows and can be kept.

    name: of the results' file.
    title: its first line, without the date.
    """

    name: str
    title: str
    machine: str
    lines: list[str] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)

    def say(self, text: str = "") -> None:
        self.lines.append(text)
        print(text, flush=True)

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """The first column is text, the others are figures."""
        body = [heads, *rows]
        widths = [max(len(row[column]) for row in body) for column in range(len(heads))]
        self.say()
        for number, row in enumerate(body):
            cells = [
                cell.rjust(width) if column else cell.ljust(width)
                for column, (cell, width) in enumerate(zip(row, widths, strict=True))
            ]
            self.say(f"| {' | '.join(cells)} |")
            if number == 0:
                rules = ["-" * width for width in widths]
                self.say(f"| {' | '.join([rules[0], *(rule[:-1] + ':' for rule in rules[1:])])} |")
        self.say()

    def finish(self, *, save: bool) -> None:
        """The targets' table and the line `RESULT {json}`; with `save`, the file too."""
        if self.targets:
            self.table(
                ("figure", "measured", "target", "unit", ""),
                [
                    (
                        target.name,
                        f"{target.value:.4g}",
                        f"{'<=' if target.at_most else '>='} {target.target:g}",
                        target.unit,
                        "holds" if target.holds else "MISSED",
                    )
                    for target in self.targets
                ],
            )
        targets = [
            {
                "name": target.name,
                "value": float(f"{target.value:.4g}"),
                "target": target.target,
                "unit": target.unit,
                "holds": target.holds,
            }
            for target in self.targets
        ]
        result = "RESULT " + json.dumps({"targets": targets, "machine": self.machine})
        if save:
            day = datetime.now(UTC).date().isoformat()
            text = f"# {self.title}, {day}\n\n{self.machine}\n\n"
            text += "\n".join(self.lines).replace("\n\n\n", "\n\n").strip()
            path = RESULTS / f"{self.name}-{day}.md"
            path.write_text(f"{text}\n\n    {result}\n", encoding="utf-8")
            print(f"written to {path}")
        print(result)


def spread(values: Sequence[float], digits: int = 0) -> str:
    """Median, and in brackets the least and the most."""
    middle = statistics.median(values)
    if len(values) == 1:
        return f"{middle:.{digits}f}"
    return f"{middle:.{digits}f} ({min(values):.{digits}f}-{max(values):.{digits}f})"


def percentile(values: Sequence[float], share: float) -> float:
    """The least value that `share` of all are at or below (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * round(share * 1000) // 1000) - 1)]


def load_before() -> str:
    """What else the machine does: its load before anything was measured."""
    return f"load {os.getloadavg()[0]:.1f} before"
