"""What is the same about all findings of one code."""

from typing import NamedTuple

from playground.datasets.checks.findings import Severity


class Kind(NamedTuple):
    """Severity, sentence and fixes.

    In the sentence ``{n}`` is the count and ``{rows}`` the count with its noun ("1 row",
    "3 rows"). ``{s}``, ``{es}``, ``{are}``, ``{have}`` and ``{do}`` agree with it. ``{line}`` and
    ``{byte}`` are the first place. All others are values that the check gives.
    """

    severity: Severity
    sentence: str
    fix: str | None = None
    other_fixes: tuple[str, ...] = ()
