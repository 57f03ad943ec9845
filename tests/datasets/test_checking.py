"""Which worker examines what, and what comes of it, whatever dies meanwhile."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import OperationalError, connection

from playground.accounts.models import Person
from playground.checkpoints.jobs import CHECK, CHECK_QUEUE
from playground.checkpoints.rings import rings_waiting
from playground.checkpoints.services import worker_mark_stopped, worker_register
from playground.core.failures import is_passing
from playground.datasets.leases import (
    Outcome,
    sweep,
    version_claim,
    version_finish,
    version_release,
    worker_versions_release,
)
from playground.datasets.models import Dataset, DatasetVersion
from playground.datasets.services import dataset_delete, version_check_again, version_fix
from tests.datasets.made import FAULTY, ROWS, check, make_dataset
from workers.check import examination
from workers.check.examination import Examining, examine_version
from workers.check.process import Checking
from workers.process.options import SiteOptions

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]

REFUSED = DatasetVersion.State.REFUSED
CHECKED = DatasetVersion.State.CHECKED


def start_worker(name: str = "check@here") -> str:
    worker_register(name=name, job=CHECK, model="", device="cpu", slots=2)
    return name


def waiting(person: Person, **values: Any) -> DatasetVersion:
    head = make_dataset(person, checked=False, **values).head
    assert head is not None
    return head


def now(version: DatasetVersion) -> DatasetVersion:
    return DatasetVersion.objects.get(pk=version.pk)


def test_a_good_file_is_checked_and_its_rows_are_written(person: Person) -> None:
    version = check(waiting(person, content=ROWS))

    assert version.state == CHECKED
    assert (version.form, version.rows) == ("text", 120)
    assert version.tokens > 120
    assert version.rows_path.read_bytes().count(b"\n") == 120
    assert version.figures["task"] == "classification"
    assert version.checked_at is not None


def test_a_faulty_file_is_refused_with_its_findings(person: Person) -> None:
    version = check(waiting(person))

    assert version.state == REFUSED
    assert {"empty_completion", "too_few_rows"} <= {one["code"] for one in version.findings}
    assert (version.rows, version.figures["rows_in"]) == (3, 4)


def test_a_fix_makes_a_version_named_by_its_hash(person: Person) -> None:
    first = check(waiting(person))

    made = check(version_fix(version=first, fix="leave_out_rows"))

    assert (made.number, made.parent_id, made.state) == (2, first.pk, CHECKED)
    assert made.path.read_text() == FAULTY.splitlines(keepends=True)[0] * 3
    assert made.changes["left_out"] == 1
    assert first.path.read_text() == FAULTY
    assert Dataset.objects.get().head_id == made.pk


def texts_in(value: Any) -> Iterator[str]:
    """Every text in a value that is stored as JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for one in value.values() if isinstance(value, dict) else value:
            yield from texts_in(one)


def test_what_no_database_holds_is_stored_as_what_it_can(person: Person) -> None:
    version = waiting(person)
    quoted = ["a\0b", {"half": "\ud800"}]
    version.worker, version.attempt = "w", 1
    version.save()
    outcome = Outcome(state=REFUSED, findings=[{"code": quoted}], figures={"classes": quoted})

    version_finish(version=version, outcome=outcome)

    for stored in (now(version).findings, now(version).figures):
        assert set(texts_in(stored)) == {"a\ufffdb", "?"}


def test_a_claim_is_won_once(person: Person) -> None:
    version = waiting(person)

    first, second = version_claim(worker="a"), version_claim(worker="b")

    assert first == version
    assert second is None
    assert (now(version).worker, now(version).attempt) == ("a", 1)


def test_people_take_turns(person: Person, stranger: Person) -> None:
    for name in ("one", "two"):
        waiting(person, name=name)
    theirs = waiting(stranger)
    version_claim(worker="a")

    assert version_claim(worker="a") == theirs


@pytest.mark.django_db(transaction=True)
def test_workers_at_the_same_time_share_the_work(person: Person) -> None:
    for number in range(6):
        waiting(person, name=str(number))
    claimed: list[DatasetVersion] = []

    def work(name: str) -> None:
        try:
            while DatasetVersion.objects.filter(worker="").exists():
                try:
                    version = version_claim(worker=name)
                except OperationalError as error:
                    # SQLite's lock is held by another thread of this process.
                    assert is_passing(error)
                    continue
                if version:
                    claimed.append(version)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(claimed) == len({version.pk for version in claimed}) == 6


