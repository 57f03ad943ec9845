"""Claims, leases and the sweep."""

from datetime import timedelta

import pytest
import redis
from django.utils import timezone

from playground.accounts.models import Person
from playground.checkpoints.jobs import GENERATE
from playground.checkpoints.models import Worker
from playground.checkpoints.rings import rings_waiting
from playground.checkpoints.services import worker_register
from playground.live.tokenlog import Item, TokenLog, token_json, token_log
from playground.runs import leases
from playground.runs.finishing import Outcome, run_finish
from playground.runs.leases import (
    run_claim,
    run_release,
    sweep,
    worker_runs_release,
)
from playground.runs.models import Run
from tests.conftest import make_run

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]


def register(name: str = "w", *, silent_for: float = 0) -> None:
    worker_register(name=name, job=GENERATE, model="tiny", device="cpu", slots=4)
    if silent_for:
        past = timezone.now() - timedelta(seconds=silent_for)
        Worker.objects.filter(name=name).update(heartbeat_at=past)


def test_a_claim_takes_the_run_and_counts_the_attempt(person: Person) -> None:
    run = make_run(person)

    claimed = run_claim(worker="w", model="tiny")

    assert claimed == run
    assert claimed is not None
    assert (claimed.status, claimed.worker, claimed.attempt) == ("running", "w", 1)
    assert claimed.started_at is not None


def test_a_run_is_claimed_once(person: Person) -> None:
    make_run(person)
    run_claim(worker="w", model="tiny")

    assert run_claim(worker="v", model="tiny") is None


