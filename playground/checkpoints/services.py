"""What workers write about themselves, and what is written about them when they have gone.

A worker's row is the lease of all that it works on, for as long as its heartbeat is young.
"""

import uuid
from collections.abc import Iterable
from datetime import timedelta

from django.db.models.functions import Now

from playground.checkpoints.jobs import Job
from playground.checkpoints.models import Worker
from playground.core.texts import storable

# For how long the row of a worker that has gone is kept.
KEPT_FOR = timedelta(days=7)


def worker_register(*, name: str, job: Job, model: str, device: str, slots: int) -> uuid.UUID:
    """Makes or takes over the worker's row; the returned incarnation is this process's."""
    incarnation = uuid.uuid4()
    Worker.objects.update_or_create(
        name=name,
        defaults={
            "incarnation": incarnation,
            "job": job.name,
            "model": model,
            "device": device,
            "slots": slots,
            "state": Worker.State.LOADING,
            "detail": "",
            "reason": "",
            "live": 0,
            "tokens_per_second": None,
            "started_at": Now(),
            "heartbeat_at": Now(),
        },
    )
    return incarnation


def worker_beat(
    *,
    name: str,
    incarnation: uuid.UUID,
    state: str,
    detail: str = "",
    reason: str = "",
    live: int = 0,
    tokens_per_second: float | None = None,
) -> bool:
    """Renews the lease. False when another process has taken the name."""
    return bool(
        Worker.objects.filter(name=name, incarnation=incarnation).update(
            state=state,
            # It may name a file whose name is no text.
            detail=storable(detail),
            reason=reason,
            live=live,
            tokens_per_second=tokens_per_second,
            heartbeat_at=Now(),
        )
    )


def worker_mark_stopped(*, names: Iterable[str]) -> None:
    """The processes of these workers are dead: nobody need wait for their leases to run out."""
    Worker.objects.filter(name__in=list(names)).update(state=Worker.State.STOPPED)


def worker_forget() -> None:
    """Deletes the rows of workers that have been gone for long."""
    Worker.objects.filter(heartbeat_at__lt=Now() - KEPT_FOR).delete()
