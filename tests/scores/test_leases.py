"""Who works on a score, and what becomes of it when its worker dies."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from playground.accounts.models import Person
from playground.checkpoints.jobs import GENERATE
from playground.checkpoints.models import Worker
from playground.checkpoints.rings import rings_waiting
from playground.checkpoints.services import worker_register
from playground.scores.leases import (
    score_claim,
    score_fail,
    score_finish,
    scores_sweep,
    worker_scores_end,
    worker_scores_release,
)
from playground.scores.models import Score
from playground.scores.services import KEPT_SECONDS

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]

RESULT = [[None, []], [-0.5, [[66, -0.5]]]]


def make_score(person: Person, **values: Any) -> Score:
    return Score.objects.create(**{"person": person, "model": "tiny", "ids": [65, 66], **values})


def claim(worker: str = "one") -> Score | None:
    return score_claim(worker=worker, model="tiny")


def make_worker(name: str, *, silent: float = 0.0) -> None:
    worker_register(name=name, job=GENERATE, model="tiny", device="cpu", slots=1)
    past = timezone.now() - timedelta(seconds=silent)
    Worker.objects.filter(name=name).update(heartbeat_at=past)


def test_a_score_is_claimed_once_and_its_result_is_stored(person: Person) -> None:
    score = make_score(person)
    make_score(person, model="other")

    claimed = claim()

    assert claimed == score
    assert claim("two") is None
    assert score_finish(score=claimed, result=RESULT)
    score.refresh_from_db()
    assert (score.status, score.result) == ("succeeded", RESULT)
    assert score.finished_at is not None


def test_people_take_turns(person: Person, stranger: Person) -> None:
    first, second = make_score(person), make_score(person)
    other = make_score(stranger)

    assert [claim(), claim(), claim()] == [first, other, second]


def test_a_failure_says_why(person: Person) -> None:
    make_score(person)
    claimed = claim()

    assert claimed is not None
    assert score_fail(score=claimed, code="out_of_memory", message="No room.\0")
    claimed.refresh_from_db()
    assert (claimed.status, claimed.error_code, claimed.error_message[:8]) == (
        "failed",
        "out_of_memory",
        "No room.",
    )


def test_a_score_ends_with_its_worker(person: Person) -> None:
    make_worker("silent", silent=60.0)
    make_worker("alive")
    lost, held, waiting = make_score(person), make_score(person), make_score(person)
    assert [claim("silent"), claim("alive")] == [lost, held]
    zombie = Score.objects.get(pk=lost.pk)

    scores_sweep(model="tiny")

    lost.refresh_from_db()
    assert (lost.status, lost.error_code) == ("failed", "worker_lost")
    assert "Try again" in lost.error_message
    assert not score_finish(score=zombie, result=RESULT)
    assert Score.objects.get(pk=held.pk).status == "running"
    assert Score.objects.get(pk=waiting.pk).status == "queued"
    assert rings_waiting(GENERATE, "tiny") == 1


def test_what_a_workers_former_self_held_ends(person: Person) -> None:
    make_score(person)
    claimed = claim()

    assert worker_scores_end(worker="two") == 0
    assert worker_scores_end(worker="one") == 1
    assert claimed is not None
    claimed.refresh_from_db()
    assert claimed.error_code == "worker_lost"


def test_a_worker_that_stops_gives_back_what_it_holds(person: Person) -> None:
    make_score(person)
    held = claim()

    assert worker_scores_release(worker="one") == 1
    assert held is not None
    assert not score_finish(score=held, result=RESULT)
    assert claim("two") == held


def test_the_sweep_deletes_what_is_old(person: Person) -> None:
    before = timezone.now() - timedelta(seconds=KEPT_SECONDS + 1)
    make_worker("alive")
    make_score(person, created_at=before)
    make_score(person, status="succeeded", created_at=before, finished_at=before)
    running = make_score(person, status="running", worker="alive", created_at=before)
    fresh = make_score(person, status="failed", created_at=before, finished_at=timezone.now())

    scores_sweep(model="tiny")

    assert set(Score.objects.all()) == {running, fresh}
