"""The work between the post of a form and its answer: no more than the answer needs."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from playground.accounts.models import Person
from playground.accounts.people import COOKIE, cookie_value
from playground.checkpoints.tokenizers import TextTokenizer
from playground.core import search
from playground.prompts.catalog import TEMPLATES
from playground.prompts.form import default_form
from playground.runs.finishing import run_finish_from_log, run_index_prompt
from playground.runs.leases import sweep
from playground.runs.models import Run

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]

# What is asked for and written: the person; what all of their address keep, by five quotas; what
# runs already, for the person and for the address; the run; its place in the queue. And the two
# ends of the transaction, which is a savepoint in a test; and the lock of the person's row where a
# database locks rows.
MAX_QUERIES = 12 + connection.features.has_select_for_update


@pytest.fixture
def guest(person: Person) -> Client:
    person.address = "somewhere"
    person.save()
    client = Client()
    client.cookies[COOKIE] = cookie_value(person.pk)
    return client


@pytest.fixture
def tokenized_texts(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The texts that a tokenizer was given, in order."""
    texts: list[str] = []
    for name in ("encode", "count", "starts"):
        original = getattr(TextTokenizer, name)

        def note(self: TextTokenizer, text: str, original: Any = original) -> Any:
            texts.append(text)
            return original(self, text)

        monkeypatch.setattr(TextTokenizer, name, note)
    yield texts


def send(client: Client, slug: str, **form: object) -> None:
    form = {"max_tokens": "4", **form}
    answer = client.post(f"/{slug}/run/", form, headers={"HX-Request": "true"})
    assert answer.status_code == 200


def post(client: Client, slug: str = "free", **form: object) -> Run:
    send(client, slug, **form)
    return Run.objects.latest("number")


def test_a_post_takes_few_queries_and_reads_the_person_once(
    guest: Client, django_assert_max_num_queries: Any
) -> None:
    post(guest, prompt="To compile the templates")
    Run.objects.all().delete()

    with django_assert_max_num_queries(MAX_QUERIES) as asked:
        send(guest, "free", prompt="Once")

    people = [
        q["sql"] for q in asked.captured_queries if 'accounts_person"."created_at' in q["sql"]
    ]
    assert len(people) == 1
    assert not any("searchentry" in query["sql"] for query in asked.captured_queries)


@pytest.mark.parametrize("slug", ["free", "chat", "qa"])
def test_a_prompt_is_tokenized_once(guest: Client, tokenized_texts: list[str], slug: str) -> None:
    values = default_form(TEMPLATES[slug]).values
    form: dict[str, object] = {"prompt": "Once"}
    if slug == "chat":
        form = {"setting": values["setting"], "message": "Hello", "turns_speaker": "Customer"}
        form["turns_text"] = "Hi."
    if slug == "qa":
        form = {"knowledge": values["knowledge"], "question": values["question"]}

    run = post(guest, slug, **form)

    assert tokenized_texts == [run.prompt]
    assert run.prompt_tokens == len(run.prompt.encode())


def test_only_the_sent_part_of_a_cut_text_is_counted(guest: Client) -> None:
    run = post(guest, prompt="0123456789" * 10, max_tokens="2000")

    assert run.prompt_tokens == len(run.prompt) == 48


def test_a_waiting_run_is_found_after_a_sweep(guest: Client, person: Person) -> None:
    run = post(guest, prompt="A question of zebras")
    assert find(person, "zebras") == []

    sweep(model="other", free_slots=0)

    assert find(person, "zebras") == [run.pk]


def test_the_words_of_an_output_are_not_replaced_by_those_of_the_prompt(
    guest: Client, person: Person
) -> None:
    run = post(guest, prompt="A question of zebras")
    assert run_finish_from_log(run_id=run.pk, status="cancelled", reason="abort")
    search.put(
        kind="run",
        object_id=run.pk,
        owner=person.pk,
        number=run.number,
        words=search.words("zebras and giraffes"),
    )

    assert not run_index_prompt(run_id=run.pk)

    assert find(person, "giraffes") == [run.pk]


def find(person: Person, query: str) -> list[Any]:
    return list(search.matching(kind="run", owner=person.pk, query=query))
