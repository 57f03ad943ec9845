"""What a fix changed: counts, and a few changes to look at."""

from dataclasses import dataclass
from typing import Any, NamedTuple

MAX_CHANGES = 20


class Change(NamedTuple):
    """One place. ``after`` is None where a row was left out, ``before`` where a line was added."""

    line: int
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FixResult:
    """A new file.

    sha256, size: of the new file.
    changed, left_out: how many rows (or lines, or bytes, as the fix counts).
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
