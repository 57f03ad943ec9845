"""Deleting runs: row, words and log go; what went on from them stays and is joined up."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

import structlog
from django.db import transaction
from redis.exceptions import RedisError

from playground.accounts.models import Person
from playground.core import search
from playground.core.erasing import erasure_ask
from playground.core.failures import each_alone
from playground.live.tokenlog import token_log
from playground.runs.models import Run
from playground.runs.services import run_cancel

BATCH = 500

# The runs to delete, each with its parent.
Parents = dict[uuid.UUID, uuid.UUID | None]

log = structlog.get_logger(__name__)


def runs_delete(*, person: Person, run_ids: Iterable[uuid.UUID]) -> int:
    """Deletes those of ``run_ids`` that are the person's. Returns how many.

    What runs is stopped first. Branches of a deleted run go on from its next
    ancestor that stays; siblings stay siblings.
    """
    wanted = list(dict.fromkeys(run_ids))
    gone: Parents = {}
    for start in range(0, len(wanted), BATCH):
        own = Run.objects.filter(person=person, pk__in=wanted[start : start + BATCH])
        gone.update(own.values_list("pk", "parent"))
    _stop(person, gone)
    going = list(gone)
    # In separate transactions: others can write in between.
    for start in range(0, len(going), BATCH):
        with transaction.atomic():
            _delete(going[start : start + BATCH], gone)
    return len(going)


def runs_delete_all(*, person: Person) -> int:
    """Deletes every run of the person. Returns how many."""
    own = Run.objects.filter(person=person)
    return runs_delete(person=person, run_ids=own.values_list("pk", flat=True))


def _stop(person: Person, run_ids: Collection[uuid.UUID]) -> None:
    live = Run.objects.filter(person=person, status__in=(Run.Status.QUEUED, Run.Status.RUNNING))
    ours = [run for run in live if run.pk in run_ids]
    # One that cannot be stopped is deleted all the same, and fenced off with its log.
    each_alone(ours, lambda run: run_cancel(run=run), event="run_not_stopped")


def _delete(run_ids: Sequence[uuid.UUID], gone: Parents) -> None:
    _join_branches(run_ids, gone)
    _join_siblings(run_ids, gone)
    search.drop(kind="run", object_ids=run_ids)
    Run.objects.filter(pk__in=run_ids).only("pk").delete()
    transaction.on_commit(lambda: _forget_logs(run_ids))
    erasure_ask()


def _join_branches(run_ids: Sequence[uuid.UUID], gone: Parents) -> None:
    branches = Run.objects.filter(parent__in=run_ids).values_list("pk", "parent")
    by_ancestor: dict[uuid.UUID | None, list[uuid.UUID]] = defaultdict(list)
    for run_id, parent in branches:
        if run_id not in gone:
            by_ancestor[_staying(parent, gone)].append(run_id)
    for ancestor, joined in by_ancestor.items():
        Run.objects.filter(pk__in=joined).update(parent=ancestor)


def _staying(run_id: uuid.UUID | None, gone: Parents) -> uuid.UUID | None:
    """The next ancestor, from ``run_id`` on, that is not about to go."""
    while run_id in gone:
        run_id = gone[run_id]
    return run_id


def _join_siblings(run_ids: Sequence[uuid.UUID], gone: Parents) -> None:
    """The oldest of the siblings that stay is their first now."""
    retries = Run.objects.filter(origin__in=run_ids).order_by("number")
    by_origin: dict[uuid.UUID | None, list[uuid.UUID]] = defaultdict(list)
    for run_id, origin in retries.values_list("pk", "origin"):
        if run_id not in gone:
            by_origin[origin].append(run_id)
    for first, *others in by_origin.values():
        Run.objects.filter(pk=first).update(origin=None)
        Run.objects.filter(pk__in=others).update(origin=first)


def _forget_log(run_id: uuid.UUID) -> None:
    token_log().forget(str(run_id))
    # Followers of the run get the event that it is gone.
    token_log().tell(str(run_id), "{}", epoch=1)


def _forget_logs(run_ids: Sequence[uuid.UUID]) -> None:
    try:
        each_alone(run_ids, _forget_log, event="log_not_forgotten")
    except RedisError as error:
        # A finished run's log expires by itself.
        log.warning("logs_not_forgotten", error=str(error))
