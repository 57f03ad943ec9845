"""One fine-tune: claim it, prepare its folder, watch its child process, finish it."""

import time
from dataclasses import dataclass

import structlog
from django.db import close_old_connections

from playground.core.errors import PlaygroundError
from playground.core.failures import is_full_disk, is_passing, reason_of
from playground.core.locks import LockTaken
from playground.finetunes.exporting.leases import export_claim
from playground.finetunes.finishing import Outcome, finetune_finish
from playground.finetunes.folders import RECORD, RESULT, folder_remove, free_bytes, job_folder
from playground.finetunes.leases import (
    finetune_claim,
    finetune_release,
    finetune_wait_for_room,
    room_needed,
)
from playground.finetunes.models import FineTune
from playground.finetunes.record import (
    AttemptStale,
    RecordCopy,
    RecordDamaged,
    tell_look,
)
from workers.finetune.child import EXIT_DISK_FULL, EXIT_HANDED_OVER, Child
from workers.finetune.export import export_to_end
from workers.finetune.folder import prepare_folder, write_control
from workers.finetune.reader import RecordReader, read_object
from workers.finetune.training import RETRY_SECONDS, Training

# Between two looks at the record, and at what the row asks for.
LOOK_SECONDS = 0.25
ASK_SECONDS = 1.0
# How long the child may take to save a checkpoint once it was asked to end.
HAND_OVER_SECONDS = 15.0
MAX_EVALUATION_BYTES = 2 << 20

log = structlog.get_logger(__name__)


def serve_ring(training: Training) -> None:
    """Claims and works until nothing waits. The ring said only that something may.

    Exports go first: they take seconds or minutes, and nobody has many.
    """
    while not training.stopping.is_set():
        export = export_claim(worker=training.name, place=training.place, base=training.spec.name)
        if export is not None:
            with training.busy():
                export_to_end(training, export)
            continue
        finetune = finetune_claim(
            worker=training.name, place=training.place, base=training.spec.name
        )
        if finetune is None:
            return
        with training.busy():
            train_to_end(training, finetune)


