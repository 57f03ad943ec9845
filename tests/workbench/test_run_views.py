"""The pages of a run."""

import csv
import io
import re
import uuid

import pytest
from django.test import Client

from playground.accounts.models import Person
from playground.accounts.people import COOKIE, cookie_value
from playground.prompts.catalog import TEMPLATES
from playground.prompts.form import default_form
from playground.runs.models import Run
from tests.conftest import make_run
from tests.support.markup import flat

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]

HTMX = {"HX-Request": "true"}


@pytest.fixture
def guest(person: Person) -> Client:
    client = Client()
    client.cookies[COOKIE] = cookie_value(person.pk)
    return client


def make_finished_run(person: Person, slug: str, text: str, **values: object) -> Run:
    template = TEMPLATES[slug]
    form = default_form(template).after_run()
    row: dict[str, object] = {
        "template": slug,
        "fields": form.to_json(),
        "prompt": template.build(form.values),
        "parameters": form.parameters.to_json(),
        "max_tokens": form.parameters.max_tokens,
        "status": "succeeded",
        "finish_reason": "stop",
        "text": text,
        "tokens": [[1, text]],
        "completion_tokens": 1,
        "first_token_ms": 31.4,
        "tokens_per_second": 412.3,
    }
    return make_run(person, **{**row, **values})


def page_of(client: Client, run: Run, part: str = "") -> str:
    response = client.get(f"/runs/{run.pk}/{part}")
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize("slug", list(TEMPLATES))
def test_a_runs_page_is_its_templates_page_with_the_runs_values(
    guest: Client, person: Person, slug: str
) -> None:
    run = make_finished_run(person, slug, " | a finished text |")

    page = page_of(guest, run)

    assert f"<h1>{TEMPLATES[slug].title}</h1>" in flat(page)
    assert re.search(
        r'<span\s+class="lead"> </span><span\s+class="body">\| a finished text \|</span></div>',
        page,
    )
    assert 'data-testid="status" id="status">succeeded</span>' in page
    assert "<b>412</b> tok/s" in page
    assert "<b>0.03 s</b> to first" in page
    assert "http-equiv" not in page


def test_an_unfinished_runs_page_reloads_without_scripts(guest: Client, person: Person) -> None:
    page = page_of(guest, make_run(person))

    assert '<noscript><meta http-equiv="refresh" content="2"></noscript>' in page
    assert "next in line" in page


def test_the_place_in_the_queue_is_shown(guest: Client, person: Person, stranger: Person) -> None:
    make_run(stranger)
    make_run(stranger)

    page = page_of(guest, make_run(person))

    assert "2 runs before this one" in page


def test_a_request_for_the_part_gets_only_the_panel(guest: Client, person: Person) -> None:
    run = make_finished_run(person, "free", " text")

    page = page_of(guest, run, "output/")

    assert page.strip().startswith('<section class="run" id="run-panel"')
    assert "<html" not in page


def test_the_part_does_not_touch_typed_text(guest: Client, person: Person) -> None:
    page = page_of(guest, make_finished_run(person, "chat", " Hello."), "output/")

    composer = page[page.index('id="field-message"') :]
    assert 'hx-preserve="true"' in composer[: composer.index(">")]
    assert 'id="fields"' not in page


def test_a_final_reply_is_posted_with_the_next_message(guest: Client, person: Person) -> None:
    page = page_of(guest, make_finished_run(person, "chat", " You are welcome.\n"))

    assert page.count('name="turns_speaker"') == 3
    assert '<textarea name="turns_reply" translate="no" hidden' in page
    assert "\nYou are welcome.</textarea>" in page


