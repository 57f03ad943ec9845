"""A file examined: its rows in the canonical form, and all that is wrong with it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playground.datasets.checks.findings import Finding

# Token counts of a batch of texts, by the model's own tokenizer. Batches are small.
Encode = Callable[[list[str]], list[int]]

MAX_BYTES = 100_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What came of it.

    form: "text", "jsonl", "json", "csv" or "tsv"; "" for what is none.
    rows_in: rows that the file has; ``rows_in == rows + left_out``.
    rows: rows of the canonical file.
    tokens: of these, with one end of text each.
    findings: errors first, then warnings, then advice.
    figures: plain values, see docs/decisions/0045-datasets.md.
    """

    form: str = ""
    rows_in: int = 0
    rows: int = 0
    tokens: int = 0
    findings: tuple[Finding, ...] = ()
    figures: dict[str, Any] = field(default_factory=dict)

    @property
    def is_refused(self) -> bool:
        """Whether there is an error, so that nothing can be trained on it."""
        return any(finding.severity == "error" for finding in self.findings)

    @property
    def left_out(self) -> int:
        """Rows that are in no canonical file."""
        return sum(finding.left_out for finding in self.findings)


def examine(
    path: Path,
    *,
    encode: Encode,
    context: int,
    name: str,
    rows_path: Path | None = None,
    max_bytes: int = MAX_BYTES,
    progress: Callable[[int, int], None] | None = None,
) -> Examination:
    """Examine the file at ``path``, which somebody calls ``name``.

    Whatever bytes it has, this answers; what is wrong is a finding. With ``rows_path`` the rows
    that can be used are written there in the canonical form, whole or not at all. ``progress`` is
    called with the bytes read and the bytes there are, about every megabyte.
    """
    raise NotImplementedError
