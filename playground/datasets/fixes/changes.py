"""What a fix changed: counts, and a few changes to look at."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from playground.core.texts import storable

MAX_CHANGES = 20
# What is shown of each text, and of what is the same before the difference.
MAX_SHOWN = 300
_MAX_BEFORE = 60


class Change(NamedTuple):
    """One place. ``after`` is None where a row was left out, ``before`` where a line was added."""

    line: int
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FixResult:
    """A new file.

    sha256, size: of the new file.
    changed, left_out: how many rows (lines, where the fix knows no rows).
    changes: the first of them, long texts cut around what differs.
    """

    fix: str
    sha256: str
    size: int
    changed: int
    left_out: int
    changes: tuple[Change, ...]

    @property
    def diff(self) -> str:
        """The changes as a unified diff shows them."""
        lines: list[str] = []
        for change in self.changes:
            lines.append(f"@@ line {change.line} @@")
            for mark, text in (("-", change.before), ("+", change.after)):
                if text is not None:
                    lines += [mark + part for part in text.split("\n")]
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        """Plain values, as a version's row keeps them."""
        return {
            "fix": self.fix,
            "changed": self.changed,
            "left_out": self.left_out,
            "changes": [change._asdict() for change in self.changes],
        }


@dataclass(slots=True)
class ChangeLog:
    """Counts all changes and keeps the first."""

    changed: int = 0
    left_out: int = 0
    changes: list[Change] = field(default_factory=list)

    def change(self, line: int, before: str | None, after: str | None) -> None:
        """Something was changed or added."""
        self.changed += 1
        self._keep(line, before, after)

    def leave_out(self, line: int, before: str) -> None:
        """A row is not in the new file."""
        self.left_out += 1
        self._keep(line, before, None)

    def _keep(self, line: int, before: str | None, after: str | None) -> None:
        if len(self.changes) < MAX_CHANGES:
            self.changes.append(Change(line, *_texts_to_show(before, after)))


def _texts_to_show(before: str | None, after: str | None) -> tuple[str | None, str | None]:
    """Both texts, cut to where they differ."""
    if before is None or after is None:
        return _cut(before, 0), _cut(after, 0)
    pairs = enumerate(zip(before, after, strict=False))
    same = next((at for at, (one, other) in pairs if one != other), min(len(before), len(after)))
    start = max(0, same - _MAX_BEFORE)
    return _cut(before, start), _cut(after, start)


def _cut(text: str | None, start: int) -> str | None:
    if text is None:
        return None
    shown = storable(text[start : start + MAX_SHOWN])
    return f"{'…' if start else ''}{shown}{'…' if start + MAX_SHOWN < len(text) else ''}"
