"""The data that the command palette gets on any page."""

from typing import Any

import pytest
from django.test import Client

from playground.accounts.models import Person
from playground.prompts.catalog import TEMPLATES
from playground.workbench.palette import MAX_PROMPTS
from tests.library.saved import guest_of, saved_prompt

pytestmark = pytest.mark.django_db


def palette_answer(client: Client, words: str = "") -> dict[str, Any]:
    response = client.get("/palette/", {"q": words})
    assert response.status_code == 200
    answer: dict[str, Any] = response.json()
    return answer


def titles(client: Client, words: str = "") -> list[str]:
    return [prompt["name"] for prompt in palette_answer(client, words)["prompts"]]


def test_a_stranger_gets_templates_and_models(client: Client) -> None:
    answer = palette_answer(client)

    assert [template["key"] for template in answer["templates"]] == list(TEMPLATES)
    assert answer["models"]
    assert answer["prompts"] == []
    assert not Person.objects.exists()
    for entry in answer["templates"] + answer["models"]:
        assert client.get(entry["address"]).status_code == 200


def test_own_prompts_are_found_by_title_and_text(person: Person, stranger: Person) -> None:
    travel = saved_prompt(person, "Where is the railway station?", title="Travel")
    saved_prompt(person, "Nothing of the kind", title="Other")
    saved_prompt(person, "A railway long gone", title="Gone", archived_at=travel.created_at)
    saved_prompt(stranger, "Another railway", title="Not mine")
    client = guest_of(person)

    assert titles(client) == ["Other", "Travel"]
    assert titles(client, "trav") == titles(client, "railway stat") == ["Travel"]
    assert titles(client, "zebra\0") == []
    (entry,) = palette_answer(client, "travel")["prompts"]
    assert entry["address"] == f"/prompts/{travel.pk}/"
    assert entry["template"] == TEMPLATES["free"].name


def test_a_list_stays_short_and_is_a_query_a_kind(
    person: Person, django_assert_max_num_queries: Any
) -> None:
    for number in range(MAX_PROMPTS + 3):
        saved_prompt(person, "Hello", title=f"Greeting {number}")
    client = guest_of(person)

    with django_assert_max_num_queries(4):
        assert len(titles(client, "greeting")) == MAX_PROMPTS


def test_a_template_that_is_gone_hides_no_prompt(person: Person) -> None:
    saved_prompt(person, title="Old", template="gone")

    assert titles(guest_of(person)) == ["Old"]


def test_the_palette_writes_nothing(client: Client) -> None:
    assert client.post("/palette/").status_code == 405