def test_a_claim_lost_to_another_worker_takes_the_next_run(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = make_run(person), make_run(person)
    answers = [first, second]
    monkeypatch.setattr(leases, "_fair_next", lambda waiting: answers.pop(0))
    Run.objects.filter(pk=first.pk).update(status="running", worker="other", attempt=1)

    assert run_claim(worker="w", model="tiny") == second


def test_a_claim_returns_the_row_as_it_is(person: Person) -> None:
    make_run(person, fields={"a": 1}, epoch=3)

    claimed = run_claim(worker="w", model="tiny")

    assert claimed is not None
    row = Run.objects.get(pk=claimed.pk)
    for field in Run._meta.concrete_fields:
        if field.name != "started_at":
            assert getattr(claimed, field.attname) == getattr(row, field.attname), field.name


def test_other_models_and_cancelled_runs_are_not_claimed(person: Person) -> None:
    make_run(person, model="other")
    make_run(person, cancel_requested=True)

    assert run_claim(worker="w", model="tiny") is None


def test_the_oldest_of_one_person_goes_first(person: Person) -> None:
    first, _ = make_run(person), make_run(person)

    assert run_claim(worker="w", model="tiny") == first


def test_a_person_with_less_work_goes_before_an_older_run(person: Person, stranger: Person) -> None:
    make_run(person, status="running", worker="w", max_tokens=500)
    make_run(person)
    theirs = make_run(stranger)

    assert run_claim(worker="w", model="tiny") == theirs


def test_the_tokens_of_all_choices_count_as_work(person: Person, stranger: Person) -> None:
    make_run(person, status="running", worker="w", max_tokens=100, n=8)
    make_run(stranger, status="running", worker="w", max_tokens=500)
    make_run(person)
    theirs = make_run(stranger)

    assert run_claim(worker="w", model="tiny") == theirs


def test_a_run_of_another_kind_is_left_to_others(person: Person) -> None:
    make_run(person, kind="score")

    assert run_claim(worker="w", model="tiny") is None


def test_recent_tokens_count_as_work(person: Person, stranger: Person) -> None:
    make_run(person, status="succeeded", completion_tokens=900, finished_at=timezone.now())
    make_run(person)
    theirs = make_run(stranger)

    assert run_claim(worker="w", model="tiny") == theirs


def test_old_tokens_do_not_count_as_work(person: Person, stranger: Person) -> None:
    long_ago = timezone.now() - timedelta(hours=1)
    make_run(person, status="succeeded", completion_tokens=900, finished_at=long_ago)
    mine = make_run(person)
    make_run(stranger)

    assert run_claim(worker="w", model="tiny") == mine


def test_a_resumed_run_goes_before_everything(person: Person, stranger: Person) -> None:
    make_run(stranger)
    resumed = make_run(person, attempt=1, max_tokens=999)

    assert run_claim(worker="w", model="tiny") == resumed


def test_the_sweep_releases_runs_of_a_silent_worker(person: Person) -> None:
    register("dead", silent_for=60)
    register("alive")
    lost = make_run(person, status="running", worker="dead", attempt=1)
    held = make_run(person, status="running", worker="alive", attempt=1)

    sweep(model="tiny", free_slots=4)

    lost.refresh_from_db()
    held.refresh_from_db()
    assert (lost.status, lost.worker, lost.attempt, lost.losses) == ("queued", "", 1, 1)
    assert held.status == "running"
    assert rings_waiting(GENERATE, "tiny") == 1


def test_the_sweep_releases_runs_of_a_worker_of_another_job(person: Person) -> None:
    register("w")
    Worker.objects.filter(name="w").update(job="other")
    lost = make_run(person, status="running", worker="w", attempt=1)

    sweep(model="tiny", free_slots=4)

    lost.refresh_from_db()
    assert lost.status == "queued"


def test_a_cancelled_run_is_not_queued_again(person: Person) -> None:
    run = make_run(person, status="running", worker="gone", attempt=1, cancel_requested=True)

    sweep(model="tiny", free_slots=4)

    run.refresh_from_db()
    assert run.status == "cancelled"


def test_a_run_that_lost_three_workers_fails_with_its_text(person: Person) -> None:
    run = make_run(person, status="running", worker="gone", attempt=3, losses=2)
    token_log().start(str(run.pk), attempt=3, epoch=1)
    token_log().append([Item(str(run.pk), 0, 3, 1, 0, [token_json(5, "some")])])

    sweep(model="tiny", free_slots=4)

    run.refresh_from_db()
    assert (run.status, run.error_code, run.text) == ("failed", "worker_lost", "some")


def test_a_released_run_gets_a_ring_at_once_whatever_model_the_sweeper_serves(
    person: Person,
) -> None:
    make_run(person, status="running", worker="gone", attempt=1)

    sweep(model="other", free_slots=4)

    assert rings_waiting(GENERATE, "tiny") == 1


def test_handing_over_is_not_a_loss(person: Person) -> None:
    run = make_run(person, status="running", worker="w", attempt=7, losses=2)

    assert run_release(run_id=run.pk, attempt=7, lost=False)

    run.refresh_from_db()
    assert (run.status, run.losses) == ("queued", 2)


def test_a_restarted_worker_releases_its_earlier_runs(person: Person) -> None:
    run = make_run(person, status="running", worker="w", attempt=1)
    register("w")

    assert worker_runs_release(worker="w") == 1

    run.refresh_from_db()
    assert run.status == "queued"


def test_the_sweep_rings_for_waiting_runs_up_to_the_free_slots(person: Person) -> None:
    for _ in range(5):
        make_run(person)

    sweep(model="tiny", free_slots=3)
    sweep(model="tiny", free_slots=3)

    assert rings_waiting(GENERATE, "tiny") == 3


@pytest.mark.parametrize(
    ("attempt", "status"), [(1, "running"), (2, "queued"), (2, "cancelled"), (2, "succeeded")]
)
def test_only_the_attempt_that_holds_the_run_may_finish_it(
    person: Person, attempt: int, status: str
) -> None:
    run = make_run(person, status=status, attempt=2)
    outcome = Outcome(status="succeeded", reason="stop", text="zombie")

    assert not run_finish(run_id=run.pk, attempt=attempt, outcome=outcome)

    run.refresh_from_db()
    assert (run.status, run.text) == (status, "")


def test_a_worker_takes_one_run_on_its_last_try_at_a_time(person: Person) -> None:
    first = make_run(person, attempt=2, losses=2)
    second = make_run(person, attempt=2, losses=2)
    fresh = make_run(person)

    assert run_claim(worker="w", model="tiny") == first
    assert run_claim(worker="w", model="tiny") == fresh
    assert run_claim(worker="w", model="tiny") is None
    assert run_claim(worker="v", model="tiny") == second


def test_a_run_is_not_ended_while_its_log_cannot_be_read(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(person, cancel_requested=True, attempt=1)
    token_log().start(str(run.pk), attempt=1, epoch=1)
    line = token_json(5, "kept")
    token_log().append(
        [Item(run=str(run.pk), choice=0, attempt=1, epoch=1, before=0, tokens=[line])]
    )

    def away(*_: object, **__: object) -> None:
        raise redis.ConnectionError("away")

    with monkeypatch.context() as patched:
        patched.setattr(TokenLog, "read", away)
        sweep(model="tiny", free_slots=1)
    run.refresh_from_db()
    assert run.status == "queued"

    sweep(model="tiny", free_slots=1)

    run.refresh_from_db()
    assert (run.status, run.text) == ("cancelled", "kept")
