"""Reading fine-tunes: one's own only."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Max, QuerySet
from django.db.models.functions import Mod
from django.http import Http404

from playground.accounts.models import Person
from playground.finetunes.leases import in_fair_order
from playground.finetunes.models import FineTune, FineTuneEvent

# Points of a chart: more than its pixels say nothing.
MAX_POINTS = 600
# Rows of the table beside the chart.
MAX_TABLE_ROWS = 40
MAX_LOG_LINES = 200
PER_PAGE = 30


@dataclass(frozen=True, slots=True)
class Point:
    """The loss at one step; held_out: of the held-out part, where it was evaluated there."""

    step: int
    loss: float | None = None
    held_out: float | None = None


def get_finetune(person: Person | None, finetune_id: uuid.UUID) -> FineTune:
    """The person's own fine-tune; anybody else's is as if it did not exist."""
    own = FineTune.objects.filter(pk=finetune_id, person=person).select_related("adapter")
    found = own.first() if person else None
    if found is None:
        raise Http404
    return found


def own_finetunes(person: Person | None) -> QuerySet[FineTune]:
    """All of the person's, the newest first."""
    if person is None:
        return FineTune.objects.none()
    own = FineTune.objects.filter(person=person).select_related("adapter")
    return own.defer("result", "options").order_by("-created_at", "-pk")


def finetunes_page(person: Person | None, number: str) -> Page[FineTune]:
    """One page of the list."""
    return Paginator(own_finetunes(person), PER_PAGE).get_page(number)


def queue_places(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
    """How many are trained before each of ``ids`` that waits.

    The order is the one in which they are claimed; somebody who comes later and has trained less
    may go first.
    """
    waiting = FineTune.objects.filter(pk__in=list(ids), status=FineTune.Status.QUEUED)
    places: dict[uuid.UUID, int] = {}
    for base in waiting.values_list("base", flat=True).distinct():
        running = FineTune.objects.filter(base=base, status=FineTune.Status.RUNNING).count()
        for ahead, row in enumerate(in_fair_order(base), start=running):
            places[row.pk] = ahead
    return {pk: place for pk, place in places.items() if pk in ids}


def write_place(ahead: int) -> str:
    """A place in the queue, in words.

    >>> write_place(0), write_place(2)
    ('It is next.', '2 fine-tunes are trained before it.')
    """
    if not ahead:
        return "It is next."
    return f"{ahead} fine-tune{'s are' if ahead > 1 else ' is'} trained before it."


def chart_points(finetune: FineTune, *, at_most: int = MAX_POINTS) -> list[Point]:
    """The losses by step, thinned out to ``at_most`` steps; every evaluation is there."""
    events = FineTuneEvent.objects.filter(finetune=finetune, step__isnull=False)
    steps = events.filter(kind="step")
    last = steps.aggregate(last=Max("step"))["last"] or 0
    every = last // at_most + 1
    if every > 1:
        steps = steps.annotate(rest=Mod("step", every)).filter(rest=0)
    losses = _by_step(steps)
    held_out = _by_step(events.filter(kind="evaluation"))
    return [
        Point(step, _number(losses.get(step)), _number(held_out.get(step)))
        for step in sorted(losses | held_out)
    ]


def table_points(points: list[Point], *, at_most: int = MAX_TABLE_ROWS) -> list[Point]:
    """Some of ``points``: those that were evaluated, or else evenly spread ones."""
    evaluated = [point for point in points if point.held_out is not None]
    chosen = evaluated or points
    every = len(chosen) // at_most + 1
    return [point for at, point in enumerate(chosen) if at % every == 0 or at == len(chosen) - 1]


def latest_samples(finetune: FineTune) -> list[dict[str, Any]]:
    """What the model made of the fixed prompts when it was last asked."""
    samples = FineTuneEvent.objects.filter(finetune=finetune, kind="sample")
    last = samples.aggregate(last=Max("step"))["last"]
    rows = samples.filter(step=last).order_by("n") if last is not None else samples.none()
    return list(rows.values_list("data", flat=True))


def log_lines(finetune: FineTune) -> list[dict[str, Any]]:
    """What the training said, the latest first."""
    lines = FineTuneEvent.objects.filter(finetune=finetune, kind="log").order_by("-n")
    return list(lines.values_list("data", flat=True)[:MAX_LOG_LINES])


def _by_step(events: QuerySet[FineTuneEvent]) -> dict[int, Any]:
    return {
        step: loss for step, loss in events.values_list("step", "data__loss") if step is not None
    }


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None
