"""New files in which a finding is gone. The old file stays: undo is the parent version.

- apply: one fix, applied
- changes: what a fix changed, in examples
- target: the new file
- rewriting: a file with some of its rows changed or left out
- row_fixes: what becomes of each row
- encoding_fixes: bytes and encodings
- separator_fixes: separators of texts
- name_fixes: names of fields and columns
"""

from playground.datasets.fixes.apply import apply_fix
from playground.datasets.fixes.changes import Change, FixResult

__all__ = ["Change", "FixResult", "apply_fix"]
