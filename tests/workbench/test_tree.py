"""The tree of runs: parents and children, how it is drawn, and that it is one query."""

import re
import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from playground.accounts.models import Person
from playground.accounts.people import COOKIE, cookie_value
from playground.runs.models import Run
from playground.runs.parameters import Parameters
from playground.runs.services import run_create, run_retry
from playground.runs.state import PromptState
from playground.workbench.tree import tree_of
from tests.conftest import make_run

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]


@pytest.fixture
def guest(person: Person) -> Client:
    client = Client()
    client.cookies[COOKIE] = cookie_value(person.pk)
    return client


def create(person: Person, parent: Run | None = None) -> Run:
    return run_create(
        person=person,
        address="",
        template="free",
        state=PromptState(
            fields={}, text="Once", parameters=Parameters(max_tokens=4).to_json(), model="tiny"
        ),
        prompt="Once",
        parent=parent,
    )


def grow(person: Person, parent: Run | None = None, **values: object) -> Run:
    """A finished run that continues ``parent``."""
    run_id = uuid.uuid4()
    tree = parent.tree if parent else run_id
    row: dict[str, object] = {"status": "succeeded", "text": "some words", **values}
    return make_run(person, id=run_id, parent=parent, tree=tree, **row)


def retry(run: Run) -> Run:
    return make_run(
        run.person, origin_id=run.first_id, parent=run.parent, tree=run.tree, status="succeeded"
    )


def test_a_run_begins_a_tree_or_continues_one(person: Person) -> None:
    first = create(person)
    second = create(person, first)
    again = run_retry(person=person, address="", run=second)
    once_more = run_retry(person=person, address="", run=again)

    assert (first.parent_id, first.tree) == (None, first.pk)
    assert (second.parent_id, second.tree) == (first.pk, first.pk)
    for retry in (again, once_more):
        assert (retry.origin_id, retry.parent_id, retry.tree) == (second.pk, first.pk, first.pk)


def test_siblings_are_together_and_branches_below_their_run(person: Person) -> None:
    root = grow(person)
    edit = grow(person, root)
    other = grow(person, root)
    edit_again = retry(edit)
    leaf = grow(person, edit)

    tree = tree_of(leaf)

    assert [node.run.pk for node in tree.nodes] == [
        one.pk for one in (root, edit, leaf, edit_again, other)
    ]
    assert [(n.level, n.place, n.among) for n in tree.nodes] == [
        (1, 1, 1),
        (2, 1, 3),
        (3, 1, 1),
        (2, 2, 3),
        (2, 3, 3),
    ]
    assert [node.run.pk for node in tree.nodes if node.on_path] == [root.pk, edit.pk]
    assert [node.run.pk for node in tree.nodes if node.is_current] == [leaf.pk]
    assert [node.run.pk for node in tree_of(root).branches] == [edit.pk, edit_again.pk, other.pk]


def test_a_single_continuation_is_not_indented(person: Person) -> None:
    run = grow(person)
    for _ in range(30):
        run = grow(person, run)
    grow(person, run)
    grow(person, run)

    nodes = tree_of(run).nodes
    assert [node.rails for node in nodes] == [()] * 31 + [("tee",), ("end",)]
    assert [node.is_chained for node in nodes] == [False] + [True] * 30 + [False, False]


def test_lines_lead_from_each_run_to_its_parent(person: Person) -> None:
    root = grow(person)
    first = grow(person, root)
    grow(person, root)
    deep = grow(person, first)
    grow(person, deep)
    grow(person, deep)

    assert [node.rails for node in tree_of(root).nodes] == [
        (),
        ("tee",),
        ("pass",),
        ("pass", "tee"),
        ("pass", "end"),
        ("end",),
    ]


def test_siblings_at_the_top_are_told_from_a_chain(person: Person) -> None:
    first = grow(person)
    retry(first)

    nodes = tree_of(first).nodes

    assert [(node.rails, node.is_chained) for node in nodes] == [
        (("tee",), False),
        (("end",), False),
    ]


def test_a_deep_fork_stays_in_the_column(person: Person) -> None:
    run = grow(person)
    for _ in range(20):
        grow(person, run)
        run = grow(person, run)

    assert max(len(node.rails) for node in tree_of(run).nodes) == 6


def test_a_label_begins_with_the_first_word_that_differs(person: Person) -> None:
    first = grow(person, text="The  lake\n was calm and blue.")

    def label_of_sibling(text: str, **values: object) -> Run:
        return make_run(
            person,
            origin_id=first.pk,
            tree=first.tree,
            **{"text": text, "status": "succeeded", **values},
        )

    label_of_sibling("The lake was cold.")
    label_of_sibling("A ship came in.")
    label_of_sibling("The lake was cold.")
    label_of_sibling("The lake was")
    label_of_sibling("")
    label_of_sibling("", status="failed")
    label_of_sibling("", status="running")
    label_of_sibling("", status="queued")

    assert [node.label for node in tree_of(first).nodes] == [
        "… calm and blue.",
        "… cold.",
        "A ship came in.",
        "(the same text)",
        "… (ends there)",
        "(wrote nothing)",
        "(failed)",
        "(writing)",
        "(waiting)",
    ]


