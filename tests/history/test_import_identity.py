"""One run is one run, however often and by whomever its file is imported."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from playground.accounts.models import Person
from playground.accounts.moving import guest_adopt
from playground.core.errors import ImportInterrupted, InvalidInput
from playground.history import imports
from playground.history.import_plan import copy_id
from playground.history.imports import Imported
from playground.history.models import Import
from playground.runs.deletion import runs_delete_all
from playground.runs.models import Run
from tests.accounts.people import guest_client, make_user
from tests.history.test_import import bring, exported, grow, line

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]


def family(person: Person) -> bytes:
    """A file of a run, two that go on from it, and a retry of one."""
    root = grow(person)
    branch = grow(person, root, minute=1)
    grow(person, root, minute=2, origin=branch)
    grow(person, branch, minute=3)
    return exported(person)


def shape(person: Person) -> list[tuple[int | None, int | None, int | None]]:
    """For each run, oldest first: the places of its parent, its origin and its tree's first."""
    runs = list(Run.objects.filter(person=person).order_by("number"))
    place = {run.pk: at for at, run in enumerate(runs)}
    return [
        (place.get(run.parent_id), place.get(run.origin_id), place.get(run.tree)) for run in runs
    ]


def test_in_the_same_account_nothing_doubles(person: Person) -> None:
    file = family(person)

    assert bring(person, file) == Imported(runs=0, here=4)
    assert bring(person, file) == Imported(runs=0, here=4)

    assert exported(person) == file


def test_another_account_gets_copies_once(person: Person, stranger: Person) -> None:
    file = family(stranger)
    first = [uuid.UUID(json.loads(one)["id"]) for one in file.splitlines()]

    assert bring(person, file) == Imported(runs=4, here=0)
    assert bring(person, file) == Imported(runs=0, here=4)

    ids = list(Run.objects.filter(person=person).order_by("-number").values_list("pk", flat=True))
    assert ids == [copy_id(person, one) for one in first]
    assert shape(person) == shape(stranger)
    assert exported(stranger) == file


def test_copies_have_the_same_ids_after_they_were_deleted(person: Person, stranger: Person) -> None:
    file = family(stranger)
    bring(person, file)
    copies = exported(person)
    runs_delete_all(person=person)

    bring(person, file)

    assert exported(person) == copies


def test_export_import_export_is_stable_for_copies_too(person: Person, stranger: Person) -> None:
    bring(person, family(stranger))
    copies = exported(person)

    assert bring(person, copies) == Imported(runs=0, here=4)
    runs_delete_all(person=person)
    assert bring(person, copies) == Imported(runs=4, here=0)

    assert exported(person) == copies


@pytest.mark.parametrize("is_gone", [False, True])
def test_a_copy_of_a_copy_is_the_same_run(person: Person, stranger: Person, is_gone: bool) -> None:
    theirs = family(stranger)
    bring(person, theirs)
    copies = exported(person)
    third = Person.objects.create()
    if is_gone:
        runs_delete_all(person=stranger)
        runs_delete_all(person=person)

    assert bring(third, copies) == Imported(runs=4, here=0)
    assert bring(third, theirs) == Imported(runs=0, here=4)
    assert bring(third, theirs, copies) == Imported(runs=0, here=4, repeats=4)

    assert shape(third) == [(None, None, 0), (0, None, 0), (0, 1, 0), (1, None, 0)]


def test_who_made_them_finds_them_again_in_a_copy(person: Person, stranger: Person) -> None:
    family(stranger)
    bring(person, exported(stranger))

    assert bring(stranger, exported(person)) == Imported(runs=0, here=4)


def test_what_went_on_from_a_copy_finds_it_in_a_later_file(
    person: Person, stranger: Person
) -> None:
    lines = family(stranger).splitlines(keepends=True)
    bring(person, *lines[1:])

    # The newest went on from one that came in before.
    assert bring(person, lines[0]) == Imported(runs=1, here=0)

    assert shape(person) == shape(stranger)


def test_branches_that_come_before_their_root_are_of_its_tree(
    person: Person, stranger: Person
) -> None:
    *branches, root = family(stranger).splitlines(keepends=True)

    bring(person, *branches)
    bring(person, root)

    assert len(set(Run.objects.filter(person=person).values_list("tree", flat=True))) == 1


@pytest.mark.parametrize("has_account", [True, False])
def test_a_guests_import_is_known_to_the_account_it_moves_into(
    person: Person, stranger: Person, has_account: bool
) -> None:
    file = family(stranger)
    bring(person, file)
    user = make_user("ann")
    if has_account:
        Person.objects.create(user=user)

    account = guest_adopt(guest=person, user=user)

    assert bring(account, file) == Imported(runs=0, here=4)
    copies = exported(account)
    runs_delete_all(person=account)
    assert bring(account, copies) == Imported(runs=4, here=0)
    assert bring(account, file) == Imported(runs=0, here=4)
    assert exported(account) == copies


