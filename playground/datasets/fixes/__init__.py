"""New files in which a finding is gone. The old file stays: undo is the parent version.

- changes: what a fix changed, in examples
- apply: one fix, applied
"""

from playground.datasets.fixes.apply import apply_fix
from playground.datasets.fixes.changes import Change, FixResult

__all__ = ["Change", "FixResult", "apply_fix"]
