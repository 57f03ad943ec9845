"""One run stays one run, however often and by whomever its file is imported."""

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
from tests.history.test_import import export, grow, import_rows, line

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]


def family(person: Person) -> bytes:
    """A file with a run, two that continue it, and a retry of one."""
    root = grow(person)
    branch = grow(person, root, minute=1)
    grow(person, root, minute=2, origin=branch)
    grow(person, branch, minute=3)
    return export(person)


def shape(person: Person) -> list[tuple[int | None, int | None, int | None]]:
    """For each run, oldest first:

    the places of its parent, its origin and the first run of its tree.
    """
    runs = list(Run.objects.filter(person=person).order_by("number"))
    place = {run.pk: at for at, run in enumerate(runs)}
    return [
        (place.get(run.parent_id), place.get(run.origin_id), place.get(run.tree)) for run in runs
    ]


def test_an_import_into_the_same_account_doubles_nothing(person: Person) -> None:
    file = family(person)

    assert import_rows(person, file) == Imported(runs=0, here=4)
    assert import_rows(person, file) == Imported(runs=0, here=4)

    assert export(person) == file


def test_another_account_gets_copies_once(person: Person, stranger: Person) -> None:
    file = family(stranger)
    first = [uuid.UUID(json.loads(one)["id"]) for one in file.splitlines()]

    assert import_rows(person, file) == Imported(runs=4, here=0)
    assert import_rows(person, file) == Imported(runs=0, here=4)

    ids = list(Run.objects.filter(person=person).order_by("-number").values_list("pk", flat=True))
    assert ids == [copy_id(person, one) for one in first]
    assert shape(person) == shape(stranger)
    assert export(stranger) == file


def test_copies_have_the_same_ids_after_they_were_deleted(person: Person, stranger: Person) -> None:
    file = family(stranger)
    import_rows(person, file)
    copies = export(person)
    runs_delete_all(person=person)

    import_rows(person, file)

    assert export(person) == copies


def test_export_import_export_is_stable_for_copies_too(person: Person, stranger: Person) -> None:
    import_rows(person, family(stranger))
    copies = export(person)

    assert import_rows(person, copies) == Imported(runs=0, here=4)
    runs_delete_all(person=person)
    assert import_rows(person, copies) == Imported(runs=4, here=0)

    assert export(person) == copies


@pytest.mark.parametrize("is_gone", [False, True])
def test_a_copy_of_a_copy_is_the_same_run(person: Person, stranger: Person, is_gone: bool) -> None:
    theirs = family(stranger)
    import_rows(person, theirs)
    copies = export(person)
    third = Person.objects.create()
    if is_gone:
        runs_delete_all(person=stranger)
        runs_delete_all(person=person)

    assert import_rows(third, copies) == Imported(runs=4, here=0)
    assert import_rows(third, theirs) == Imported(runs=0, here=4)
    assert import_rows(third, theirs, copies) == Imported(runs=0, here=4, repeats=4)

    assert shape(third) == [(None, None, 0), (0, None, 0), (0, 1, 0), (1, None, 0)]


def test_the_original_owner_recognises_the_runs_in_a_copy(person: Person, stranger: Person) -> None:
    family(stranger)
    import_rows(person, export(stranger))

    assert import_rows(stranger, export(person)) == Imported(runs=0, here=4)


def test_a_continuation_of_a_copy_finds_its_parent_in_a_later_file(
    person: Person, stranger: Person
) -> None:
    lines = family(stranger).splitlines(keepends=True)
    import_rows(person, *lines[1:])

    # The newest run continued one that was imported.
    assert import_rows(person, lines[0]) == Imported(runs=1, here=0)

    assert shape(person) == shape(stranger)


def test_branches_before_their_root_belong_to_its_tree(person: Person, stranger: Person) -> None:
    *branches, root = family(stranger).splitlines(keepends=True)

    import_rows(person, *branches)
    import_rows(person, root)

    assert len(set(Run.objects.filter(person=person).values_list("tree", flat=True))) == 1


@pytest.mark.parametrize("has_account", [True, False])
def test_a_guests_import_is_known_to_the_account_it_moves_into(
    person: Person, stranger: Person, has_account: bool
) -> None:
    file = family(stranger)
    import_rows(person, file)
    user = make_user("ann")
    if has_account:
        Person.objects.create(user=user)

    account = guest_adopt(guest=person, user=user)

    assert import_rows(account, file) == Imported(runs=0, here=4)
    copies = export(account)
    runs_delete_all(person=account)
    assert import_rows(account, copies) == Imported(runs=4, here=0)
    assert import_rows(account, file) == Imported(runs=0, here=4)
    assert export(account) == copies


