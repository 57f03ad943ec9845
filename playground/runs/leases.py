"""Claims, leases and the sweep: who may work on a run, and for how long.

A worker's heartbeat row is the lease of every run it holds. All of it is
compare-and-set, so any number of workers may do it at the same time.
"""

import uuid
from collections.abc import Iterable

import structlog
from django.conf import settings
from django.db.models import Exists, F, Min, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Coalesce, Now
from django.utils import timezone
from redis.exceptions import RedisError

from playground.checkpoints.jobs import GENERATE
from playground.checkpoints.rings import ring, rings_waiting
from playground.checkpoints.selectors import live_workers
from playground.core.failures import each_alone
from playground.core.models import SearchEntry
from playground.runs.finishing import run_finish_from_log, run_index_prompt
from playground.runs.models import Run
from playground.runs.selectors import finished_lately

# How many candidates lost to other workers before a claim gives up; the next
# ring or sweep tries again.
CLAIM_TRIES = 8
# Of the runs that wait, in one sweep.
MAX_INDEXED = 100

# One more lost worker and the run is given up.
_LAST_TRY = Q(losses__gte=settings.MAX_ATTEMPTS - 1, losses__gt=0)

log = structlog.get_logger(__name__)


def run_claim(*, worker: str, model: str) -> Run | None:
    """Claims the fair next run of ``model`` for ``worker``, or None when none waits.

    A run on its last try may be what kills workers. A worker runs one such at a
    time, so that another does not lose its last try with it.
    """
    waiting = _claimable(model)
    for _ in range(CLAIM_TRIES):
        run = _fair_next(waiting)
        if run is None:
            return None
        claimable = waiting.filter(pk=run.pk, attempt=run.attempt)
        if run.losses and run.losses >= settings.MAX_ATTEMPTS - 1:
            waiting = waiting.exclude(_LAST_TRY)
            on_trial = Run.objects.filter(_LAST_TRY, worker=worker, status=Run.Status.RUNNING)
            claimable = claimable.exclude(Exists(on_trial))
        if claimable.update(
            status=Run.Status.RUNNING,
            worker=worker,
            attempt=run.attempt + 1,
            started_at=Coalesce("started_at", Now()),
        ):
            # As the row is now: nobody else writes to it before this attempt does.
            run.status, run.worker, run.attempt = Run.Status.RUNNING, worker, run.attempt + 1
            run.started_at = run.started_at or timezone.now()
            return run
    return None


def run_restart(*, run: Run) -> Run:
    """The log is lost: the run's text starts again, which its epoch tells readers."""
    Run.objects.filter(pk=run.pk, attempt=run.attempt).update(epoch=F("epoch") + 1)
    run.epoch += 1
    return run


def run_release(*, run_id: uuid.UUID, attempt: int, lost: bool) -> bool:
    """Gives a claimed run back to the queue; ``lost`` counts against its tries.

    A run whose cancel was asked ends instead, and so does one that has lost
    `MAX_ATTEMPTS` workers.
    """
    released = Run.objects.filter(pk=run_id, attempt=attempt, status=Run.Status.RUNNING).update(
        status=Run.Status.QUEUED, worker="", losses=F("losses") + (1 if lost else 0)
    )
    if released:
        log.info("run_released", run=str(run_id), attempt=attempt, lost=lost)
        _settle(Run.objects.filter(pk=run_id))
        # The worker that released it may serve another model: its own workers' sweep
        # would come up to a period later.
        waiting = Run.objects.filter(pk=run_id, status=Run.Status.QUEUED)
        for model in waiting.values_list("model", flat=True):
            ring(GENERATE, model)
    return bool(released)


def worker_runs_release(*, worker: str) -> int:
    """Releases all that a worker's former self held. Returns how many."""
    held = Run.objects.filter(worker=worker, status=Run.Status.RUNNING)
    return _release_lost(held)


def sweep(*, model: str, free_slots: int) -> None:
    """Puts right what a crash or a lost message left; idempotent.

    Releases runs whose worker's heartbeat has stopped, ends those that wait
    with a cancel asked, makes those that wait findable, and rings for those that
    wait without a ring.
    """
    orphans = Run.objects.filter(status=Run.Status.RUNNING).exclude(
        worker__in=live_workers(GENERATE).values("name")
    )
    _release_lost(orphans)
    waiting = Run.objects.filter(status=Run.Status.QUEUED)
    _settle(waiting)
    _index_prompts(waiting)
    queued = _claimable(model).count()
    for _ in range(min(free_slots, queued) - rings_waiting(GENERATE, model)):
        ring(GENERATE, model)


