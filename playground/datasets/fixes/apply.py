"""One fix, applied."""

from pathlib import Path

from playground.datasets.checks.examination import Encode
from playground.datasets.fixes.changes import FixResult


def apply_fix(source: Path, target: Path, fix: str, *, encode: Encode, context: int) -> FixResult:
    """Write ``source`` with ``fix`` applied to ``target``, whole or not at all.

    Raises `InvalidInput` for a fix that does not exist or changes nothing in this file.
    """
    raise NotImplementedError
