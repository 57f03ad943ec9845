"""The page's way to the probabilities of its prompt, and back."""

from typing import Any

import pytest
from django.test import Client, override_settings

from playground.accounts.models import Person
from playground.checkpoints.registry import registry
from playground.checkpoints.tokenizers import tokenizer_for
from playground.prompts.catalog import TEMPLATES
from playground.scores.models import Score
from tests.accounts.people import guest_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]

JSON = {"Accept": "application/json"}


@pytest.fixture
def client(person: Person) -> Client:
    return guest_client(person)


def ask(client: Client, template: str = "free", **posted: Any) -> Any:
    form = {"model": "tiny", "max_tokens": "16", **posted}
    return client.post(f"/{template}/score/", form, headers=JSON)


def in_utf16(text: str, start: int, end: int) -> str:
    return text.encode("utf-16-le")[2 * start : 2 * end].decode("utf-16-le")


def test_the_answer_has_the_tokens_with_their_places(client: Client, person: Person) -> None:
    text = "A 😀 in Rome"

    answer = ask(client, prompt=text)

    assert answer.status_code == 202
    score = Score.objects.get(person=person)
    tokens = answer.json()["tokens"]
    assert [token for token, *_ in tokens] == score.ids
    assert score.ids == tokenizer_for(registry().get("tiny")).encode(text)
    # The face's tokens share a place.
    places = dict.fromkeys((start, end) for _, start, end in tokens)
    assert "".join(in_utf16(text, *place) for place in places) == text
    assert answer.json()["url"] == f"/scores/{score.pk}/"


def test_values_and_added_texts_are_sent_and_have_no_place(client: Client, person: Person) -> None:
    posted = {"variables": "city", "var.city": "Rome", "inject_start": r"\nA:"}

    answer = ask(client, prompt="To {{city}}, now", **posted).json()

    tokenizer = tokenizer_for(registry().get("tiny"))
    assert Score.objects.get().ids == tokenizer.encode("To Rome, now\nA:")
    assert answer["text"] == "To {{city}}, now"
    placed = [token[1:] for token in answer["tokens"] if len(token) > 1]
    shown = "".join(answer["text"][start:end] for start, end in placed)
    assert shown.startswith("To")
    assert shown.endswith(", now")
    assert "city" not in shown


def test_of_a_long_text_the_end_that_a_run_sends_is_rated(client: Client) -> None:
    text = "word " * 5_000

    answer = ask(client, prompt=text).json()

    tokens = answer["tokens"]
    assert len(Score.objects.get().ids) == len(tokens) < 5_000
    assert tokens[-1][2] == len(text)
    assert tokens[0][1] == len(text) - sum(end - start for _, start, end in tokens)


def test_a_template_rates_its_finished_prompt(client: Client) -> None:
    fields = {"schema": "cities(id, name)", "request": "Name all cities."}

    answer = ask(client, "sql", **fields).json()

    values = {**TEMPLATES["sql"].example, "examples": [], **fields}
    assert answer["text"] == TEMPLATES["sql"].build(values)
    assert all(len(token) == 3 for token in answer["tokens"])


@pytest.mark.parametrize(
    ("posted", "code"),
    [
        ({"prompt": ""}, "prompt_empty"),
        ({"prompt": "Hello", "model": "none"}, "unknown_model"),
        ({"prompt": "To {{city}}"}, "invalid_input"),
        ({"prompt": "Hello", "model": "tiny:of-somebody-else"}, "not_found"),
    ],
)
def test_what_cannot_be_rated_is_refused(client: Client, posted: dict[str, str], code: str) -> None:
    answer = ask(client, **posted)

    assert answer.status_code in (400, 404)
    assert answer.json()["error"]["code"] == code
    assert not Score.objects.exists()


@override_settings(LIMIT_PERSON_ACTIVE=1)
def test_too_many_at_once_are_refused(client: Client) -> None:
    ask(client, prompt="Hello")

    answer = ask(client, prompt="Hello")

    assert answer.status_code == 429
    assert "Retry-After" in answer.headers


def test_the_page_reads_the_score_until_it_has_ended(client: Client, person: Person) -> None:
    url = ask(client, prompt="Hello you").json()["url"]
    waiting = client.get(url).json()
    Score.objects.update(status="succeeded", result=[[None, []], [-1.5, [[65, -0.5]]]])

    assert waiting["status"] == "queued"
    assert "worker" in waiting["note"]
    assert client.get(url).json() == {
        "status": "succeeded",
        "note": "",
        "error": "",
        "result": [[None, []], [-1.5, [[65, -0.5]]]],
    }


def test_a_page_can_forget_it(client: Client) -> None:
    url = ask(client, prompt="Hello").json()["url"]

    assert client.delete(url).status_code == 204
    assert client.get(url, headers=JSON).status_code == 404
    assert not Score.objects.exists()
