"""One version, from its file to what is stored: its fix applied, its checks run."""

import time

import structlog

from playground.checkpoints.config_file import context_length
from playground.checkpoints.registry import registry
from playground.checkpoints.tokenizers import tokenizer_for
from playground.core.errors import DiskFull, ModelNotReady, PlaygroundError
from playground.core.failures import is_passing, reason_of, warn_once
from playground.datasets import files
from playground.datasets.checks import Examination, examine
from playground.datasets.checks.examination import Encode
from playground.datasets.fixes import apply_fix
from playground.datasets.leases import (
    Outcome,
    refusal,
    version_finish,
    version_made,
    version_progress,
    version_release,
)
from playground.datasets.models import DatasetVersion
from playground.datasets.room import max_bytes
from playground.datasets.services import is_file_named
from workers.process.outages import keep_trying

# Between two notes of how far it is, which also find that a dataset is deleted. Seconds.
NOTE_SECONDS = 0.5

log = structlog.get_logger(__name__)


class Stopped(Exception):
    """The version is not this attempt's any more: deleted, or given back."""


class Examining:
    """A version that this process has claimed."""

    def __init__(self, version: DatasetVersion) -> None:
        self.version = version
        self.is_given_back = False
        self._noted_at = 0.0

    def note(self, count: int, _total: int = 0) -> None:
        """Notes that ``count`` bytes are read, now and then. Raises `Stopped`."""
        if self.is_given_back:
            raise Stopped
        if time.monotonic() - self._noted_at < NOTE_SECONDS:
            return
        self._noted_at = time.monotonic()
        if not version_progress(version=self.version, count=count):
            raise Stopped

    def give_back(self) -> None:
        """Puts it back into the queue; what this process goes on to find is not stored."""
        self.is_given_back = True
        version_release(version_id=self.version.pk, attempt=self.version.attempt, lost=False)


def examine_version(examining: Examining) -> None:
    """Examines a claimed version and stores what it found. Raises nothing: the next is another's.

    An outage of the database gives it back. Whatever else goes wrong would go wrong again, so it
    ends this version with the reason.
    """
    version = examining.version
    try:
        outcome = _outcome(examining)
        if not keep_trying(lambda: version_finish(version=version, outcome=outcome)):
            _forget(version)
    except Stopped:
        log.info("check_stopped", version=str(version.pk))
        _forget(version)
    except (DiskFull, ModelNotReady) as error:
        _refuse(version, error.code, error.message)
    except PlaygroundError as error:
        _refuse(version, "fix_failed" if version.fix else error.code, error.message)
    except Exception as error:
        if is_passing(error):
            log.warning("check_interrupted", version=str(version.pk), error=reason_of(error))
            _give_back(version)
            return
        log.exception("check_failed", version=str(version.pk))
        _refuse(
            version,
            "check_failed",
            "The check itself failed, and would fail again. It is logged: tell whoever runs the "
            "site.",
        )


def _outcome(examining: Examining) -> Outcome:
    version = examining.version
    spec = registry().get(version.dataset.model)
    encode, context = tokenizer_for(spec).count_all, context_length(spec)
    examining.note(0)
    if not version.sha256:
        _make_file(examining, encode, context)
    with files.room_errors():
        found = examine(
            version.path,
            encode=encode,
            context=context,
            name=version.file_name,
            rows_path=version.rows_path,
            max_bytes=max_bytes(),
            progress=examining.note,
        )
    return outcome_of(found)


def outcome_of(found: Examination) -> Outcome:
    """What the row gets."""
    state = DatasetVersion.State
    return Outcome(
        state=state.REFUSED if found.is_refused else state.CHECKED,
        form=found.form,
        rows=found.rows,
        tokens=found.tokens,
        findings=[finding.to_json() for finding in found.findings],
        figures={**found.figures, "rows_in": found.rows_in},
    )


def _make_file(examining: Examining, encode: Encode, context: int) -> None:
    """Applies the version's fix to its parent's file. Raises `Stopped`."""
    version = examining.version
    if version.parent is None:
        raise Stopped
    target = files.new_part()
    try:
        with files.room_errors():
            result = apply_fix(
                version.parent.path, target, version.fix, encode=encode, context=context
            )
        with files.published(target, result.sha256):
            is_stored = version_made(version=version, result=result)
        if not is_stored:
            # The dataset was deleted meanwhile, and what it had goes with it.
            files.remove({result.sha256}, is_named=is_file_named)
            raise Stopped
    finally:
        target.unlink(missing_ok=True)
    version.sha256, version.size = result.sha256, result.size


def _refuse(version: DatasetVersion, code: str, message: str) -> None:
    outcome = Outcome(state=DatasetVersion.State.REFUSED, findings=[refusal(code, message)])
    try:
        keep_trying(lambda: version_finish(version=version, outcome=outcome))
    except Exception as error:
        # The row takes no end at all. The lease gives it up in the end.
        warn_once("version_not_ended", row=version.pk, error=error)


def _give_back(version: DatasetVersion) -> None:
    try:
        keep_trying(
            lambda: version_release(version_id=version.pk, attempt=version.attempt, lost=False)
        )
    except Exception as error:
        # The lease does the same a little later.
        log.warning("release_failed", version=str(version.pk), error=reason_of(error))


def _forget(version: DatasetVersion) -> None:
    """Removes the rows of a version that was deleted meanwhile."""
    if version.sha256 and not DatasetVersion.objects.filter(pk=version.pk).exists():
        version.rows_path.unlink(missing_ok=True)