def test_what_a_dead_worker_held_is_taken_up_by_another(person: Person) -> None:
    version = waiting(person, content=ROWS)
    dead = start_worker("dead")
    version_claim(worker=dead)
    worker_mark_stopped(names=[dead])

    sweep(free_slots=1)
    taken = version_claim(worker=start_worker("alive"))

    assert taken == version
    examine_version(Examining(taken))
    assert now(version).state == CHECKED


def test_a_worker_that_starts_again_releases_what_it_held(person: Person) -> None:
    version = waiting(person)
    version_claim(worker="check@here")

    assert worker_versions_release(worker="check@here") == 1

    assert (now(version).worker, now(version).losses) == ("", 1)


def test_an_older_attempt_stores_nothing(person: Person) -> None:
    waiting(person)
    zombie = version_claim(worker="a")
    assert zombie is not None
    version_release(version_id=zombie.pk, attempt=zombie.attempt, lost=True)
    taken = version_claim(worker="a")
    assert taken is not None

    assert not version_finish(version=zombie, outcome=Outcome(state=CHECKED))
    assert version_finish(version=taken, outcome=Outcome(state=REFUSED))
    assert now(taken).state == REFUSED


def test_what_ends_its_worker_each_time_is_given_up_and_can_be_tried_again(
    person: Person, settings: LazySettings
) -> None:
    version = waiting(person)
    for _ in range(settings.MAX_ATTEMPTS):
        assert version_claim(worker="a") is not None
        worker_versions_release(worker="a")

    assert version_claim(worker="a") is None
    given_up = now(version)
    assert given_up.state == REFUSED
    assert [one["code"] for one in given_up.findings] == ["check_given_up"]

    version_check_again(version=given_up)
    assert version_claim(worker="a") == version


def test_a_lost_ring_is_rung_again_and_no_more_than_needed(person: Person) -> None:
    for number in range(3):
        waiting(person, name=str(number))

    for _ in range(2):
        sweep(free_slots=2)

    assert rings_waiting(CHECK, CHECK_QUEUE) == 2


def test_a_worker_examines_all_that_waits(person: Person) -> None:
    versions = [waiting(person, content=ROWS, name=str(number)) for number in range(3)]

    Checking(SiteOptions(name="check@here", slots=1)).serve_ring()

    assert {now(version).state for version in versions} == {CHECKED}


def test_a_dataset_that_is_deleted_meanwhile_leaves_no_file(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = waiting(person, content=ROWS)
    real = examination.examine

    def examine_and_delete(path: Any, **options: Any) -> Any:
        found = real(path, **options)
        dataset_delete(dataset=Dataset.objects.get())
        return found

    monkeypatch.setattr(examination, "examine", examine_and_delete)
    claimed = version_claim(worker="a")
    assert claimed is not None
    examine_version(Examining(claimed))

    assert list(version.path.parent.iterdir()) == []


def test_a_check_that_breaks_is_said_and_stops_nobody(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, good = waiting(person, name="broken"), waiting(person, content=ROWS)
    real = examination.examine

    def examine_or_break(path: Any, **options: Any) -> Any:
        if path == broken.path:
            raise RuntimeError("a fault of ours")
        return real(path, **options)

    monkeypatch.setattr(examination, "examine", examine_or_break)
    Checking(SiteOptions(name="check@here", slots=1)).serve_ring()

    assert [one["code"] for one in now(broken).findings] == ["check_failed"]
    assert now(good).state == CHECKED


def test_given_back_it_begins_again_elsewhere(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = waiting(person, content=ROWS)
    claimed = version_claim(worker="a")
    assert claimed is not None
    examining = Examining(claimed)
    examining.give_back()

    examine_version(examining)

    assert (now(version).state, now(version).worker) == (DatasetVersion.State.CHECKING, "")
    assert version_claim(worker="b") == version


def test_a_model_without_its_tokenizer_is_said(person: Person) -> None:
    version = waiting(person)
    Dataset.objects.update(model="gone")

    check(now(version))

    assert now(version).state == REFUSED
    assert [one["code"] for one in now(version).findings] == ["unknown_model"]
