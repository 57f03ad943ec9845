"""What a person worked on last."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from playground.accounts.models import Person
from playground.core.search import new_number
from playground.library.models import Draft
from playground.library.recent import MAX_WORKS, recent_works
from tests.conftest import make_run
from tests.library.saved import free_state, saved_prompt

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]


def make_draft(person: Person, text: str, **values: object) -> Draft:
    state = free_state(text).to_json()
    return Draft.objects.create(person=person, **{"template": "free", "state": state, **values})


def test_a_tree_is_one_work_and_its_newest_run_opens_it(person: Person) -> None:
    first = make_run(person, prompt="A ferry")
    newest = make_run(person, prompt="A ferry", origin=first)

    (work,) = recent_works(person)

    assert (work.address, work.title, work.runs) == (f"/runs/{newest.pk}/", "A ferry", 2)


def test_a_draft_stands_for_the_tree_of_its_run(person: Person) -> None:
    run = make_run(person)
    make_draft(person, "Typed since", run=run)

    (work,) = recent_works(person)

    assert (work.address, work.title) == ("/free/", "Typed since")


def test_the_newest_come_first_and_copies_and_other_people_are_left_out(
    person: Person, stranger: Person, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    now, newest = timezone.now(), new_number()
    for number in range(8):
        moment = now - timedelta(hours=number)
        make_run(person, prompt=f"Text {number}", created_at=moment, number=newest - number)
    make_draft(person, "A copy", is_copy=True)
    make_run(stranger, prompt="Secret")

    with django_assert_max_num_queries(4):
        works = recent_works(person)

    assert [work.title for work in works] == [f"Text {number}" for number in range(MAX_WORKS)]
    assert recent_works(None) == []


def test_a_run_of_a_saved_prompt_has_its_title(person: Person) -> None:
    prompt = saved_prompt(person, "Hello", title="Greetings")
    make_run(person, version_id=prompt.head_id)

    assert "Greetings" in [work.title for work in recent_works(person)]