def train_to_end(training: Training, finetune: FineTune) -> None:
    """Trains a claimed fine-tune to its end, or gives it back. Raises nothing."""
    tell_look(finetune, epoch=finetune.epoch)
    try:
        _Watch(training, finetune).run()
    except AttemptStale:
        log.info("attempt_stale", finetune=str(finetune.pk), attempt=finetune.attempt)
        _forget_if_deleted(finetune)
    except (PlaygroundError, RecordDamaged) as error:
        code = error.code if isinstance(error, PlaygroundError) else "record_damaged"
        message = error.message if isinstance(error, PlaygroundError) else str(error)
        outcome = Outcome(status=FineTune.Status.FAILED, error_code=code, error_message=message)
        finetune_finish(finetune=finetune, outcome=outcome)
    except Exception as error:
        if is_full_disk(error):
            finetune_wait_for_room(finetune_id=finetune.pk, attempt=finetune.attempt)
            return
        log.exception("finetune_failed", finetune=str(finetune.pk), attempt=finetune.attempt)
        finetune_release(
            finetune_id=finetune.pk,
            attempt=finetune.attempt,
            lost=True,
            reason=f"The worker failed: {reason_of(error)}.",
        )
    finally:
        close_old_connections()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What the row asks of the training."""

    cancel: bool = False
    stop: bool = False


class _Watch:
    """One attempt: the child, its record, and what people ask meanwhile."""

    def __init__(self, training: Training, finetune: FineTune) -> None:
        self._training = training
        self._finetune = finetune
        self._copy = RecordCopy(finetune)
        self._folder = job_folder(finetune.pk)
        self._reader = RecordReader(self._folder / RECORD)
        self._asked = _Asked()
        self._ask_at = 0.0
        self._end_at: float | None = None

    def run(self) -> None:
        """Until the child has ended and its end is stored, or the fine-tune is given back."""
        finetune = self._finetune
        if not (self._folder / RESULT).is_dir() and free_bytes() < room_needed(finetune):
            finetune_wait_for_room(finetune_id=finetune.pk, attempt=finetune.attempt)
            return
        prepare_folder(finetune, device=self._training.device)
        self._copy_lines()
        if self._copy.end is None:
            child = Child(self._folder, device=self._training.device)
            status = self._run_child(child)
            if self._copy.end is None:
                self._give_back(child, status)
                return
        self._finish()

    def _run_child(self, child: Child) -> int:
        """Starts the child and waits for its end. Returns its exit status."""
        try:
            child.start()
        except LockTaken as error:
            self._training.stopping.wait(RETRY_SECONDS)
            raise RuntimeError(f"a process of an attempt before still runs ({error})") from error
        try:
            status = child.poll()
            while status is None:
                time.sleep(LOOK_SECONDS)
                self._look(child)
                status = child.poll()
        finally:
            child.kill()
        self._reader.begin_again()
        self._training.keep_trying(self._copy_lines)
        self._training.keep_trying(lambda: self._copy.close(self._reader.last_n))
        return status

    def _look(self, child: Child) -> None:
        """Copies what is new, and passes on what the row or the process's end asks for."""
        now = time.monotonic()
        try:
            self._copy_lines()
            if now >= self._ask_at:
                self._ask_at = now + ASK_SECONDS
                self._obey(child)
        except Exception as error:
            if not is_passing(error):
                raise
            # The training goes on while the database is away.
            log.warning("record_not_copied", error=reason_of(error))
        if self._training.stopping.is_set():
            child.hand_over()
            self._end_at = self._end_at or now + HAND_OVER_SECONDS
        if self._end_at is not None and now >= self._end_at:
            child.kill()

    def _obey(self, child: Child) -> None:
        asked = _asked_of(self._finetune)
        if asked.cancel and not self._asked.cancel:
            child.kill()
        elif asked.stop and not self._asked.stop:
            write_control(self._folder, stop=True)
        self._asked = asked

    def _copy_lines(self) -> None:
        try:
            for lines in self._reader.read():
                self._copy.take(lines)
        except RecordDamaged:
            raise
        except Exception:
            self._reader.begin_again()
            raise
        speed = self._copy.progress.get("tokens_per_s")
        self._training.speed = float(speed) if isinstance(speed, int | float) else None

    def _give_back(self, child: Child, status: int) -> None:
        """The child has ended before the training had."""
        finetune = self._finetune
        if self._asked.cancel:
            outcome = Outcome(status=FineTune.Status.CANCELLED)
            self._training.keep_trying(lambda: finetune_finish(finetune=finetune, outcome=outcome))
        elif status == EXIT_DISK_FULL or self._copy.last_log.get("code") == "disk_full":
            self._training.keep_trying(
                lambda: finetune_wait_for_room(finetune_id=finetune.pk, attempt=finetune.attempt)
            )
        else:
            in_order = child.was_asked_to_end or status == EXIT_HANDED_OVER
            reason = "" if in_order else child.describe_end(status)
            if reason:
                log.warning("child_died", finetune=str(finetune.pk), reason=reason)
            self._training.keep_trying(
                lambda: finetune_release(
                    finetune_id=finetune.pk,
                    attempt=finetune.attempt,
                    lost=not in_order,
                    reason=reason,
                )
            )

    def _finish(self) -> None:
        end = self._copy.end or {}
        status = {
            "succeeded": FineTune.Status.SUCCEEDED,
            "stopped": FineTune.Status.STOPPED,
        }.get(str(end.get("status")), FineTune.Status.FAILED)
        failed = status == FineTune.Status.FAILED
        outcome = Outcome(
            status=status,
            result={
                **self._copy.result,
                "reason": str(end.get("reason") or ""),
                "evaluation": read_object(
                    self._folder / RESULT / "evaluation.json", MAX_EVALUATION_BYTES
                ),
            },
            error_code=str(end.get("code") or "training_failed")[:40] if failed else "",
            error_message=str(end.get("reason") or "Training failed.") if failed else "",
        )
        self._training.keep_trying(
            lambda: finetune_finish(finetune=self._finetune, outcome=outcome)
        )


def _asked_of(finetune: FineTune) -> _Asked:
    """What the row asks for. Raises `AttemptStale` where this attempt holds it no more."""
    held = FineTune.objects.filter(
        pk=finetune.pk, attempt=finetune.attempt, status=FineTune.Status.RUNNING
    )
    row = held.values_list("cancel_requested", "stop_requested").first()
    if row is None:
        raise AttemptStale
    return _Asked(cancel=row[0], stop=row[1])


def _forget_if_deleted(finetune: FineTune) -> None:
    if not FineTune.objects.filter(pk=finetune.pk).exists():
        folder_remove(finetune.pk)
