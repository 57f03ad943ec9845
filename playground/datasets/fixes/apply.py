"""One fix, applied."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from playground.core.errors import InvalidInput
from playground.datasets.checks import fix_codes
from playground.datasets.fixes.changes import ChangeLog, FixResult
from playground.datasets.fixes.encoding_fixes import (
    convert_to_utf8,
    remove_nul,
    replace_invalid_bytes,
)
from playground.datasets.fixes.name_fixes import name_columns, rename_fields
from playground.datasets.fixes.row_fixes import (
    change_rows,
    cut_prompt_heads,
    leave_out_rows,
    remove_duplicates,
    remove_near_duplicates,
)
from playground.datasets.fixes.separator_fixes import (
    learn_whole_text,
    normalise_separators,
    replace_separator,
    separate_lines,
)
from playground.datasets.fixes.target import Target
from playground.datasets.reading.source import Source, open_source

Encode = Callable[[list[str]], list[int]]
Apply = Callable[[Source, Target, ChangeLog], None]

_FIXES: dict[str, Apply] = {
    fix_codes.CONVERT: convert_to_utf8,
    fix_codes.REPLACE_BYTES: replace_invalid_bytes,
    fix_codes.REMOVE_NUL: remove_nul,
    fix_codes.NORMALISE_SEPARATORS: normalise_separators,
    fix_codes.REPLACE_SEPARATOR: replace_separator,
    fix_codes.SEPARATE_LINES: separate_lines,
    fix_codes.LEARN_WHOLE_TEXT: learn_whole_text,
    fix_codes.RENAME_FIELDS: rename_fields,
    fix_codes.NAME_COLUMNS: name_columns,
    fix_codes.REMOVE_DUPLICATES: remove_duplicates,
    fix_codes.REMOVE_NEAR_DUPLICATES: remove_near_duplicates,
    **{
        fix: partial(change_rows, fix=fix)
        for fix in (
            fix_codes.ADD_SPACE,
            fix_codes.MOVE_SPACE,
            fix_codes.ADD_MARKER,
            fix_codes.REMOVE_SEPARATORS,
            fix_codes.REMOVE_PROMPT_PREFIX,
            fix_codes.REMOVE_COMPLETION_PREFIX,
        )
    },
}
# These count tokens.
_COUNTING = {fix_codes.LEAVE_OUT: leave_out_rows, fix_codes.CUT_PROMPTS: cut_prompt_heads}


def apply_fix(source: Path, target: Path, fix: str, *, encode: Encode, context: int) -> FixResult:
    """Write ``source`` with ``fix`` applied to ``target``, whole or not at all.

    Raises `InvalidInput` for a fix that does not exist or changes nothing in this file.
    """
    apply = _FIXES.get(fix)
    if fix in _COUNTING:
        apply = partial(_COUNTING[fix], encode=encode, context=context)
    if apply is None:
        raise InvalidInput(f"There is no fix {fix[:40]!r}.", field="fix")
    log = ChangeLog()
    with Target(target) as written:
        apply(open_source(source), written, log)
        if not log.changed and not log.left_out:
            raise InvalidInput("This fix changes nothing in this file.", field="fix")
    return FixResult(
        fix=fix,
        sha256=written.sha256,
        size=written.size,
        changed=log.changed,
        left_out=log.left_out,
        changes=tuple(log.changes),
    )
