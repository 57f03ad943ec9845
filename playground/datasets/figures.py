"""What a page says and draws of a version: totals, lengths, classes, in words and numbers."""

from dataclasses import dataclass
from typing import Any

from playground.datasets.durations import size_in_words
from playground.datasets.models import DatasetVersion
from playground.datasets.templatetags.datasets import counted

_FORMS = {
    "text": "text with separators",
    "jsonl": "JSON Lines",
    "json": "a JSON list",
    "csv": "CSV",
    "tsv": "TSV",
}
_TASKS = {
    "classification": "classification",
    "conditional": "text from a prompt",
    "open": "open-ended text",
}
# Findings about the check itself: another try may go well.
_OF_THE_CHECK = ("check_given_up", "check_failed", "fix_failed", "disk_full", "model_not_ready")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One number with what it means."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """How many examples have ``low`` to ``high`` tokens."""

    low: int
    high: int
    count: int

    @property
    def label(self) -> str:
        return str(self.low) if self.low == self.high else f"{self.low} to {self.high}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelCount:
    """One label of a classification. share: of all examples, 0 to 1."""

    label: str
    count: int
    share: float

    @property
    def percent(self) -> str:
        return f"{100 * self.share:.1f}"

    @property
    def share_written(self) -> str:
        return f"{self.share:.4f}"


class Figures:
    """The numbers of one version."""

    def __init__(self, version: DatasetVersion) -> None:
        self._version = version
        self._data: dict[str, Any] = version.figures

    @property
    def summary(self) -> str:
        """One line under the title."""
        version = self._version
        parts = []
        if version.rows:
            parts.append(counted(version.rows, "example"))
        if version.sha256:
            parts.append(size_in_words(version.size))
        if form := _FORMS.get(version.form, version.form):
            parts.append(form)
        if task := _TASKS.get(self._data.get("task") or ""):
            parts.append(task)
        parts.append(f"counted for {version.dataset.model}")
        return ", ".join(parts)

    @property
    def verdict(self) -> str:
        """What the findings mean, in a few words."""
        if self._version.is_checked:
            return "ready to train on"
        return "fix the errors first; then it can be trained on"

    @property
    def can_check_again(self) -> bool:
        codes = {finding["code"] for finding in self._version.findings}
        return bool(codes.intersection(_OF_THE_CHECK))

    @property
    def tiles(self) -> list[Tile]:
        version = self._version
        if not version.rows:
            return []
        rows_in = self._data.get("rows_in") or version.rows
        left_out = rows_in - version.rows
        tiles = [
            Tile(
                label="Examples",
                value=f"{version.rows:,}",
                note=f"{left_out:,} left out" if left_out else "",
            ),
            Tile(
                label="Tokens",
                value=f"{version.tokens:,}",
                note=f"{version.tokens / version.rows:.0f} each",
            ),
        ]
        if longest := self._data.get("longest"):
            limit = self._data.get("context")
            note = f"of at most {limit:,}" if limit else ""
            tiles.append(Tile(label="Longest", value=f"{longest:,}", note=note))
        if per_token := self._data.get("characters_per_token"):
            tiles.append(Tile(label="Characters per token", value=f"{per_token:.1f}"))
        return tiles

    @property
    def duration(self) -> str:
        """The recommended duration of a fine-tune, with the rule that gave it."""
        found = self._data.get("duration") or {}
        return str(found.get("sentence", "")) if self._version.rows else ""

    @property
    def bins(self) -> list[Bin]:
        """The histogram of lengths."""
        found = self._data.get("histogram") or []
        return [Bin(low=one["from"], high=one["to"], count=one["rows"]) for one in found]

    @property
    def classes(self) -> list[LabelCount]:
        """The labels, the commonest first, as many as are kept."""
        total = self._version.rows or 1
        return [
            LabelCount(label=one["label"], count=one["rows"], share=one["rows"] / total)
            for one in self._data.get("classes") or []
        ]
