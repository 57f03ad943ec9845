"""Claims, leases and the sweep: which worker trains what, and for how long.

A worker's heartbeat row is the lease of the fine-tune that it holds. All of it is
compare-and-set, so any number of workers may do it at the same time.
"""

import uuid
from collections.abc import Iterable
from datetime import timedelta

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, F, QuerySet, Sum
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from playground.checkpoints.jobs import FINETUNE
from playground.checkpoints.rings import ring, rings_waiting
from playground.checkpoints.selectors import live_workers
from playground.core.failures import each_alone
from playground.core.texts import public_reason
from playground.finetunes.finishing import finetune_finish_waiting
from playground.finetunes.folders import free_bytes, newest_checkpoint
from playground.finetunes.models import FineTune, FineTuneExport

# Over which time a person's trainings count as "lately".
LATELY = timedelta(days=1)
# What must be free before a job is started that says nothing of its size.
LEAST_FREE = 64 << 20
# How long a job that found the disk full waits at least.
ROOM_SECONDS = 10.0

log = structlog.get_logger(__name__)


def finetune_claim(*, worker: str, place: str, base: str) -> FineTune | None:
    """Claims the fair next fine-tune of ``base`` for ``worker``, or None when none waits.

    None too while another one is trained, or one's model exported, in the same place, whoever's
    worker does it.
    """
    exported = FineTuneExport.objects.filter(place=place, status=FineTuneExport.Status.RUNNING)
    for finetune in in_fair_order(base):
        claimable = FineTune.objects.filter(
            pk=finetune.pk,
            attempt=finetune.attempt,
            status=FineTune.Status.QUEUED,
            cancel_requested=False,
        ).exclude(Exists(exported))
        try:
            with transaction.atomic():
                won = claimable.update(
                    status=FineTune.Status.RUNNING,
                    worker=worker,
                    place=place,
                    attempt=finetune.attempt + 1,
                    # Before the start: whatever it does to its worker, this try counts.
                    tries=F("tries") + 1,
                    started_at=Coalesce("started_at", Now()),
                )
        except IntegrityError:
            return None
        if won:
            return FineTune.objects.get(pk=finetune.pk)
    return None


def in_fair_order(base: str) -> list[FineTune]:
    """The fine-tunes of ``base`` that wait, in the order in which they are trained.

    Those that were begun come first. Then people take turns, whoever trained least lately first,
    each with theirs in the order that they chose.
    """
    waiting = FineTune.objects.filter(
        base=base, status=FineTune.Status.QUEUED, cancel_requested=False
    )
    rows = list(waiting.order_by("rank", "pk").only("pk", "person", "attempt", "rank", "name"))
    begun = [row for row in rows if row.attempt]
    of_person: dict[uuid.UUID, list[FineTune]] = {}
    for row in rows:
        if not row.attempt:
            of_person.setdefault(row.person_id, []).append(row)
    work = _work(of_person)
    turns = [
        (turn, work.get(person, 0.0), row.rank, row)
        for person, own in of_person.items()
        for turn, row in enumerate(own)
    ]
    return [*begun, *(row for *_, row in sorted(turns, key=lambda turn: turn[:3]))]


def finetune_release(*, finetune_id: uuid.UUID, attempt: int, lost: bool, reason: str = "") -> bool:
    """Gives a claimed fine-tune back to the queue. ``lost``: it did not end in order.

    One whose cancel was asked ends instead, and so does one that has been tried `MAX_ATTEMPTS`
    times without getting further; ``reason`` then says why it ended the last time.
    """
    held = FineTune.objects.filter(pk=finetune_id, attempt=attempt, status=FineTune.Status.RUNNING)
    values = {
        "status": FineTune.Status.QUEUED,
        "worker": "",
        "place": "",
        "error_message": public_reason(reason),
    }
    if not lost:
        # It was asked to end: that counts against nobody.
        released = held.filter(tries__gt=0).update(**values, tries=F("tries") - 1)
        released = released or held.update(**values)
    else:
        released = held.update(**values)
    if released:
        log.info("finetune_released", finetune=str(finetune_id), attempt=attempt, lost=lost)
        _settle(FineTune.objects.filter(pk=finetune_id))
        _ring_for(FineTune.objects.filter(pk=finetune_id))
    return bool(released)