def test_copies_of_both_stay_and_no_import_adds_more(person: Person, stranger: Person) -> None:
    file = family(stranger)
    user = make_user("ann")
    account = Person.objects.create(user=user)
    import_rows(account, file)
    import_rows(person, file)
    Run.objects.filter(person=person).update(starred=True)

    guest_adopt(guest=person, user=user)

    assert Run.objects.filter(person=account).count() == 8
    assert import_rows(account, file) == Imported(runs=0, here=4)


def test_a_deliberately_taken_id_does_no_harm(person: Person, stranger: Person) -> None:
    """An attacker who knows the id of a future copy has made a run with that id."""
    one = grow(stranger)
    taken = copy_id(person, one.pk)
    import_rows(stranger, line(id=str(taken)))
    file = export(stranger).splitlines(keepends=True)[-1]

    assert import_rows(person, file).runs == 1
    assert import_rows(person, file) == Imported(runs=0, here=1)

    (run,) = Run.objects.filter(person=person)
    assert run.pk not in (one.pk, taken)


def test_an_original_made_after_its_retry_is_refused(person: Person) -> None:
    origin = str(uuid.uuid4())
    later = line(id=origin, created_at="2026-03-02T12:00:00+00:00")

    with pytest.raises(InvalidInput, match="Line 1: its original was made after it"):
        import_rows(person, line(origin=origin), later)


# --- Interrupted ----------------------------------------------------------------------------


@pytest.fixture
def cut(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Imports in batches of two; the third batch of the next import finds the process gone."""
    monkeypatch.setattr(imports, "BATCH", 2)
    import_batch, batches = imports._import_batch, iter(range(100))

    def import_some(*arguments: Any) -> None:
        if next(batches) == 2:
            raise SystemExit
        import_batch(*arguments)

    monkeypatch.setattr(imports, "_import_batch", import_some)
    yield


@pytest.mark.usefixtures("cut")
def test_an_interrupted_import_is_reported_and_the_same_file_adds_the_rest(person: Person) -> None:
    maker = Person.objects.create()
    runs = [grow(maker)]
    for minute in range(1, 9):
        runs.append(grow(maker, runs[-1], minute=minute))
    file = export(maker)
    runs_delete_all(person=maker)
    with pytest.raises(SystemExit):
        import_rows(person, file)
    client = guest_client(person)

    # Complete runs, oldest first: none without its parent.
    assert shape(person) == [(None, None, 0), (0, None, 0), (1, None, 0), (2, None, 0)]
    page = client.get("/history/").content.decode()
    assert "An import stopped after 4 of 9 runs." in page
    assert import_rows(person, file) == Imported(runs=5, here=4)

    assert export(person) == file
    assert "An import stopped" not in client.get("/history/").content.decode()


@pytest.mark.usefixtures("cut")
def test_the_note_can_be_dismissed(person: Person) -> None:
    with pytest.raises(SystemExit):
        import_rows(person, *(line() for _ in range(9)))
    client = guest_client(person)

    assert client.post("/history/import/forget/").status_code == 303

    assert "An import stopped" not in client.get("/history/").content.decode()
    assert not Import.objects.exists()


def test_a_guest_who_signs_in_during_an_import_sees_the_note(
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
        import_rows(person, *file)

    assert import_rows(account, *file) == Imported(runs=4, here=2)


def test_runs_deleted_during_an_import_are_no_parents(
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

    import_rows(
        person,
        line(id=root),
        line(id=branch, parent=root, tree=root, created_at="2026-03-01T13:00:00+00:00"),
    )

    (run,) = Run.objects.filter(person=person)
    assert (run.pk, run.parent_id) == (uuid.UUID(branch), None)


def test_two_people_who_import_the_same_file_at_once_both_get_all_runs(
    person: Person, stranger: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = [line() for _ in range(4)]
    monkeypatch.setattr(imports, "BATCH", 2)
    import_batch, batches = imports._import_batch, iter(range(100))

    def other_in_between(*arguments: Any) -> None:
        if next(batches) == 1:
            import_rows(stranger, *file)
        # A refusal of the database must not end the test's own transaction.
        with transaction.atomic():
            import_batch(*arguments)

    monkeypatch.setattr(imports, "_import_batch", other_in_between)

    assert import_rows(person, *file) == Imported(runs=4, here=0)

    assert Run.objects.filter(person=stranger).count() == 4
    assert Run.objects.filter(person=person).count() == 4
