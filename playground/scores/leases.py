"""Which worker has a score, and for how long: all of it is compare-and-set.

As of runs, a worker's heartbeat is the lease of what it holds (playground/runs/leases.py).
"""

from collections.abc import Sequence
from typing import Any

import structlog
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Now

from playground.checkpoints.jobs import GENERATE
from playground.checkpoints.rings import ring, rings_waiting
from playground.checkpoints.selectors import live_workers
from playground.core.texts import storable
from playground.scores.models import Score
from playground.scores.services import expired_scores

# As `runs.leases.CLAIM_TRIES`.
CLAIM_TRIES = 8
_LOST = (
    "The worker was lost while it computed the probabilities. Try again, or with a shorter prompt."
)

log = structlog.get_logger(__name__)


def score_claim(*, worker: str, model: str) -> Score | None:
    """Claims the next score of ``model``, or None when none waits.

    The person who was served least recently comes first, then the oldest.
    """
    waiting = Score.objects.filter(model=model, status=Score.Status.QUEUED)
    others = Score.objects.filter(person=OuterRef("person"), started_at__isnull=False)
    last = Subquery(others.order_by("-started_at").values("started_at")[:1])
    in_turn = waiting.annotate(last=last).order_by(
        F("last").asc(nulls_first=True), "created_at", "pk"
    )
    for _ in range(CLAIM_TRIES):
        score = in_turn.first()
        if score is None:
            return None
        if waiting.filter(pk=score.pk).update(
            status=Score.Status.RUNNING, worker=worker, started_at=Now()
        ):
            score.status, score.worker = Score.Status.RUNNING, worker
            return score
    return None


def score_finish(*, score: Score, result: Sequence[Any]) -> bool:
    """Stores the result, if the worker still holds the score."""
    return _end(_rows_held_for(score), status=Score.Status.SUCCEEDED, result=[*result])


def score_fail(*, score: Score, code: str, message: str) -> bool:
    """Ends a score with the reason, if the worker still holds it."""
    failed = Score.Status.FAILED
    return _end(
        _rows_held_for(score), status=failed, error_code=code, error_message=storable(message)
    )


def worker_scores_end(*, worker: str) -> int:
    """Ends all that a worker's former self held. Returns how many."""
    return _end_lost(Score.objects.filter(worker=worker, status=Score.Status.RUNNING))


def worker_scores_release(*, worker: str) -> int:
    """Gives back to the queue what a worker holds that is about to stop. Returns how many."""
    held = Score.objects.filter(worker=worker, status=Score.Status.RUNNING)
    return held.update(status=Score.Status.QUEUED, worker="")


def scores_sweep(*, model: str) -> None:
    """Ends scores whose worker's heartbeat has stopped, deletes old ones, and rings if one waits
    without a ring; idempotent."""
    running = Score.objects.filter(status=Score.Status.RUNNING)
    orphans = running.exclude(worker__in=live_workers(GENERATE).values("name"))
    # Reading first: a statement that writes takes SQLite's lock even for no row.
    if orphans.exists():
        _end_lost(orphans)
    if (expired := expired_scores()).exists():
        expired.delete()
    waiting = Score.objects.filter(model=model, status=Score.Status.QUEUED)
    if waiting.exists() and not rings_waiting(GENERATE, model):
        ring(GENERATE, model)


def _rows_held_for(score: Score) -> QuerySet[Score]:
    return Score.objects.filter(pk=score.pk, worker=score.worker, status=Score.Status.RUNNING)


def _end_lost(scores: QuerySet[Score]) -> int:
    lost = scores.update(
        status=Score.Status.FAILED,
        error_code="worker_lost",
        error_message=_LOST,
        finished_at=Now(),
    )
    if lost:
        log.info("scores_lost", count=lost)
    return lost


def _end(scores: QuerySet[Score], **values: Any) -> bool:
    return bool(scores.update(**values, finished_at=Now()))
