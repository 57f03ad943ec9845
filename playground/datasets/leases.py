"""Which worker examines which version, and for how long: claims, leases, the sweep.

As with runs (playground/runs/leases.py) a worker's heartbeat is the lease of all that it holds,
every change is a compare-and-set, and an older attempt can store nothing. A ring says only that
something may wait: what waits is in the rows.
"""

import uuid
from dataclasses import dataclass, field
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from playground.checkpoints.jobs import CHECK, CHECK_QUEUE
from playground.checkpoints.rings import ring, rings_waiting
from playground.checkpoints.selectors import live_workers
from playground.core.failures import each_alone
from playground.core.texts import storable_json
from playground.datasets.checks import Finding
from playground.datasets.fixes import FixResult
from playground.datasets.models import Dataset, DatasetVersion

# How many candidates lost to other workers before a claim gives up.
CLAIM_TRIES = 8
_CHECKING = DatasetVersion.State.CHECKING

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What an examination found, as the row gets it. See `DatasetVersion`."""

    state: DatasetVersion.State
    form: str = ""
    rows: int = 0
    tokens: int = 0
    findings: list[dict[str, Any]] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)


def version_claim(*, worker: str) -> DatasetVersion | None:
    """Claims the next version for ``worker``: first of people for whom none is examined now, then
    the oldest. None when none waits."""
    for _ in range(CLAIM_TRIES):
        version = _fair_next()
        if version is None:
            return None
        claimable = DatasetVersion.objects.filter(
            pk=version.pk, attempt=version.attempt, worker="", state=_CHECKING
        )
        if claimable.update(worker=worker, attempt=version.attempt + 1, progress=0):
            version.worker, version.attempt = worker, version.attempt + 1
            return version
    return None


def version_progress(*, version: DatasetVersion, count: int) -> bool:
    """Notes how many bytes were read. False when it is not this attempt's any more."""
    return bool(_own_rows(version).update(progress=count))


def version_made(*, version: DatasetVersion, result: FixResult) -> bool:
    """Notes the file that a fix has made. False when it is not this attempt's any more."""
    made = {
        "sha256": result.sha256,
        "size": result.size,
        "changes": storable_json(result.to_json()),
    }
    return bool(_own_rows(version).update(**made))


def version_finish(*, version: DatasetVersion, outcome: Outcome) -> bool:
    """Stores what was found. False when it is not this attempt's any more."""
    with transaction.atomic():
        stored = _own_rows(version).update(
            state=outcome.state,
            form=outcome.form,
            rows=outcome.rows,
            tokens=outcome.tokens,
            # They quote the file, in which there is anything.
            findings=storable_json(outcome.findings),
            figures=storable_json(outcome.figures),
            worker="",
            checked_at=timezone.now(),
        )
        if stored:
            Dataset.objects.filter(pk=version.dataset_id).update(updated_at=Now())
    return bool(stored)


def version_release(*, version_id: uuid.UUID, attempt: int, lost: bool) -> bool:
    """Gives a claimed version back; ``lost`` counts against its tries."""
    claimed = DatasetVersion.objects.filter(pk=version_id, attempt=attempt, state=_CHECKING)
    released = claimed.exclude(worker="").update(worker="", losses=F("losses") + (1 if lost else 0))
    if released:
        log.info("version_released", version=str(version_id), attempt=attempt, lost=lost)
        _give_up(DatasetVersion.objects.filter(pk=version_id))
        ring(CHECK, CHECK_QUEUE)
    return bool(released)


def worker_versions_release(*, worker: str) -> int:
    """Releases all that a worker's former self held. Returns how many."""
    return _release_lost(DatasetVersion.objects.filter(worker=worker, state=_CHECKING))


def sweep(*, free_slots: int) -> None:
    """Releases what dead workers held, and rings for what waits without a ring. Idempotent."""
    claimed = DatasetVersion.objects.filter(state=_CHECKING).exclude(worker="")
    _release_lost(claimed.exclude(worker__in=live_workers(CHECK).values("name")))
    _give_up(_waiting())
    waiting = _waiting().count()
    for _ in range(min(free_slots, waiting) - rings_waiting(CHECK, CHECK_QUEUE)):
        ring(CHECK, CHECK_QUEUE)


def _own_rows(version: DatasetVersion) -> QuerySet[DatasetVersion]:
    return DatasetVersion.objects.filter(
        pk=version.pk, attempt=version.attempt, worker=version.worker, state=_CHECKING
    )


def _waiting() -> QuerySet[DatasetVersion]:
    return DatasetVersion.objects.filter(state=_CHECKING, worker="")


def _fair_next() -> DatasetVersion | None:
    of_same_person = DatasetVersion.objects.filter(
        state=_CHECKING, dataset__person=OuterRef("dataset__person")
    ).exclude(worker="")
    waiting = _waiting().select_related("dataset", "parent")
    fair = waiting.annotate(is_served=Exists(of_same_person))
    return fair.order_by("is_served", "created_at", "pk").first()


def _release_lost(versions: QuerySet[DatasetVersion]) -> int:
    return each_alone(
        versions.values_list("pk", "attempt"),
        lambda held: version_release(version_id=held[0], attempt=held[1], lost=True),
        event="version_not_released",
    )


def _give_up(versions: QuerySet[DatasetVersion]) -> None:
    """Refuses what has ended its worker so often that it would do so again."""
    lost = versions.filter(state=_CHECKING, worker="", losses__gte=settings.MAX_ATTEMPTS)
    lost.update(
        state=DatasetVersion.State.REFUSED,
        findings=[
            refusal(
                "check_given_up",
                f"The check was interrupted {settings.MAX_ATTEMPTS} times, so it was given up. "
                "Try again; if it happens again, tell whoever runs the site.",
            )
        ],
    )


def refusal(code: str, sentence: str) -> dict[str, Any]:
    """A finding about the check itself, in the shape of the others."""
    return Finding(code=code, severity="error", sentence=sentence).to_json()