def test_what_made_a_run_is_said_in_words(person: Person) -> None:
    run = grow(person, parameters={"temperature": 0.2}, seed=7, model="tiny", given=[[1, "a"]])

    assert tree_of(run).nodes[0].facts == "tiny · temperature 0.2 · seed 7 · branched at a token"


def test_another_persons_runs_are_in_no_tree(person: Person, stranger: Person) -> None:
    run = grow(person)
    make_run(stranger, tree=run.tree, parent=run, text="secret")

    assert [node.run.pk for node in tree_of(run).nodes] == [run.pk]


def test_hundreds_of_nodes_are_one_query_without_their_texts(
    person: Person, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    root = grow(person)
    begin = timezone.now()
    rows = [
        Run(
            person=person,
            model="tiny",
            template="free",
            prompt="p" * 2000,
            text=f"node {number} " + "x" * 5000,
            parameters={},
            max_tokens=1,
            seed=1,
            status="succeeded",
            tree=root.tree,
            parent=root,
            created_at=begin + timedelta(seconds=number),
        )
        for number in range(600)
    ]
    Run.objects.bulk_create(rows)

    with django_assert_num_queries(1):
        tree = tree_of(root)
        labels = [node.label for node in tree.nodes]

    assert len(labels) == 601
    assert max(len(label) for label in labels) <= 120


def test_the_page_posts_the_run_on_it(guest: Client, person: Person) -> None:
    run = grow(person)
    page = guest.get(f"/runs/{run.pk}/").content.decode()

    assert f'<input type="hidden" name="parent" value="{run.pk}">' in page
    guest.post("/free/run/", {"prompt": "Twice", "max_tokens": "4", "parent": str(run.pk)})

    assert Run.objects.get(parent=run).tree == run.tree


@pytest.mark.parametrize("of", ["stranger", "nobody", "rubbish"])
def test_another_persons_parent_is_ignored(guest: Client, stranger: Person, of: str) -> None:
    theirs = grow(stranger)
    posted = {"stranger": str(theirs.pk), "nobody": str(uuid.uuid4()), "rubbish": "'; --"}[of]

    guest.post("/free/run/", {"prompt": "Twice", "max_tokens": "4", "parent": posted})

    new = Run.objects.exclude(pk=theirs.pk).get()
    assert (new.parent_id, new.tree) == (None, new.pk)


def test_the_page_shows_the_tree_once_there_is_one(guest: Client, person: Person) -> None:
    root = grow(person)
    alone = guest.get(f"/runs/{root.pk}/").content.decode()
    assert "treeitem" not in alone

    branch = grow(person, root, starred=True, text="<b>bold</b>")
    page = guest.get(f"/runs/{root.pk}/").content.decode()

    assert page.count('role="treeitem"') == 2
    assert "Branches: 1" in page
    assert "&lt;b&gt;bold&lt;/b&gt;" in page
    node = page[page.index(f'id="node-{branch.pk}"') :]
    node = node[: node.index("</a>")]
    assert f'data-parent="node-{root.pk}"' in node
    assert "data-starred" in node
    assert "hx-get" not in node


def test_a_sibling_opens_in_place_and_the_tree_comes_with_it(guest: Client, person: Person) -> None:
    run = grow(person)
    again = retry(run)

    part = guest.get(f"/runs/{again.pk}/output/", headers={"HX-Request": "true"}).content.decode()

    assert re.search(r'<nav class="tree" id="tree"[^>]* hx-swap-oob="true"', part)
    node = part[part.index(f'id="node-{run.pk}"') :]
    assert f'hx-get="/runs/{run.pk}/output/"' in node[: node.index(">")]


def test_star_and_unstar(guest: Client, person: Person) -> None:
    run = grow(person)

    answer = guest.post(f"/runs/{run.pk}/star/", {"starred": "1", "next": "/history/?q=x"})
    assert (answer.status_code, answer["Location"]) == (303, "/history/?q=x")
    assert Run.objects.get(pk=run.pk).starred
    answer = guest.post(f"/runs/{run.pk}/star/", {"starred": ""}, headers={"HX-Request": "true"})
    assert 'aria-pressed="false"' in answer.content.decode()
    assert not Run.objects.get(pk=run.pk).starred


@pytest.mark.parametrize("next_", ["//evil.example/", "https://evil.example/", "/\\evil", "x"])
def test_a_star_leads_nowhere_else(guest: Client, person: Person, next_: str) -> None:
    run = grow(person)

    answer = guest.post(f"/runs/{run.pk}/star/", {"starred": "1", "next": next_})

    assert answer["Location"] == f"/runs/{run.pk}/"


def test_a_star_on_a_runs_page_is_in_its_tree_too(guest: Client, person: Person) -> None:
    root = grow(person)
    branch = grow(person, root)
    here = {"HX-Request": "true", "HX-Current-URL": f"http://testserver/runs/{branch.pk}/"}

    answer = guest.post(f"/runs/{branch.pk}/star/", {"starred": "1"}, headers=here)

    assert "data-starred" in answer.content.decode()
