"""Cells of a CSV file that no spreadsheet takes for formulas."""

import re

# A spreadsheet takes a cell that begins so for a formula.
# The last four are the full-width forms of the first.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_SIGNED_NUMBER = re.compile(r"[+-][0-9]+([.,][0-9]+)?")


def plain_cell(cell: str) -> str:
    """``cell``, with an apostrophe before anything that a spreadsheet would run (OWASP).

    A plain number keeps its sign, because it is not a formula.

    >>> plain_cell("=1+1"), plain_cell("-3.5")
    ("'=1+1", '-3.5')
    """
    if not cell.startswith(_FORMULA) or _SIGNED_NUMBER.fullmatch(cell):
        return cell
    return f"'{cell}"
