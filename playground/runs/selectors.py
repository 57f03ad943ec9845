"""Reading runs: one's own only."""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from django.db.models import Count, F, Q, Sum
from django.db.models.functions import Now
from django.http import Http404
from redis.exceptions import RedisError

from playground.accounts.models import Person
from playground.checkpoints.jobs import GENERATE
from playground.checkpoints.models import Worker
from playground.checkpoints.selectors import live_workers
from playground.core.errors import LogDamaged
from playground.core.failures import is_passing
from playground.core.http import read_id
from playground.live.tokenlog import log_damaged, token_log, tokens_of
from playground.runs.models import Run

# Over which time a model's speed and a person's work count as "lately".
LATELY = timedelta(seconds=120)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class RunProgress:
    """A run's text as far as it is known now.

    position: of the last token in ``text``; tokens: as `Run.tokens`.
    """

    text: str
    position: int
    epoch: int
    tokens: list[list[Any]]


@dataclass(frozen=True, slots=True)
class QueuePlace:
    """How many runs are before this one, and the wait that this means."""

    ahead: int
    wait_seconds: float | None


def get_run(person: Person | None, run_id: uuid.UUID) -> Run:
    """The person's own run; anybody else's is as if it did not exist."""
    own = Run.objects.filter(pk=run_id, person=person).select_related("adapter")
    run = own.first() if person else None
    if run is None:
        raise Http404
    return run


def latest_run_of_template(person: Person | None, template: str) -> Run | None:
    """The person's last run on the page of a template, by its slug."""
    if person is None:
        return None
    own = Run.objects.filter(person=person, template=template)
    return own.select_related("adapter").order_by("-number").first()


def find_shown_run(person: Person | None, posted: str) -> Run | None:
    """The person's own run that a page posts as the one it shows; None for any other word."""
    run_id = read_id(posted)
    if run_id is None:
        return None
    own = Run.objects.filter(pk=run_id, person=person) if person else Run.objects.none()
    return own.only("tree", "origin").first()


def siblings_of(run: Run) -> list[Run]:
    """The run and its retries, oldest first, by their ids alone: there can be thousands."""
    of_one = Q(pk=run.first_id) | Q(origin=run.first_id)
    siblings = Run.objects.filter(of_one, person=run.person_id)
    if run.tree is not None:
        # Siblings share a tree, and a tree is small, however many runs a person has.
        siblings = siblings.filter(tree=run.tree)
    return list(siblings.only("pk").order_by("created_at", "pk"))


def live_siblings_of(run: Run) -> list[Run]:
    """The run and its siblings, as far as they are not final."""
    ids = [sibling.pk for sibling in siblings_of(run)]
    return list(Run.objects.filter(pk__in=ids).exclude(status__in=Run.FINAL))


def run_progress(run: Run) -> RunProgress:
    """The text so far: the row's when it is final, else the log's, none while Redis is away."""
    if run.is_final:
        return RunProgress(run.text, len(run.tokens), run.epoch, run.tokens)
    if run.attempt == 0:
        # Nobody has claimed it yet.
        return RunProgress("", 0, run.epoch, [])
    try:
        return logged_progress(run)
    except (RedisError, LogDamaged) as error:
        log.warning("log_unreadable", run=str(run.pk), error=str(error))
        return RunProgress("", 0, run.epoch, [])


def logged_progress(run: Run, *, choice: int = 0) -> RunProgress:
    """What the log holds of one choice of a run that is not final.

    Raises `RedisError` while Redis is away, and `LogDamaged` where no later look will help.
    """
    try:
        part = token_log().read(str(run.pk), choice=choice)
        tokens = tokens_of(part)
    except Exception as error:
        if is_passing(error):
            raise
        raise log_damaged(error) from error
    text = "".join(token[1] for token in tokens)
    return RunProgress(text, len(tokens), part.epoch or run.epoch, tokens)


def queue_place(run: Run) -> QueuePlace | None:
    """The run's place among those that wait for its model, or None when it does not wait."""
    if run.status != Run.Status.QUEUED:
        return None
    waiting = Run.objects.filter(
        status=Run.Status.QUEUED, model=run.model, created_at__lt=run.created_at
    )
    before = waiting.aggregate(count=Count("pk"), tokens=Sum(F("max_tokens") * F("n")))
    if not before["count"]:
        return QueuePlace(ahead=0, wait_seconds=None)
    wait = _wait(before["tokens"], _speeds().get(run.model))
    return QueuePlace(ahead=before["count"], wait_seconds=wait)


def queue_places(run_ids: list[str]) -> dict[str, QueuePlace]:
    """The places of those of ``run_ids`` that wait, in two queries.

    Places are by age. The fair claim may take a person who had less first, so
    the place is what it is at most for a person with one run.
    """
    models = Run.objects.filter(pk__in=run_ids, status=Run.Status.QUEUED).values("model")
    waiting = Run.objects.filter(status=Run.Status.QUEUED, model__in=models).order_by(
        "created_at", "pk"
    )
    wanted = set(run_ids)
    ahead: dict[str, int] = {}
    tokens: dict[str, int] = {}
    speeds: dict[str, float | None] | None = None
    places: dict[str, QueuePlace] = {}
    for pk, model, max_tokens, n in waiting.values_list("pk", "model", "max_tokens", "n"):
        if str(pk) in wanted:
            if speeds is None:
                speeds = _speeds()
            places[str(pk)] = QueuePlace(
                ahead=ahead.get(model, 0),
                wait_seconds=_wait(tokens.get(model, 0), speeds.get(model)),
            )
        ahead[model] = ahead.get(model, 0) + 1
        tokens[model] = tokens.get(model, 0) + n * max_tokens
    return places


def _wait(tokens: int, speed: float | None) -> float | None:
    return round(tokens / speed, 1) if speed else None


def _speeds() -> dict[str, float | None]:
    rows = (
        live_workers(GENERATE)
        .filter(state=Worker.State.READY)
        .values("model")
        .annotate(speed=Sum("tokens_per_second"))
    )
    return {row["model"]: row["speed"] for row in rows}


def finished_lately() -> Q:
    """Runs that finished within `LATELY`."""
    return Q(finished_at__gte=Now() - LATELY)
