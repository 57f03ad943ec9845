"""Which worker makes which export, and for how long.

As for trainings (`finetunes.leases`): a worker's heartbeat row is the lease of what it makes, and
all of it is compare-and-set. The oldest goes first: they are short, and each person has few.
"""

import uuid
from dataclasses import dataclass, field
from typing import Any

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, F, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from playground.checkpoints.jobs import FINETUNE
from playground.checkpoints.rings import ring, rings_waiting
from playground.checkpoints.selectors import live_workers
from playground.core.failures import each_alone
from playground.core.texts import public_reason
from playground.finetunes.exporting.files import expected_bytes, folder_remove
from playground.finetunes.folders import folder_measure, free_bytes
from playground.finetunes.leases import LEAST_FREE, ROOM_SECONDS
from playground.finetunes.models import FineTune, FineTuneExport

_RUNNING = FineTuneExport.Status.RUNNING

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOutcome:
    """What a worker says of an export that has ended. figures: as `FineTuneExport.figures`."""

    status: str
    figures: dict[str, Any] = field(default_factory=dict)
    size: int = 0
    error_code: str = ""
    error_message: str = ""


def export_claim(*, worker: str, place: str, base: str) -> FineTuneExport | None:
    """Claims the next export of a fine-tune of ``base``, or None when none waits.

    None too while something else is made or trained in the same place.
    """
    waiting = FineTuneExport.objects.filter(
        finetune__base=base, status=FineTuneExport.Status.QUEUED
    )
    trained = FineTune.objects.filter(place=place, status=FineTune.Status.RUNNING)
    for pk, attempt in waiting.order_by("created_at", "pk").values_list("pk", "attempt"):
        claimable = FineTuneExport.objects.filter(
            pk=pk, attempt=attempt, status=FineTuneExport.Status.QUEUED
        ).exclude(Exists(trained))
        try:
            with transaction.atomic():
                won = claimable.update(
                    status=_RUNNING,
                    worker=worker,
                    place=place,
                    attempt=attempt + 1,
                    # Before the start: whatever it does to its worker, this try counts.
                    tries=F("tries") + 1,
                )
        except IntegrityError:
            return None
        if won:
            claimed = FineTuneExport.objects.select_related(
                "finetune__adapter", "finetune__version"
            )
            return claimed.filter(pk=pk).first()
    return None


def is_held(export: FineTuneExport) -> bool:
    """Whether this attempt still holds it."""
    return _of_attempt(export.pk, export.attempt).exists()


def export_finish(*, export: FineTuneExport, outcome: ExportOutcome) -> bool:
    """Stores the outcome if this attempt still holds the export. False for a zombie."""
    won = _store(_of_attempt(export.pk, export.attempt), outcome)
    if won and outcome.status != FineTuneExport.Status.READY:
        folder_remove(export)
    folder_measure(export.finetune_id)
    return won


def export_release(*, export_id: uuid.UUID, attempt: int, lost: bool, reason: str = "") -> bool:
    """Gives a claimed export back to the queue. ``lost``: it did not end in order.

    One that was tried `MAX_ATTEMPTS` times ends instead; ``reason`` says why the last time.
    """
    held = _of_attempt(export_id, attempt)
    values = {"status": FineTuneExport.Status.QUEUED, "worker": "", "place": ""}
    released = held.update(
        **values,
        error_message=public_reason(reason),
        # One that was asked to end counts against nobody.
        tries=F("tries") if lost else F("tries") - 1,
    )
    if released:
        log.info("export_released", export=str(export_id), attempt=attempt, lost=lost)
        export = FineTuneExport.objects.select_related("finetune").filter(pk=export_id).first()
        if export is not None:
            _give_up_if_due(export)
            ring(FINETUNE, export.finetune.base)
    return bool(released)


def export_wait_for_room(*, export_id: uuid.UUID, attempt: int) -> bool:
    """The disk is full: the export goes on by itself once there is room."""
    return bool(
        _of_attempt(export_id, attempt).update(
            status=FineTuneExport.Status.WAITING_FOR_ROOM,
            worker="",
            place="",
            # A full disk is nobody's failure.
            tries=0,
            waiting_since=Now(),
        )
    )


def worker_exports_release(*, worker: str) -> int:
    """Releases what a worker's former self held. Returns how many."""
    return _release_lost(FineTuneExport.objects.filter(worker=worker, status=_RUNNING))


def exports_sweep(*, base: str, worker: str, is_free: bool) -> None:
    """Puts right what a crash, a full disk or a lost message left; idempotent.

    worker: who sweeps. What it holds itself is no orphan.
    """
    orphans = FineTuneExport.objects.filter(status=_RUNNING).exclude(
        worker__in=live_workers(FINETUNE).values("name")
    )
    _release_lost(orphans.exclude(worker=worker))
    _end_wait_for_room()
    queued = FineTuneExport.objects.filter(status=FineTuneExport.Status.QUEUED)
    each_alone(
        queued.filter(tries__gte=settings.MAX_ATTEMPTS),
        _give_up_if_due,
        event="export_not_settled",
    )
    waits = is_free and queued.filter(finetune__base=base).exists()
    if waits and not rings_waiting(FINETUNE, base):
        ring(FINETUNE, base)


def room_needed(export: FineTuneExport) -> int:
    """Bytes that must be free for it to be made."""
    return LEAST_FREE + expected_bytes(base=export.finetune.base, dtype=export.dtype)


def _of_attempt(export_id: uuid.UUID, attempt: int) -> QuerySet[FineTuneExport]:
    return FineTuneExport.objects.filter(pk=export_id, attempt=attempt, status=_RUNNING)


def _store(rows: QuerySet[FineTuneExport], outcome: ExportOutcome) -> bool:
    return bool(
        rows.update(
            status=outcome.status,
            worker="",
            place="",
            figures=outcome.figures,
            size=outcome.size,
            error_code=outcome.error_code,
            error_message=public_reason(outcome.error_message),
            waiting_since=None,
            finished_at=Now(),
        )
    )


def _release_lost(exports: QuerySet[FineTuneExport]) -> int:
    return each_alone(
        exports.values_list("pk", "attempt"),
        lambda held: export_release(
            export_id=held[0], attempt=held[1], lost=True, reason="The worker was lost."
        ),
        event="export_not_released",
    )


def _end_wait_for_room() -> None:
    now = timezone.now()
    waiting = FineTuneExport.objects.filter(status=FineTuneExport.Status.WAITING_FOR_ROOM)
    for export in waiting.select_related("finetune"):
        since = export.waiting_since or now
        if (now - since).total_seconds() < ROOM_SECONDS or free_bytes() < room_needed(export):
            continue
        again = waiting.filter(pk=export.pk)
        if again.update(status=FineTuneExport.Status.QUEUED, waiting_since=None):
            ring(FINETUNE, export.finetune.base)


def _give_up_if_due(export: FineTuneExport) -> bool:
    """Ends one that waits and ended without an answer every time."""
    due = FineTuneExport.objects.filter(
        pk=export.pk, status=FineTuneExport.Status.QUEUED, tries__gte=settings.MAX_ATTEMPTS
    )
    given_up = _store(
        due,
        ExportOutcome(
            status=FineTuneExport.Status.FAILED,
            error_code="worker_lost",
            error_message=(
                f"Making it ended {settings.MAX_ATTEMPTS} times without an answer, so it was given "
                f"up. The last time: {export.error_message or 'nobody knows why.'}"
            ),
        ),
    )
    if given_up:
        folder_remove(export)
        folder_measure(export.finetune_id)
    return given_up
