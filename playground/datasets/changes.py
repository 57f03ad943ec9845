"""What a fix changes, to look at before and after."""

from dataclasses import dataclass
from typing import Any

from playground.checkpoints.config_file import context_length
from playground.checkpoints.registry import registry
from playground.checkpoints.tokenizers import tokenizer_for
from playground.core.errors import InvalidInput
from playground.datasets import files
from playground.datasets.checks.codes import FIX_TITLES
from playground.datasets.fixes import apply_fix
from playground.datasets.models import DatasetVersion
from playground.datasets.selectors import original_file
from playground.datasets.services import offered_fixes

# A larger file takes longer than anybody wants to wait for a page.
MAX_PREVIEWED = 4 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """changed, left_out: how many rows (or lines). places: the first of them, as
    `fixes.Change` has them; is_known: whether they were looked for."""

    fix: str
    changed: int = 0
    left_out: int = 0
    places: tuple[dict[str, Any], ...] = ()
    is_known: bool = True

    @property
    def title(self) -> str:
        return fix_title(self.fix)


def fix_title(fix: str) -> str:
    """What a button says of a fix."""
    return FIX_TITLES.get(fix, fix.replace("_", " ").capitalize())


def previewed_changes(version: DatasetVersion, fix: str) -> Changes:
    """What ``fix`` would change. Nothing is kept. Raises `InvalidInput` for no such fix."""
    if fix not in offered_fixes(version):
        raise InvalidInput("Nothing in this version asks for that fix. Reload the page.")
    source = original_file(version)
    if version.size > MAX_PREVIEWED:
        return Changes(fix=fix, is_known=False)
    spec = registry().get(version.dataset.model)
    target = files.new_part()
    try:
        with files.room_errors():
            result = apply_fix(
                source,
                target,
                fix,
                encode=tokenizer_for(spec).count_all,
                context=context_length(spec),
            )
    finally:
        target.unlink(missing_ok=True)
    return _changes(result.to_json())


def made_changes(version: DatasetVersion) -> Changes | None:
    """What the fix that made ``version`` changed; None for a version that none has made."""
    return _changes(version.changes) if version.changes else None


def _changes(result: dict[str, Any]) -> Changes:
    return Changes(
        fix=result["fix"],
        changed=result["changed"],
        left_out=result["left_out"],
        places=tuple(result["changes"]),
    )