def test_an_unfinished_reply_is_no_turn_yet(guest: Client, person: Person) -> None:
    run = make_finished_run(person, "chat", "", status="running", tokens=[])

    assert "turns_reply" not in page_of(guest, run).replace('hx-params="not turns_reply"', "")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"finish_reason": "length"}, "reached the maximum length of 64"),
        ({"finish_reason": "stop", "stop_sequence": "\n"}, r"ended at the stop sequence \n"),
        # The template has stop sequences, but none of them ended the run.
        ({"finish_reason": "stop", "stop_sequence": ""}, "the model ended the text"),
        ({"finish_reason": "stop"}, "ended at a stop sequence, or the model ended the text"),
        ({"status": "cancelled", "finish_reason": "abort"}, "the text so far is kept"),
        ({"status": "failed", "error_message": "Out of memory."}, "Out of memory. The prompt is"),
    ],
)
def test_the_page_says_in_words_how_a_run_ended(
    guest: Client, person: Person, values: dict[str, object], words: str
) -> None:
    assert words in page_of(guest, make_finished_run(person, "translation", " Oui.", **values))


def test_a_greedy_run_says_that_a_retry_repeats(guest: Client, person: Person) -> None:
    greedy = "Decoding is greedy: a retry will repeat the same text."

    assert f"<span>{greedy}</span>" in page_of(
        guest, make_finished_run(person, "sql", " SELECT 1;")
    )
    assert f"<span>{greedy}</span>" not in page_of(
        guest, make_finished_run(person, "free", " Once.")
    )


def test_a_retry_is_a_sibling(guest: Client, person: Person) -> None:
    run = make_finished_run(person, "free", " Once.")

    response = guest.post(f"/runs/{run.pk}/retry/", headers=HTMX)

    sibling = Run.objects.get(origin=run)
    page = response.content.decode()
    assert response["HX-Push-Url"] == f"/runs/{sibling.pk}/"
    assert "<b>2</b> of 2" in page
    assert f'rel="prev" id="previous-sibling" href="/runs/{run.pk}/"' in flat(page)
    assert 'rel="next"' not in page


def test_a_retry_without_scripts_goes_to_the_sibling(guest: Client, person: Person) -> None:
    run = make_finished_run(person, "free", " Once.")

    response = guest.post(f"/runs/{run.pk}/retry/")

    assert response.status_code == 303
    assert response["Location"] == f"/runs/{Run.objects.get(origin=run).pk}/"


def test_a_finished_table_is_a_table(guest: Client, person: Person) -> None:
    page = page_of(guest, make_finished_run(person, "table", "\n| Ann | 30 | nurse | Leeds |"))

    assert '<th scope="col" dir="auto">City</th>' in page
    assert '<td dir="auto">Ann</td><td dir="auto">30</td><td dir="auto">nurse</td>' in page


def test_a_table_is_downloaded_as_csv(guest: Client, person: Person) -> None:
    run = make_finished_run(person, "table", "\n| =1+1 | 30 | nurse | Leeds |")

    response = guest.get(f"/runs/{run.pk}/table.csv")

    rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"), newline="")))
    assert rows == [["Name", "Age", "Job", "City"], ["'=1+1", "30", "nurse", "Leeds"]]
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"].startswith("attachment;")


def test_only_tables_are_csv(guest: Client, person: Person) -> None:
    run = make_finished_run(person, "sql", " SELECT 1;", fields={"columns": "a"})

    assert guest.get(f"/runs/{run.pk}/table.csv").status_code == 404


def test_a_run_of_a_removed_model_is_still_shown(guest: Client, person: Person) -> None:
    run = make_finished_run(person, "free", " Once.", model="gone")

    assert "Once." in page_of(guest, run)
    assert "Once." in page_of(guest, run, "output/")


@pytest.mark.parametrize("part", ["", "output/", "table.csv"])
def test_a_stranger_s_run_does_not_exist(guest: Client, stranger: Person, part: str) -> None:
    run = make_finished_run(stranger, "table", "\n| a | b | c | d |")

    assert guest.get(f"/runs/{run.pk}/{part}").status_code == 404
    assert guest.get(f"/runs/{uuid.uuid4()}/{part}").status_code == 404
