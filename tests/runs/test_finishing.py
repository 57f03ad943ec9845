"""How a run ends when the database or its log fails."""

import json

import pytest
import redis

from playground.accounts.models import Person
from playground.core import search
from playground.live.tokenlog import Item, token_log
from playground.runs.finishing import ChoiceText, Outcome, run_finish, run_finish_from_log
from playground.runs.models import Run
from tests.conftest import make_run
from tests.support.refusals import refuse

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]


def finish(run: Run, **values: object) -> tuple[str, Run]:
    outcome = {"status": "succeeded", "reason": "stop", "text": "a b", "tokens": [[1, "a b"]]}
    stored = run_finish(
        run_id=run.pk,
        attempt=1,
        outcome=Outcome(**{**outcome, **values}),  # type: ignore[arg-type]
    )
    return stored, Run.objects.get(pk=run.pk)


def write_log(run: Run, *texts: str, choice: int = 0) -> None:
    tokens = [json.dumps([7, text]) for text in texts]
    item = Item(run=str(run.pk), choice=choice, attempt=1, epoch=1, before=0, tokens=tokens)
    token_log().append([item])


def test_a_text_that_is_refused_leaves_the_reason_and_no_text(person: Person) -> None:
    refuse("{row}text LIKE '%poison%'")
    run = make_run(person, status="running", attempt=1)

    stored, row = finish(run, text="some poison", tokens=[[1, "some poison"]])

    assert stored == row.status == "failed"
    assert (row.error_code, row.text, row.tokens) == ("storage_refused", "", [])
    assert "would refuse it again" in row.error_message
    assert "some poison" not in row.error_message
    assert row.finished_at is not None


def test_tokens_that_are_refused_leave_the_text(person: Person) -> None:
    refuse("CAST({row}tokens AS text) LIKE '%poison%'")
    run = make_run(person, status="running", attempt=1)

    stored, row = finish(run, text="good text", tokens=[[1, "good text", -0.1, ["poison"]]])

    assert (stored, row.text, row.tokens) == ("failed", "good text", [])


def test_a_choice_that_is_refused_leaves_the_first_text(person: Person) -> None:
    refuse("CAST({row}other_choices AS text) LIKE '%poison%'")
    run = make_run(person, status="running", attempt=1, n=2)

    stored, row = finish(run, others=[ChoiceText(text="poison", reason="stop")])

    assert (stored, row.text, row.other_choices) == ("failed", "a b", [])


def test_every_choice_is_kept_and_found_by_its_words(person: Person) -> None:
    run = make_run(person, status="running", attempt=1, n=2)
    other = ChoiceText(text=" zebra\r\n", reason="length", tokens=[[2, " zebra\r"], [3, "\n"]])

    _, row = finish(run, others=[other])

    assert row.other_choices == [
        {
            "text": " zebra\n",
            "tokens": [[2, " zebra\n"], [3, ""]],
            "finish_reason": "length",
            "stop_sequence": None,
        }
    ]
    assert (row.texts, row.completion_tokens) == (["a b", " zebra\n"], 3)
    found = search.matching(kind="run", owner=person.pk, query="zebra")
    assert list(found) == [run.pk]


def test_a_stopped_run_keeps_what_the_logs_of_all_choices_hold(person: Person) -> None:
    run = make_run(person, attempt=1, n=2, cancel_requested=True)
    write_log(run, "a", "b")
    write_log(run, "c", choice=1)

    assert run_finish_from_log(run_id=run.pk, status="cancelled", reason="abort")

    row = Run.objects.get(pk=run.pk)
    assert (row.text, row.completion_tokens) == ("ab", 3)
    (other,) = row.other_choices
    assert (other["text"], other["tokens"], other["finish_reason"]) == ("c", [[7, "c"]], "abort")


def test_a_stopped_run_whose_text_is_refused_has_failed(person: Person) -> None:
    refuse("{row}text LIKE '%poison%'")
    run = make_run(person, attempt=1, cancel_requested=True)
    write_log(run, "poison")

    assert run_finish_from_log(run_id=run.pk, status="cancelled", reason="abort")

    run.refresh_from_db()
    assert (run.status, run.error_code) == ("failed", "storage_refused")


def test_an_older_log_is_normalised_when_stored(person: Person) -> None:
    run = make_run(person, attempt=1)
    write_log(run, "one\r", "\ntwo\0", "\r\n")

    run_finish_from_log(run_id=run.pk, status="cancelled", reason="abort")

    run.refresh_from_db()
    assert run.text == "one\ntwo\ufffd\n"
    assert [token[1] for token in run.tokens] == ["one\n", "two\ufffd", "\n"]


@pytest.mark.parametrize("entry", ["no JSON", '{"a": 1}', "[5]", "[5, 6]"])
def test_an_invalid_log_ends_the_run_with_that_reason(person: Person, entry: str) -> None:
    run = make_run(person, attempt=1)
    item = Item(run=str(run.pk), choice=0, attempt=1, epoch=1, before=0, tokens=[entry])
    token_log().append([item])

    assert run_finish_from_log(run_id=run.pk, status="cancelled", reason="abort")

    run.refresh_from_db()
    assert (run.status, run.error_code, run.text) == ("failed", "log_damaged", "")


def test_a_key_of_another_kind_ends_the_run_and_expires(
    person: Person, redis_client: redis.Redis
) -> None:
    run = make_run(person, attempt=1)
    redis_client.set(f"log:{run.pk}:0", "x")

    run_finish_from_log(run_id=run.pk, status="cancelled", reason="abort")

    run.refresh_from_db()
    assert (run.status, run.error_code) == ("failed", "log_damaged")
    assert redis_client.ttl(f"log:{run.pk}:0") > 0


def test_a_reason_that_no_database_accepts_is_stored_in_another_form(person: Person) -> None:
    run = make_run(person, status="running", attempt=1)

    _, row = finish(run, status="failed", reason="error", error_message="file \udcff\0" * 2_000)

    assert row.error_message.startswith("file ?\ufffd")


def test_a_text_with_too_many_words_for_the_search_is_kept(person: Person) -> None:
    """A tsvector holds 1 MiB, and this text has more words: PostgreSQL refuses them."""
    run = make_run(person, status="running", attempt=1)
    text = " ".join(f"{number:05x}\ufdfa{number:05x}" for number in range(16_000))

    stored, row = finish(run, text=text, tokens=[[1, text]])

    assert stored == "succeeded"
    assert row.text == text
    assert search.SearchEntry.objects.filter(object_id=run.pk).exists()
