"""Rows that are there twice, or nearly, and prompts with two answers."""

from array import array
from itertools import pairwise
from typing import Literal

from rensa import RMinHash, RMinHashDeduplicator

from playground.datasets.checks.collecting import Collector, Tally
from playground.datasets.checks.fingerprints import Fingerprints, key_of, normal_key
from playground.datasets.reading.rows import Row

# Rows that are compared by their words too, from the first on; a sketch takes half a kilobyte.
MAX_SKETCHED = 20_000
SIMILAR = 0.9
_PERMUTATIONS = 128
# Bands of eight: pairs of 0.9 are missed once in ten thousand times.
_BANDS = 16
_SEED = 42
# Of fewer words, one more or less makes another text.
_MIN_WORDS = 8

Sameness = Literal["new", "same", "near"]


class SameRows:
    """Says of each row whether one before it was the same, or nearly."""

    def __init__(self) -> None:
        self._exact = Fingerprints()
        self._normal = Fingerprints()
        self._exact_lines = array("I")
        self._normal_lines = array("I")
        self._sketches = RMinHashDeduplicator(
            threshold=SIMILAR,
            num_perm=_PERMUTATIONS,
            use_lsh=True,
            num_bands=_BANDS,
            seed=_SEED,
        )
        self._sketched = 0

    def compare(self, row: Row) -> tuple[Sameness, int]:
        """How the row is like an earlier one, and the line of that."""
        before = self._exact.add(key_of(row.prompt, row.completion))
        if before >= 0:
            return "same", self._exact_lines[before]
        self._exact_lines.append(min(row.line, 2**32 - 1))
        before = self._normal.add(normal_key(row.prompt, row.completion))
        if before >= 0:
            return "near", self._normal_lines[before]
        self._normal_lines.append(min(row.line, 2**32 - 1))
        line = self._similar(row)
        return ("near", line) if line else ("new", 0)

    def _similar(self, row: Row) -> int:
        """The line of an earlier row that has nearly the same pairs of words; 0 for none."""
        if self._sketched >= MAX_SKETCHED:
            return 0
        words = f"{row.prompt} {row.completion}".casefold().split()
        if len(words) < _MIN_WORDS:
            return 0
        self._sketched += 1
        sketch = RMinHash(num_perm=_PERMUTATIONS, seed=_SEED)
        sketch.update([f"{one} {next_one}" for one, next_one in pairwise(words)])
        found = self._sketches.get_duplicates(sketch)
        if found:
            return int(found[0])
        self._sketches.add(str(row.line), sketch)
        return 0


class DuplicateCheck:
    """Duplicates and conflicts of all rows."""

    def __init__(self) -> None:
        self._rows = SameRows()
        self._prompts = Fingerprints()
        self._prompt_lines = array("I")
        self._same = Tally()
        self._near = Tally()
        self._conflicts = Tally()

    def add(self, row: Row) -> None:
        """The next row."""
        sameness, line = self._rows.compare(row)
        if sameness == "same":
            self._same.add_row(row, f"as line {line}: {row.prompt}{row.completion}")
            return
        if sameness == "near":
            self._near.add_row(row, f"like line {line}: {row.prompt}{row.completion}")
        if row.prompt.strip():
            before = self._prompts.add(key_of(row.prompt.strip()))
            if before < 0:
                self._prompt_lines.append(min(row.line, 2**32 - 1))
            else:
                line = self._prompt_lines[before]
                self._conflicts.add_row(row, f"as line {line}: {row.prompt}{row.completion}")

    def report(self, collector: Collector) -> None:
        """What was found."""
        collector.report("exact_duplicates", self._same)
        collector.report("near_duplicates", self._near)
        collector.report("conflicting_completions", self._conflicts)
