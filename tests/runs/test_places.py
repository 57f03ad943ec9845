"""A waiting run's place in the queue."""

import pytest

from playground.accounts.models import Person
from playground.checkpoints.jobs import GENERATE
from playground.checkpoints.models import Worker
from playground.checkpoints.services import worker_beat, worker_register
from playground.runs.models import Run
from playground.runs.selectors import QueuePlace, queue_place, queue_places
from tests.conftest import make_run

pytestmark = pytest.mark.django_db


def test_places_are_by_age_within_a_model(person: Person, stranger: Person) -> None:
    first = make_run(person, max_tokens=100)
    make_run(stranger, model="other")
    second = make_run(stranger, max_tokens=50)
    make_run(person, status="running")
    third = make_run(person)
    name, model = "w", "tiny"
    incarnation = worker_register(name=name, job=GENERATE, model=model, device="cpu", slots=1)
    worker_beat(
        name=name, incarnation=incarnation, state=Worker.State.READY, tokens_per_second=50.0
    )

    places = [queue_place(run) for run in (first, second, third)]

    assert [place.ahead for place in places if place] == [0, 1, 2]
    assert [place.wait_seconds for place in places if place][1:] == [2.0, 3.0]
    at_once = queue_places([str(run.pk) for run in (first, second, third)])
    for run, place in zip((first, second, third), places, strict=True):
        assert place is not None
        assert at_once[str(run.pk)].ahead == place.ahead


def test_without_a_measured_speed_there_is_no_waiting_time(person: Person) -> None:
    make_run(person)

    assert queue_place(make_run(person)) == QueuePlace(ahead=1, wait_seconds=None)


@pytest.mark.parametrize("status", [Run.Status.RUNNING, *Run.FINAL])
def test_a_run_that_does_not_wait_has_no_place(person: Person, status: str) -> None:
    run = make_run(person, status=status)

    assert queue_place(run) is None
    assert queue_places([str(run.pk)]) == {}
