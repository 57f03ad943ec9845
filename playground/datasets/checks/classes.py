"""What the task is, and what labels a classification has."""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from playground.datasets.checks.collecting import Collector, Tally, count_of, in_quotes
from playground.datasets.checks.findings import shorten
from playground.datasets.reading.rows import Row

Task = Literal["open", "classification", "conditional"]

# More labels, or longer ones, are texts.
MAX_LABELS = 1_000
MAX_LABEL = 200
_SHOWN = 100
_IMBALANCE = 10


class _Label(NamedTuple):
    rows: int
    line: int
    byte: int


class ClassCheck:
    """Counts labels as long as there can be a classification."""

    def __init__(self) -> None:
        self._rows = 0
        self._prompts = 0
        self._labels: dict[str, _Label] | None = {}

    def add(self, row: Row) -> None:
        """The next row."""
        self._rows += 1
        self._prompts += bool(row.prompt.strip())
        labels, label = self._labels, row.completion
        if labels is None:
            return
        known = labels.get(label)
        if known is not None:
            labels[label] = known._replace(rows=known.rows + 1)
        elif len(labels) >= MAX_LABELS or len(label) > MAX_LABEL:
            self._labels = None
        else:
            labels[label] = _Label(1, row.line, row.byte)

    @property
    def task(self) -> Task:
        """The guess: open-ended without prompts, a classification with fewer different
        completions than a third of the rows, conditional otherwise."""
        if not self._prompts:
            return "open"
        if self._labels is not None and 3 * len(self._labels) < self._rows:
            return "classification"
        return "conditional"

    def classes(self, encode: Callable[[list[str]], list[int]]) -> list[dict[str, Any]]:
        """Labels with their rows and tokens, the most frequent first; empty for no
        classification."""
        if self.task != "classification":
            return []
        ordered = self._ordered()
        names = [name for name, _ in ordered]
        counts = [encode([name])[0] for name in names[:_SHOWN]]
        return [
            {"label": name, "rows": label.rows, "tokens": count}
            for (name, label), count in zip(ordered, counts, strict=False)
        ]

    def report(self, collector: Collector, classes: list[dict[str, Any]]) -> None:
        """What is wrong with the labels."""
        if self.task != "classification":
            return
        ordered = self._ordered()
        long = [entry["label"] for entry in classes if entry["tokens"] > 1]
        self._report(collector, "label_of_several_tokens", long)
        self._report(collector, "label_seen_once", [n for n, label in ordered if label.rows == 1])
        self._report(collector, "labels_alike", _labels_of_one_form([name for name, _ in ordered]))
        (most, top), (least, bottom) = ordered[0], ordered[-1]
        if len(ordered) == 1:
            tally = Tally()
            tally.add(top.line, top.byte, most)
            collector.report("one_label", tally, label=shorten(most.strip(), 40))
        elif top.rows > _IMBALANCE * bottom.rows:
            tally = Tally()
            tally.add(bottom.line, bottom.byte, least)
            collector.report(
                "classes_imbalanced",
                tally,
                most=shorten(most.strip(), 40),
                most_rows=count_of(top.rows, "row"),
                least=shorten(least.strip(), 40),
                least_rows=f"{bottom.rows:,}",
            )

    def _report(self, collector: Collector, code: str, names: list[str]) -> None:
        tally = Tally()
        for name in names:
            label = (self._labels or {})[name]
            tally.add(label.line, label.byte, name)
        collector.report(code, tally, labels=in_quotes(names))

    def _ordered(self) -> list[tuple[str, _Label]]:
        return sorted((self._labels or {}).items(), key=lambda item: -item[1].rows)


def _labels_of_one_form(names: list[str]) -> list[str]:
    """Those that another differs from in case, spaces or a full stop alone."""
    forms: dict[str, list[str]] = {}
    for name in names:
        forms.setdefault(" ".join(name.casefold().split()).rstrip("."), []).append(name)
    return [name for same in forms.values() if len(same) > 1 for name in same]