def test_what_both_had_stays_and_no_import_adds_to_it(person: Person, stranger: Person) -> None:
    file = family(stranger)
    user = make_user("ann")
    account = Person.objects.create(user=user)
    bring(account, file)
    bring(person, file)
    Run.objects.filter(person=person).update(starred=True)

    guest_adopt(guest=person, user=user)

    assert Run.objects.filter(person=account).count() == 8
    assert bring(account, file) == Imported(runs=0, here=4)


def test_an_id_that_was_taken_on_purpose_does_no_harm(person: Person, stranger: Person) -> None:
    """Somebody who knows what a copy will be called has made a run of that id."""
    one = grow(stranger)
    taken = copy_id(person, one.pk)
    bring(stranger, line(id=str(taken)))
    file = exported(stranger).splitlines(keepends=True)[-1]

    assert bring(person, file).runs == 1
    assert bring(person, file) == Imported(runs=0, here=1)

    (run,) = Run.objects.filter(person=person)
    assert run.pk not in (one.pk, taken)


def test_what_repeats_is_made_before_is_refused(person: Person) -> None:
    origin = str(uuid.uuid4())
    later = line(id=origin, created_at="2026-03-02T12:00:00+00:00")

    with pytest.raises(InvalidInput, match="Line 1: its original was made after it"):
        bring(person, line(origin=origin), later)


# --- Cut off --------------------------------------------------------------------------------


@pytest.fixture
def cut(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Imports in batches of two; the third batch of the next one finds the process gone."""
    monkeypatch.setattr(imports, "BATCH", 2)
    import_batch, batches = imports._import_batch, iter(range(100))

    def import_some(*arguments: Any) -> None:
        if next(batches) == 2:
            raise SystemExit
        import_batch(*arguments)

    monkeypatch.setattr(imports, "_import_batch", import_some)
    yield


@pytest.mark.usefixtures("cut")
def test_what_was_cut_off_is_told_and_the_same_file_brings_the_rest(person: Person) -> None:
    maker = Person.objects.create()
    runs = [grow(maker)]
    for minute in range(1, 9):
        runs.append(grow(maker, runs[-1], minute=minute))
    file = exported(maker)
    runs_delete_all(person=maker)
    with pytest.raises(SystemExit):
        bring(person, file)
    client = guest_client(person)

    # Whole runs, the oldest: none without what it went on from.
    assert shape(person) == [(None, None, 0), (0, None, 0), (1, None, 0), (2, None, 0)]
    page = client.get("/history/").content.decode()
    assert "An import stopped after 4 of 9 runs." in page
    assert bring(person, file) == Imported(runs=5, here=4)

    assert exported(person) == file
    assert "An import stopped" not in client.get("/history/").content.decode()


@pytest.mark.usefixtures("cut")
def test_the_note_can_be_dismissed(person: Person) -> None:
    with pytest.raises(SystemExit):
        bring(person, *(line() for _ in range(9)))
    client = guest_client(person)

    assert client.post("/history/import/forget/").status_code == 303

    assert "An import stopped" not in client.get("/history/").content.decode()
    assert not Import.objects.exists()


def test_a_guest_who_signs_in_meanwhile_is_told(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "BATCH", 2)
    user = make_user("ann")
    account = Person.objects.create(user=user)
    import_batch, batches = imports._import_batch, iter(range(100))

    def sign_in_between(*arguments: Any) -> None:
        if next(batches) == 1:
            guest_adopt(guest=Person.objects.get(pk=person.pk), user=user)
        import_batch(*arguments)

    monkeypatch.setattr(imports, "_import_batch", sign_in_between)
    file = [line() for _ in range(6)]

    with pytest.raises(ImportInterrupted, match="stopped after 2 runs: you signed in"):
        bring(person, *file)

    assert bring(account, *file) == Imported(runs=4, here=2)


def test_runs_deleted_meanwhile_are_no_parents(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "BATCH", 1)
    import_batch, batches = imports._import_batch, iter(range(100))

    def delete_between(*arguments: Any) -> None:
        if next(batches) == 1:
            runs_delete_all(person=person)
        import_batch(*arguments)

    monkeypatch.setattr(imports, "_import_batch", delete_between)
    root, branch = str(uuid.uuid4()), str(uuid.uuid4())

    bring(
        person,
        line(id=root),
        line(id=branch, parent=root, tree=root, created_at="2026-03-01T13:00:00+00:00"),
    )

    (run,) = Run.objects.filter(person=person)
    assert (run.pk, run.parent_id) == (uuid.UUID(branch), None)


def test_two_who_import_the_same_at_the_same_moment_both_get_all(
    person: Person, stranger: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = [line() for _ in range(4)]
    monkeypatch.setattr(imports, "BATCH", 2)
    import_batch, batches = imports._import_batch, iter(range(100))

    def other_in_between(*arguments: Any) -> None:
        if next(batches) == 1:
            bring(stranger, *file)
        # What the database refuses must not end the test's own transaction.
        with transaction.atomic():
            import_batch(*arguments)

    monkeypatch.setattr(imports, "_import_batch", other_in_between)

    assert bring(person, *file) == Imported(runs=4, here=0)

    assert Run.objects.filter(person=stranger).count() == 4
    assert Run.objects.filter(person=person).count() == 4