def finetune_wait_for_room(*, finetune_id: uuid.UUID, attempt: int) -> bool:
    """The disk is full: the fine-tune goes on by itself once there is room."""
    held = FineTune.objects.filter(pk=finetune_id, attempt=attempt, status=FineTune.Status.RUNNING)
    return bool(
        held.update(
            status=FineTune.Status.WAITING_FOR_ROOM,
            worker="",
            place="",
            # A full disk is nobody's failure.
            tries=0,
            waiting_since=Now(),
        )
    )


def worker_finetunes_release(*, worker: str) -> int:
    """Releases what a worker's former self held. Returns how many."""
    return _release_lost(FineTune.objects.filter(worker=worker, status=FineTune.Status.RUNNING))


def sweep(*, base: str, worker: str, is_free: bool) -> None:
    """Puts right what a crash, a full disk or a lost message left; idempotent.

    worker: who sweeps. What it holds itself is no orphan, however old its heartbeat is: it may be
    the database that was away.
    """
    orphans = FineTune.objects.filter(status=FineTune.Status.RUNNING).exclude(
        worker__in=live_workers(FINETUNE).values("name")
    )
    _release_lost(orphans.exclude(worker=worker))
    _end_wait_for_room()
    waiting = FineTune.objects.filter(status__in=FineTune.WAITING)
    _settle(waiting)
    queued = waiting.filter(base=base, status=FineTune.Status.QUEUED)
    if is_free and queued.exists() and not rings_waiting(FINETUNE, base):
        ring(FINETUNE, base)


def room_needed(finetune: FineTune) -> int:
    """Bytes that must be free for the job to begin or to go on."""
    return LEAST_FREE + 2 * int(finetune.plan.get("checkpoint_bytes") or 0)


def _end_wait_for_room() -> None:
    now = timezone.now()
    for finetune in FineTune.objects.filter(status=FineTune.Status.WAITING_FOR_ROOM):
        since = finetune.waiting_since or now
        if (now - since).total_seconds() < ROOM_SECONDS or free_bytes() < room_needed(finetune):
            continue
        again = FineTune.objects.filter(pk=finetune.pk, status=FineTune.Status.WAITING_FOR_ROOM)
        if again.update(status=FineTune.Status.QUEUED, waiting_since=None):
            ring(FINETUNE, finetune.base)


def _work(people: Iterable[uuid.UUID]) -> dict[uuid.UUID, float]:
    """Seconds that each person's fine-tunes were trained lately, what runs now included."""
    of_people = FineTune.objects.filter(person__in=list(people))
    lately = of_people.filter(started_at__gte=timezone.now() - LATELY)
    return dict(lately.values_list("person").annotate(sum=Sum("seconds")))


def _release_lost(finetunes: QuerySet[FineTune]) -> int:
    return each_alone(
        finetunes.values_list("pk", "attempt"),
        lambda held: finetune_release(
            finetune_id=held[0], attempt=held[1], lost=True, reason="The worker was lost."
        ),
        event="finetune_not_released",
    )


def _ring_for(finetunes: QuerySet[FineTune]) -> None:
    for base in finetunes.filter(status=FineTune.Status.QUEUED).values_list("base", flat=True):
        ring(FINETUNE, base)


def _settle(finetunes: QuerySet[FineTune]) -> None:
    """Ends those that wait but are not to be trained any more."""
    waiting = finetunes.filter(status__in=FineTune.WAITING)
    each_alone(
        waiting.filter(cancel_requested=True).values_list("pk", flat=True),
        lambda pk: finetune_finish_waiting(finetune_id=pk, status=FineTune.Status.CANCELLED),
        event="finetune_not_settled",
    )
    each_alone(
        waiting.filter(tries__gte=settings.MAX_ATTEMPTS),
        _give_up_if_due,
        event="finetune_not_settled",
    )


def _give_up_if_due(finetune: FineTune) -> bool:
    reached = newest_checkpoint(finetune.pk)
    if reached > finetune.reached:
        # It got further, and its worker died before it noted that.
        waiting = FineTune.objects.filter(pk=finetune.pk, status__in=FineTune.WAITING)
        return bool(waiting.filter(tries=finetune.tries).update(reached=reached, tries=0))
    return finetune_finish_waiting(
        finetune_id=finetune.pk,
        status=FineTune.Status.FAILED,
        error_code="worker_lost",
        error_message=(
            f"Training ended {settings.MAX_ATTEMPTS} times without getting further, so it was "
            f"given up. The last time: {finetune.error_message or 'nobody knows why.'} Try it "
            "again with a smaller batch or rank."
        ),
    )
