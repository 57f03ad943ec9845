"""All findings and all fixes there are, by their stable codes."""

from playground.datasets.checks.file_codes import FILE, FORM
from playground.datasets.checks.fix_codes import FIX_TITLES
from playground.datasets.checks.kinds import Kind
from playground.datasets.checks.row_codes import CLASSES, ROWS, SEPARATORS

CODES: dict[str, Kind] = {**FILE, **FORM, **SEPARATORS, **ROWS, **CLASSES}

__all__ = ["CODES", "FIX_TITLES"]
