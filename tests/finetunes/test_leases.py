"""Claims between people, leases, the sweep."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db.models.functions import Now
from django.utils import timezone

from playground.accounts.models import Person
from playground.checkpoints.jobs import FINETUNE
from playground.checkpoints.models import Worker
from playground.checkpoints.rings import rings_waiting
from playground.finetunes import leases
from playground.finetunes.folders import job_folder
from playground.finetunes.leases import (
    finetune_claim,
    finetune_release,
    finetune_wait_for_room,
    sweep,
    worker_finetunes_release,
)
from playground.finetunes.models import FineTune
from tests.finetunes.conftest import make_finetune, register_worker

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]


def claim(worker: str = "w", *, place: str = "cpu@host", base: str = "tiny") -> FineTune | None:
    return finetune_claim(worker=worker, place=place, base=base)


def test_a_claim_counts_attempt_and_try_before_the_start(person: Person) -> None:
    finetune = make_finetune(person)

    claimed = claim()

    assert claimed == finetune
    assert claimed is not None
    assert (claimed.status, claimed.attempt, claimed.tries) == ("running", 1, 1)


def test_one_is_trained_in_a_place_whoever_asks(person: Person) -> None:
    make_finetune(person)
    make_finetune(person, base="other")
    claim()

    assert claim("v", base="other") is None
    assert claim("v", base="other", place="cuda0@host") is not None


def test_people_take_turns(person: Person, stranger: Person) -> None:
    first, second = make_finetune(person), make_finetune(person)
    other = make_finetune(stranger)

    order = leases.in_fair_order("tiny")

    assert [row.pk for row in order] == [first.pk, other.pk, second.pk]


def test_whoever_trained_least_lately_is_first(person: Person, stranger: Person) -> None:
    make_finetune(
        person, status=FineTune.Status.SUCCEEDED, seconds=600.0, started_at=timezone.now()
    )
    mine, other = make_finetune(person), make_finetune(stranger)

    order = leases.in_fair_order("tiny")

    assert [row.pk for row in order] == [other.pk, mine.pk]


def test_what_was_begun_goes_on_first(person: Person, stranger: Person) -> None:
    make_finetune(stranger)
    begun = make_finetune(person, attempt=1)

    assert claim() == begun


def test_a_release_in_order_counts_no_try(person: Person) -> None:
    finetune = make_finetune(person)
    claim()

    finetune_release(finetune_id=finetune.pk, attempt=1, lost=False)

    finetune.refresh_from_db()
    assert (finetune.status, finetune.tries, finetune.place) == ("queued", 0, "")


def test_what_ends_its_trainer_every_time_is_given_up_with_the_reason(person: Person) -> None:
    finetune = make_finetune(person)
    for attempt in range(1, settings.MAX_ATTEMPTS + 1):
        claim()
        finetune_release(finetune_id=finetune.pk, attempt=attempt, lost=True, reason="No memory.")

    finetune.refresh_from_db()
    assert (finetune.status, finetune.error_code) == ("failed", "worker_lost")
    assert "No memory." in finetune.error_message


@pytest.mark.parametrize(("marker", "status"), [("COMPLETE", "queued"), ("state.json", "failed")])
def test_a_checkpoint_that_no_worker_noted_is_progress_if_it_is_whole(
    person: Person, marker: str, status: str
) -> None:
    finetune = make_finetune(person, reached=40)
    checkpoint = job_folder(finetune.pk) / "checkpoints" / "step-000060"
    checkpoint.mkdir(parents=True)
    (checkpoint / marker).touch()

    for attempt in range(1, settings.MAX_ATTEMPTS + 1):
        claim()
        finetune_release(finetune_id=finetune.pk, attempt=attempt, lost=True)

    finetune.refresh_from_db()
    assert finetune.status == status
    assert finetune.reached == (60 if status == "queued" else 40)


def test_an_older_attempt_releases_nothing(person: Person) -> None:
    finetune = make_finetune(person)
    claim()

    assert not finetune_release(finetune_id=finetune.pk, attempt=0, lost=True)


def test_a_cancelled_one_ends_when_it_is_released(person: Person) -> None:
    finetune = make_finetune(person, cancel_requested=True, status="running", attempt=1)

    finetune_release(finetune_id=finetune.pk, attempt=1, lost=True)

    finetune.refresh_from_db()
    assert finetune.status == "cancelled"


def test_a_silent_worker_loses_what_it_trains(person: Person) -> None:
    finetune = make_finetune(person)
    register_worker()
    claim()
    past = timezone.now() - timedelta(seconds=settings.LEASE_SECONDS + 1)
    Worker.objects.filter(name="w").update(heartbeat_at=past)

    sweep(base="tiny", worker="other", is_free=True)

    finetune.refresh_from_db()
    assert finetune.status == "queued"
    assert rings_waiting(FINETUNE, "tiny") >= 1


def test_a_worker_does_not_take_its_own_work_from_itself(person: Person) -> None:
    finetune = make_finetune(person)
    claim()

    sweep(base="tiny", worker="w", is_free=False)

    finetune.refresh_from_db()
    assert finetune.status == "running"


def test_a_worker_that_starts_again_releases_what_it_held(person: Person) -> None:
    finetune = make_finetune(person)
    claim()

    worker_finetunes_release(worker="w")

    finetune.refresh_from_db()
    assert finetune.status == "queued"


def test_a_lost_ring_is_rung_again(person: Person) -> None:
    make_finetune(person)

    sweep(base="tiny", worker="w", is_free=True)

    assert rings_waiting(FINETUNE, "tiny") == 1


@pytest.mark.parametrize(("free", "goes_on"), [(0, False), (1 << 40, True)])
def test_a_full_disk_is_waited_for(
    person: Person, monkeypatch: pytest.MonkeyPatch, free: int, goes_on: bool
) -> None:
    finetune = make_finetune(person)
    claim()
    finetune_wait_for_room(finetune_id=finetune.pk, attempt=1)
    FineTune.objects.update(waiting_since=Now() - timedelta(seconds=leases.ROOM_SECONDS + 1))
    monkeypatch.setattr(leases, "free_bytes", lambda: free)

    sweep(base="tiny", worker="w", is_free=True)

    finetune.refresh_from_db()
    assert (finetune.status == "queued") is goes_on
    assert finetune.tries == 0


def test_working_files_are_named_by_the_server(person: Person) -> None:
    from playground.finetunes.folders import job_folder

    finetune = make_finetune(person, name="../../etc/passwd")

    assert job_folder(finetune.pk).parent == Path(settings.FINETUNES_DIR)