def runs_to_stop(run_ids: Iterable[uuid.UUID]) -> list[uuid.UUID]:
    """Those of ``run_ids`` whose row says that they are to stop, or is deleted."""
    ids = list(run_ids)
    going_on = Run.objects.filter(pk__in=ids, cancel_requested=False)
    kept = set(going_on.values_list("pk", flat=True))
    return [run_id for run_id in ids if run_id not in kept]


def _index_prompts(runs: QuerySet[Run]) -> None:
    """Makes those of ``runs`` findable that are not yet. Who claims a run does so at once."""
    unknown = ~Exists(SearchEntry.objects.filter(kind="run", object_id=OuterRef("pk")))
    each_alone(
        runs.filter(unknown).order_by("created_at").values_list("pk", flat=True)[:MAX_INDEXED],
        lambda run_id: run_index_prompt(run_id=run_id),
        event="run_not_indexed",
    )


def _release_lost(runs: QuerySet[Run]) -> int:
    """Releases all of ``runs``, whose worker is gone. One that cannot be keeps no other back."""
    return each_alone(
        runs.values_list("pk", "attempt"),
        lambda held: run_release(run_id=held[0], attempt=held[1], lost=True),
        event="run_not_released",
    )


def _claimable(model: str) -> QuerySet[Run]:
    return Run.objects.filter(
        kind=Run.Kind.GENERATE, model=model, status=Run.Status.QUEUED, cancel_requested=False
    )


def _fair_next(waiting: QuerySet[Run]) -> Run | None:
    """Resumed runs first, then the person with the least work, then the oldest."""
    by_age = waiting.order_by("created_at", "pk")
    oldest = list(by_age[:2])
    if len(oldest) < 2:
        return oldest[0] if oldest else None
    if resumed := by_age.filter(attempt__gt=0).first():
        return resumed
    people = dict(waiting.values_list("person").annotate(oldest=Min("created_at")))
    if len(people) < 2:
        return oldest[0]
    work = _work(people)
    person = min(people, key=lambda pk: (work.get(pk, 0), people[pk]))
    return by_age.filter(person=person).first()


def _work(people: Iterable[uuid.UUID]) -> dict[uuid.UUID, int]:
    """Tokens that each person got lately, and may still get from what runs now."""
    of_people = Run.objects.filter(person__in=list(people))
    work: dict[uuid.UUID, int] = {}
    for rows, amount in (
        (of_people.filter(status=Run.Status.RUNNING), F("max_tokens") * F("n")),
        (of_people.filter(finished_lately()), F("completion_tokens")),
    ):
        for person, tokens in rows.values_list("person").annotate(sum=Sum(amount)):
            work[person] = work.get(person, 0) + tokens
    return work


def _settle(runs: QuerySet[Run]) -> None:
    """Ends those of ``runs`` that wait but are not to run any more.

    Those whose log cannot be read now are left to a later sweep.
    """
    waiting = runs.filter(status=Run.Status.QUEUED)
    cancelled = waiting.filter(cancel_requested=True)
    lost = waiting.filter(losses__gte=settings.MAX_ATTEMPTS)
    try:
        for ending, end in ((cancelled, _end_cancelled), (lost, _end_lost)):
            each_alone(ending.values_list("pk", flat=True), end, event="run_not_settled")
    except RedisError as error:
        log.warning("not_settled", error=str(error))


def _end_cancelled(run_id: uuid.UUID) -> bool:
    return run_finish_from_log(run_id=run_id, status=Run.Status.CANCELLED, reason="abort")


def _end_lost(run_id: uuid.UUID) -> bool:
    return run_finish_from_log(
        run_id=run_id,
        status=Run.Status.FAILED,
        reason="error",
        error_code="worker_lost",
        error_message=(
            f"The worker was lost {settings.MAX_ATTEMPTS} times while it ran this prompt, so it "
            "was given up. What was generated is kept. Shorten it, or try another model."
        ),
    )
