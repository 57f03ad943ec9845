"""The rows that are held out: never trained on, so that the figures on them are honest.

A tenth of the rows, at most a thousand, by label where there are labels. Rows whose prompts are
the same but for case and white space are all in one part (whole texts, where there are no
prompts). Which rows
these are is a function of the seed and the rows alone.
"""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal

from playground.datasets.checks.canonical import CanonicalRow, CanonicalWriter, read_rows
from playground.datasets.checks.classes import ClassCheck
from playground.datasets.checks.fingerprints import Fingerprints, key_of, normal_form
from playground.datasets.reading.rows import Row

SHARE = 0.1
MOST = 1_000

Task = Literal["open", "classification", "conditional"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Which rows are held out.

    held_out: their numbers, as the canonical file counts them, in order.
    train: how many are left to train on.
    reason: why none is held out; "" where some are.
    """

    held_out: tuple[int, ...]
    train: int
    reason: str = ""

    @property
    def sentence(self) -> str:
        """For the page."""
        if self.reason:
            return f"No row is held out: {self.reason}"
        count = len(self.held_out)
        rows = f"{count:,} row{' is' if count == 1 else 's are'}"
        return f"{rows} held out to measure by, and {self.train:,} trained on."

    def to_json(self) -> dict[str, Any]:
        """Plain values, for a job's row."""
        return {
            "held_out": len(self.held_out),
            "train": self.train,
            "reason": self.reason,
            "sentence": self.sentence,
        }


def split_rows(
    rows: Iterable[CanonicalRow],
    *,
    seed: int,
    task: Task | None = None,
    share: float = SHARE,
    most: int = MOST,
) -> Split:
    """Choose the held-out part of ``rows``. Without ``task`` it is guessed, as the checks do."""
    groups = _Groups(rows)
    guessed = task or groups.classes.task
    total = len(groups.of_row)
    if total < 2:
        return Split(held_out=(), train=total, reason="there are fewer than two rows.")
    if len(groups.sizes) < 2:
        return Split(
            held_out=(),
            train=total,
            reason="all rows are alike, or have the same prompt, so that each would be in both.",
        )
    wanted = min(most, max(1, round(total * share)))
    chosen = groups.choose(wanted, seed=seed, by_label=guessed == "classification")
    if not chosen:
        reason = (
            "each label is there once, or in rows with one prompt, and is needed for training."
            if guessed == "classification"
            else f"the rows with the same prompt are too many for a part of {wanted:,}."
        )
        return Split(held_out=(), train=total, reason=reason)
    held_out = tuple(
        number for number, group in enumerate(groups.of_row, start=1) if group in chosen
    )
    return Split(held_out=held_out, train=total - len(held_out))


def split_file(
    rows_path: Path,
    train_path: Path,
    held_out_path: Path,
    *,
    seed: int,
    task: Task | None = None,
    share: float = SHARE,
    most: int = MOST,
) -> Split:
    """Write both parts in the canonical form, the rows with the numbers that they have."""
    split = split_rows(read_rows(rows_path), seed=seed, task=task, share=share, most=most)
    held_out = set(split.held_out)
    with CanonicalWriter(train_path) as train, CanonicalWriter(held_out_path) as held:
        for row in read_rows(rows_path):
            (held if row.row in held_out else train).write_row(row)
    return split


class _Groups:
    """Rows that must be in one part, each group with its size and its first row's label."""

    def __init__(self, rows: Iterable[CanonicalRow]) -> None:
        self.classes = ClassCheck()
        self.of_row = array("I")
        self.sizes = array("I")
        self._keys = array("Q")
        self._labels = array("Q")
        known = Fingerprints()
        for row in rows:
            self.classes.add(Row(row.line, 0, 0, row.prompt, row.completion))
            key = _group_key(row)
            group = known.add(key)
            if group < 0:
                group = len(self.sizes)
                self.sizes.append(0)
                self._keys.append(key)
                self._labels.append(key_of(row.completion))
            self.sizes[group] += 1
            self.of_row.append(group)

    def choose(self, wanted: int, *, seed: int, by_label: bool) -> set[int]:
        """Groups with about ``wanted`` rows together, never all of a label, never all."""
        strata: dict[int, list[int]] = {}
        for group in range(len(self.sizes)):
            strata.setdefault(self._labels[group] if by_label else 0, []).append(group)
        total = len(self.of_row)
        chosen: set[int] = set()
        spare: list[int] = []
        for label in sorted(strata):
            groups = sorted(strata[label], key=lambda group: self._order(group, seed))
            rows = sum(self.sizes[group] for group in groups)
            taken, rest = self._take(groups, wanted * rows // total)
            chosen.update(taken)
            # One group of each label always stays in training.
            spare += rest[1:]
        # What the rounding left, by the same lot.
        left = wanted - sum(self.sizes[group] for group in chosen)
        for group in sorted(spare, key=lambda group: self._order(group, seed)):
            if left <= 0:
                break
            if self.sizes[group] <= left:
                chosen.add(group)
                left -= self.sizes[group]
        return chosen

    def _take(self, groups: list[int], quota: int) -> tuple[list[int], list[int]]:
        """The first groups that fit into the quota, but not the last one, and the others."""
        taken: list[int] = []
        rest: list[int] = []
        for group in groups:
            if self.sizes[group] <= quota and len(taken) + 1 < len(groups):
                taken.append(group)
                quota -= self.sizes[group]
            else:
                rest.append(group)
        return taken, rest

    def _order(self, group: int, seed: int) -> bytes:
        data = self._keys[group].to_bytes(8, "little")
        return blake2b(data, digest_size=8, key=str(seed).encode()[:64]).digest()


def _group_key(row: CanonicalRow) -> int:
    text = row.prompt if row.prompt.strip() else row.completion
    return key_of(normal_form(text, digits_count=True))
