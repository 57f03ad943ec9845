"""Branches and several runs at once: what is saved, and what is refused."""

import pytest
from django.test import override_settings

from playground.accounts.models import Person
from playground.core.errors import InvalidInput, TooManyRuns
from playground.runs.branching import run_branch
from playground.runs.models import Run
from playground.runs.parameters import MAX_SEED, Parameters
from playground.runs.services import run_retry, runs_create
from playground.runs.state import PromptState
from tests.conftest import make_run

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]

A, B, C = ([letter, chr(letter), -0.1, [[letter, -0.1], [120, -2.5]]] for letter in (97, 98, 99))


def create(person: Person, count: int, **parameters: object) -> list[Run]:
    return runs_create(
        person=person,
        address="here",
        template="free",
        state=PromptState(
            fields={},
            text="Once",
            parameters=Parameters(**{"max_tokens": 16, **parameters}).to_json(),
            model="tiny",
        ),
        prompt="Once",
        count=count,
    )


def test_several_runs_are_siblings_in_one_tree(person: Person) -> None:
    first, second, third = create(person, 3)

    assert [run.origin_id for run in (first, second, third)] == [None, first.pk, first.pk]
    assert {run.tree for run in (first, second, third)} == {first.pk}


def test_a_pinned_seed_counts_up_so_that_each_can_be_repeated(person: Person) -> None:
    runs = create(person, 3, seed=MAX_SEED)

    assert [run.seed for run in runs] == [MAX_SEED, 0, 1]
    assert [run.parameters["seed"] for run in runs] == [MAX_SEED, 0, 1]
    assert run_retry(person=person, address="", run=runs[2]).seed == 1


@override_settings(LIMIT_PERSON_ACTIVE=4)
def test_several_are_saved_all_or_none(person: Person) -> None:
    create(person, 2)

    with pytest.raises(TooManyRuns, match="2 of at most 4"):
        create(person, 3)
    with pytest.raises(TooManyRuns, match="Ask for fewer outputs"):
        create(person, 5)

    assert Run.objects.count() == 2


def test_a_branch_begins_with_the_tokens_before_and_the_chosen_one(person: Person) -> None:
    run = make_run(person, status="succeeded", text="abc", tokens=[A, B, C], prompt_tokens=4)

    branch = run_branch(person=person, address="", run=run, position=2, token=120)

    # The chosen token has its probability; its text is the worker's to say.
    assert branch.given == [A, [120, "", -2.5, B[3]]]
    assert (branch.origin_id, branch.prompt, branch.status) == (run.pk, run.prompt, "queued")
    again = run_retry(person=person, address="", run=branch)
    assert again.given == branch.given


@pytest.mark.parametrize(("position", "token"), [(0, 120), (4, 120), (1, 10**6)])
def test_a_place_or_a_token_that_is_not_there_is_refused(
    person: Person, position: int, token: int
) -> None:
    run = make_run(person, status="succeeded", text="abc", tokens=[A, B, C])

    with pytest.raises(InvalidInput):
        run_branch(person=person, address="", run=run, position=position, token=token)

    assert Run.objects.count() == 1
