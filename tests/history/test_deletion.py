"""Deleting runs: what is deleted, what stays, and how the rest is connected."""

import uuid

import pytest
import redis
from django.test import Client

from playground.accounts.models import Person
from playground.accounts.people import COOKIE, cookie_value
from playground.core import search
from playground.live.tokenlog import Item, token_log
from playground.runs.deletion import runs_delete, runs_delete_all
from playground.runs.finishing import run_index, run_words
from playground.runs.leases import runs_to_stop
from playground.runs.models import Run
from playground.workbench.tree import tree_of
from tests.conftest import make_run

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]


@pytest.fixture
def guest(person: Person) -> Client:
    client = Client()
    client.cookies[COOKIE] = cookie_value(person.pk)
    return client


def grow(person: Person, parent: Run | None = None, **values: object) -> Run:
    run_id = uuid.uuid4()
    row: dict[str, object] = {"status": "succeeded", **values}
    run = make_run(person, id=run_id, parent=parent, tree=parent.tree if parent else run_id, **row)
    run_index(run_id=run.pk, words=run_words(run.prompt, run.text))
    return run


def left(person: Person) -> set[uuid.UUID]:
    return set(Run.objects.filter(person=person).values_list("pk", flat=True))


def test_branches_are_attached_to_the_nearest_ancestor_that_stays(person: Person) -> None:
    root = grow(person)
    first = grow(person, root)
    second = grow(person, first)
    leaf = grow(person, second)

    assert runs_delete(person=person, run_ids=[first.pk, second.pk]) == 2

    leaf.refresh_from_db()
    assert leaf.parent_id == root.pk
    assert [node.level for node in tree_of(leaf).nodes] == [1, 2]


def test_the_branches_of_a_deleted_first_run_are_at_the_top_of_the_same_tree(
    person: Person,
) -> None:
    root = grow(person)
    branches = [grow(person, root), grow(person, root)]

    runs_delete(person=person, run_ids=[root.pk])

    assert [node.run.pk for node in tree_of(branches[0]).nodes] == [run.pk for run in branches]
    assert left(person) == {run.pk for run in branches}


def test_siblings_of_a_deleted_first_one_stay_siblings(person: Person) -> None:
    first = grow(person)
    retries = [grow(person, origin=first) for _ in range(3)]

    runs_delete(person=person, run_ids=[first.pk, retries[1].pk])

    for run in retries:
        if run.pk in left(person):
            run.refresh_from_db()
    assert retries[0].origin_id is None
    assert retries[2].origin_id == retries[0].pk


def test_only_own_runs_are_deleted(person: Person, stranger: Person) -> None:
    own, theirs = grow(person), grow(stranger)

    assert runs_delete(person=person, run_ids=[own.pk, theirs.pk, uuid.uuid4()]) == 1

    assert left(stranger) == {theirs.pk}


def test_words_are_deleted_too(person: Person) -> None:
    run, kept = grow(person, prompt="a zebra"), grow(person, prompt="another zebra")

    runs_delete(person=person, run_ids=[run.pk])

    assert list(search.matching(kind="run", owner=person.pk, query="zebra")) == [kept.pk]


def test_a_live_run_is_stopped_and_no_worker_writes_to_it_again(
    person: Person,
    redis_client: redis.Redis,
    django_capture_on_commit_callbacks: object,
) -> None:
    run = grow(person, status="running", attempt=1, worker="w")
    log, run_id = token_log(), str(run.pk)
    log.start(run_id, attempt=1, epoch=1)
    item = Item(run=run_id, choice=0, attempt=1, epoch=1, before=0, tokens=['[5," a"]'])
    log.append([item])

    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        runs_delete(person=person, run_ids=[run.pk])

    assert not Run.objects.exists()
    assert redis_client.keys("log:*") == []
    assert [reply.stale for reply in log.append([item])] == [True]
    assert redis_client.keys("log:*") == []
    assert redis_client.ttl(f"fence:{run_id}") > 0
    assert runs_to_stop([run.pk]) == [run.pk]


def test_all_runs_of_a_person_and_no_others_are_deleted(person: Person, stranger: Person) -> None:
    root = grow(person)
    for _ in range(3):
        grow(person, root)
    grow(person, status="queued")
    theirs = grow(stranger)

    assert runs_delete_all(person=person) == 5

    assert left(person) == set()
    assert left(stranger) == {theirs.pk}
    assert search.SearchEntry.objects.count() == 1


# --- Pages ----------------------------------------------------------------------------------


def test_the_page_asks_and_then_deletes(guest: Client, person: Person) -> None:
    run = grow(person, prompt="Delete me")

    asked = guest.get(f"/runs/{run.pk}/delete/")
    assert "Delete me" in asked.content.decode()
    assert left(person) == {run.pk}
    answer = guest.post(f"/runs/{run.pk}/delete/", follow=True)

    assert "1 run deleted." in answer.content.decode()
    assert left(person) == set()


def test_selected_runs_are_deleted_after_a_question(
    guest: Client, person: Person, stranger: Person
) -> None:
    runs = [grow(person) for _ in range(3)]
    theirs = grow(stranger, prompt="secret")
    chosen = [str(run.pk) for run in (runs[0], runs[1], theirs)]

    asked = guest.post("/history/selected/", {"action": "delete", "run": chosen})
    html = asked.content.decode()
    assert "Delete 2 runs?" in html
    assert "secret" not in html
    assert len(left(person)) == 3
    guest.post("/history/delete/", {"run": chosen})

    assert left(person) == {runs[2].pk}
    assert left(stranger) == {theirs.pk}


def test_deleting_everything_needs_the_typed_word(guest: Client, person: Person) -> None:
    grow(person)

    wrong = guest.post("/history/delete-all/", {"word": "yes"})
    assert wrong.status_code == 400
    assert "Nothing was deleted" in wrong.content.decode()
    assert len(left(person)) == 1
    guest.post("/history/delete-all/", {"word": " Delete "})

    assert left(person) == set()


@pytest.mark.parametrize("action", ["delete", "jsonl", "compare"])
@pytest.mark.parametrize("run", [[], ["rubbish"], [str(uuid.uuid4())] * 400])
def test_invalid_input_is_refused_with_a_sentence(
    guest: Client, action: str, run: list[str]
) -> None:
    answer = guest.post("/history/selected/", {"action": action, "run": run})

    assert answer.status_code == 400
