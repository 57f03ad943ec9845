"""One export of a whole model: prepare its folder, watch its child process, finish it."""

import time
from contextlib import suppress

import structlog
from django.db import DatabaseError, close_old_connections

from playground.core.errors import PlaygroundError
from playground.core.failures import is_full_disk, is_passing, reason_of
from playground.core.locks import LockTaken
from playground.finetunes.exporting.files import (
    export_folder,
    folder_remove,
    model_files,
    model_folder,
    refusal_file,
)
from playground.finetunes.exporting.leases import (
    ExportOutcome,
    export_finish,
    export_release,
    export_wait_for_room,
    is_held,
    room_needed,
)
from playground.finetunes.folders import folder_remove as finetune_folder_remove
from playground.finetunes.folders import free_bytes
from playground.finetunes.models import FineTune, FineTuneExport
from playground.finetunes.record import AttemptStale
from workers.finetune.child import EXIT_DISK_FULL, EXIT_REFUSED, Child, export_command
from workers.finetune.export_folder import ROWS_FILE, prepare_export_folder
from workers.finetune.reader import read_object
from workers.finetune.training import RETRY_SECONDS, Training

LOOK_SECONDS = 0.1
# Between two looks at whether it is still wanted.
ASK_SECONDS = 1.0
MAX_FIGURES_BYTES = 64 << 10
# What the child says where the weights are not to be given out in this dtype.
_REFUSALS = ("not_equal_enough", "does_not_fit_dtype")

log = structlog.get_logger(__name__)


def export_to_end(training: Training, export: FineTuneExport) -> None:
    """Makes a claimed export, or gives it back. Raises nothing."""
    try:
        _make(training, export)
    except AttemptStale:
        log.info("attempt_stale", export=str(export.pk), attempt=export.attempt)
    except PlaygroundError as error:
        _fail(export, error.code, error.message)
    except Exception as error:
        if is_full_disk(error):
            export_wait_for_room(export_id=export.pk, attempt=export.attempt)
            return
        log.exception("export_failed", export=str(export.pk), attempt=export.attempt)
        export_release(
            export_id=export.pk,
            attempt=export.attempt,
            lost=True,
            reason=f"The worker failed: {reason_of(error)}.",
        )
    finally:
        # What remains while the database is away, a sweep deletes.
        with suppress(DatabaseError):
            _forget_if_deleted(export)
        close_old_connections()


def _make(training: Training, export: FineTuneExport) -> None:
    # One whose worker died before it said so is there already.
    if not model_folder(export).is_dir() and free_bytes() < room_needed(export):
        export_wait_for_room(export_id=export.pk, attempt=export.attempt)
        return
    folder = prepare_export_folder(export)
    # It computes on the processor, whatever the device of the worker.
    child = Child(folder, device="cpu", command=export_command(folder, export.dtype))
    status = _run(training, export, child)
    if status is None:
        training.keep_trying(
            lambda: export_release(export_id=export.pk, attempt=export.attempt, lost=False)
        )
    elif status == 0:
        outcome = _describe_ready(export)
        training.keep_trying(lambda: export_finish(export=export, outcome=outcome))
    elif status == EXIT_REFUSED:
        outcome = _describe_refusal(export, child.last_words())
        training.keep_trying(lambda: export_finish(export=export, outcome=outcome))
    elif status == EXIT_DISK_FULL:
        training.keep_trying(
            lambda: export_wait_for_room(export_id=export.pk, attempt=export.attempt)
        )
    else:
        reason = child.describe_end(status)
        log.warning("child_died", export=str(export.pk), reason=reason)
        training.keep_trying(
            lambda: export_release(
                export_id=export.pk, attempt=export.attempt, lost=True, reason=reason
            )
        )


def _run(training: Training, export: FineTuneExport, child: Child) -> int | None:
    """Starts the child and waits for its end. None where this process ends before it.

    Raises `AttemptStale` where nobody wants it any more.
    """
    try:
        child.start()
    except LockTaken as error:
        training.stopping.wait(RETRY_SECONDS)
        raise RuntimeError(f"a process of an attempt before still runs ({error})") from error
    ask_at = time.monotonic() + ASK_SECONDS
    try:
        while (status := child.poll()) is None:
            if training.stopping.wait(LOOK_SECONDS):
                # There is nothing to hand over: whoever takes it begins anew.
                return None
            if time.monotonic() >= ask_at:
                ask_at = time.monotonic() + ASK_SECONDS
                _check_held(export)
    finally:
        child.kill()
    return status


def _check_held(export: FineTuneExport) -> None:
    try:
        held = is_held(export)
    except Exception as error:
        if not is_passing(error):
            raise
        # It goes on while the database is away.
        log.warning("export_not_asked", error=reason_of(error))
        return
    if not held:
        raise AttemptStale


def _describe_ready(export: FineTuneExport) -> ExportOutcome:
    files = model_files(export)
    # A copy of people's texts, which nobody needs any more.
    (export_folder(export) / ROWS_FILE).unlink(missing_ok=True)
    return ExportOutcome(
        status=FineTuneExport.Status.READY,
        figures=read_object(model_folder(export) / "parity.json", MAX_FIGURES_BYTES),
        size=sum(path.stat().st_size for path in files),
    )


def _describe_refusal(export: FineTuneExport, said: str) -> ExportOutcome:
    """said: the child's last line, ``code: sentence``."""
    code, _, sentence = said.partition(": ")
    if code in _REFUSALS:
        return ExportOutcome(
            status=FineTuneExport.Status.REFUSED,
            figures=read_object(refusal_file(export), MAX_FIGURES_BYTES),
            error_code=code,
            error_message=sentence,
        )
    return ExportOutcome(
        status=FineTuneExport.Status.FAILED,
        error_code=(code if sentence else "export_failed")[:40],
        error_message=sentence or said or "Nobody knows why.",
    )


def _fail(export: FineTuneExport, code: str, message: str) -> None:
    outcome = ExportOutcome(
        status=FineTuneExport.Status.FAILED, error_code=code, error_message=message
    )
    export_finish(export=export, outcome=outcome)


def _forget_if_deleted(export: FineTuneExport) -> None:
    if FineTuneExport.objects.filter(pk=export.pk).exists():
        return
    folder_remove(export)
    if not FineTune.objects.filter(pk=export.finetune_id).exists():
        finetune_folder_remove(export.finetune_id)
