"""The history: its rows and filters, one page at a time, in few queries, for one person only."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.http import QueryDict
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from playground.accounts.models import Person
from playground.accounts.people import COOKIE, cookie_value
from playground.core.search import new_number
from playground.history.listing import PAGE, HistoryForm, HistoryQuery, history_page
from playground.runs.finishing import Outcome, run_finish, run_index, run_words
from playground.runs.leases import sweep
from playground.runs.models import Run
from playground.runs.parameters import Parameters
from playground.runs.services import run_create
from playground.runs.state import PromptState
from tests.conftest import make_run

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]


@pytest.fixture
def guest(person: Person) -> Client:
    client = Client()
    client.cookies[COOKIE] = cookie_value(person.pk)
    return client


def make_finished_run(person: Person, **values: object) -> Run:
    row: dict[str, object] = {"status": "succeeded", "text": "an output", **values}
    run = make_run(person, **row)
    run_index(run_id=run.pk, words=run_words(run.prompt, run.text))
    return run


def on(day: datetime) -> dict[str, object]:
    return {"created_at": day, "number": new_number(int(day.timestamp() * 1e9))}


def shown_runs(person: Person, address: str = "", before: int | None = None) -> list[Run]:
    query = HistoryForm(QueryDict(address)).read()
    return list(history_page(person, replace(query, before=before)).runs)


def test_own_runs_are_listed_newest_first(person: Person, stranger: Person) -> None:
    runs = [make_finished_run(person) for _ in range(3)]
    make_finished_run(stranger)

    assert shown_runs(person) == list(reversed(runs))


def test_a_run_is_found_by_its_prompt_soon_and_by_its_output_at_the_end(person: Person) -> None:
    run = run_create(
        person=person,
        address="",
        template="free",
        state=PromptState(
            fields={},
            text="A question of zebras",
            parameters=Parameters(max_tokens=4).to_json(),
            model="tiny",
        ),
        prompt="A question of zebras",
    )
    sweep(model="tiny", free_slots=0)
    assert shown_runs(person, "q=zebra") == [run]
    assert shown_runs(person, "q=giraffe") == []
    Run.objects.update(status="running", attempt=1)

    run_finish(
        run_id=run.pk,
        attempt=1,
        outcome=Outcome(status="succeeded", reason="stop", text=" and of giraffes"),
    )

    assert shown_runs(person, "q=zebras giraffe") == [run]


def test_a_worker_without_its_lease_changes_no_words(person: Person) -> None:
    run = make_finished_run(person, text="kept")

    run_finish(
        run_id=run.pk, attempt=7, outcome=Outcome(status="failed", reason="error", text="late")
    )

    assert shown_runs(person, "q=late") == []
    assert shown_runs(person, "q=kept") == [run]


@pytest.mark.parametrize(
    ("address", "names"),
    [
        ("", "abc"),
        ("model=other", "b"),
        ("template=sql", "c"),
        ("status=failed", "b"),
        ("starred=1", "ac"),
        ("q=red", "ab"),
        ("q=red&starred=1", "a"),
        ("q=red&status=succeeded&template=free&model=tiny&starred=1", "a"),
        ("from=2026-03-02", "bc"),
        ("to=2026-03-02", "ab"),
        ("from=2026-03-02&to=2026-03-02", "b"),
        ("from=rubbish&to=&status=flying", "abc"),
        ("q=nothing", ""),
        ("q=%22%22", "abc"),
    ],
)
def test_filters(person: Person, address: str, names: str) -> None:
    day = datetime(2026, 3, 1, 23, 59, tzinfo=UTC)
    runs = {
        "a": make_finished_run(person, prompt="red fox", starred=True, **on(day)),
        "b": make_finished_run(
            person,
            prompt="a red hat",
            model="other",
            status="failed",
            **on(day + timedelta(days=1)),
        ),
        "c": make_finished_run(
            person, prompt="blue", template="sql", starred=True, **on(day + timedelta(days=2))
        ),
    }

    found = {run.pk for run in shown_runs(person, address)}

    expected = names if address != "q=%22%22" else ""
    assert found == {runs[name].pk for name in expected}


def test_pages_follow_one_another_without_a_gap(person: Person) -> None:
    runs = [make_finished_run(person) for _ in range(2 * PAGE + 3)]
    newest_first = list(reversed(runs))

    seen: list[Run] = []
    before: int | None = None
    sizes = []
    while True:
        page = history_page(person, HistoryQuery(before=before))
        seen += page.runs
        sizes.append(len(page.runs))
        if page.older is None:
            break
        before = page.older

    assert seen == newest_first
    assert sizes == [PAGE, PAGE, 3]


def test_long_texts_are_not_read(person: Person) -> None:
    make_finished_run(person, prompt="p" * 9000, text="t" * 9000, tokens=[[1, "t"]] * 500)

    (run,) = shown_runs(person)

    assert {"prompt", "text", "tokens", "fields"} <= run.get_deferred_fields()
    assert len(run.text_head) == 200  # type: ignore[attr-defined]


# --- The page -------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["", "?q=output", "?q=output&status=succeeded&starred=1"])
def test_the_page_takes_few_queries(
    guest: Client,
    person: Person,
    address: str,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(PAGE + 1):
        make_finished_run(person, starred=True)

    with django_assert_max_num_queries(9):
        html = guest.get(f"/history/{address}").content.decode()

    assert html.count('name="run"') == PAGE
    assert "Show older runs" in html


def test_a_row_says_what_it_is(guest: Client, person: Person) -> None:
    run = make_finished_run(
        person,
        template="translation",
        prompt="English: Hello\nFrench: Bonjour\n\nEnglish: The sea\nFrench:",
        text=" La <mer>",
        prompt_tokens=21,
        completion_tokens=5,
        tokens_per_second=88.4,
        first_token_ms=120,
    )

    html = guest.get("/history/").content.decode()

    row = html[html.index(f'id="run-{run.pk}"') :]
    for part in (
        "English: The sea French:",
        "La &lt;mer&gt;",
        "Translation",
        f"seed {run.seed}",
        f'href="/runs/{run.pk}/copy/"',
        "21 + 5 tokens",
        "88 tok/s",
        "0.12 s to first",
        f'href="/runs/{run.pk}/"',
        f'href="/runs/{run.pk}/delete/"',
    ):
        assert part in row


def test_the_filters_are_in_the_address_and_in_the_form(guest: Client, person: Person) -> None:
    for _ in range(PAGE + 1):
        make_finished_run(person, prompt='a "quoted" <word>', starred=True)

    html = guest.get(
        "/history/?q=quoted&starred=1&status=succeeded&from=2020-01-01"
    ).content.decode()

    assert 'value="quoted"' in html
    assert 'value="2020-01-01"' in html
    assert "q=quoted&amp;status=succeeded&amp;from=2020-01-01&amp;starred=1&amp;before=" in html


def test_htmx_gets_the_list_alone(guest: Client, person: Person) -> None:
    run = make_finished_run(person)

    html = guest.get("/history/", headers={"HX-Request": "true"}).content.decode()

    assert html.lstrip().startswith('<section class="history" id="history"')
    assert f'id="run-{run.pk}"' in html
    assert "<html" not in html


def test_a_person_without_runs_is_told_where_to_begin(guest: Client) -> None:
    assert "No runs yet" in guest.get("/history/").content.decode()
    assert "No runs yet" in Client().get("/history/").content.decode()
    assert "Nothing found" in guest.get("/history/?q=x").content.decode()
    assert not Person.objects.exclude(pk__in=Person.objects.values("pk")[:1]).exists()


@pytest.mark.parametrize("before", ["0", "-1", "x", "9" * 19, "9" * 30, "٣"])
def test_a_page_can_begin_anywhere(guest: Client, person: Person, before: str) -> None:
    make_finished_run(person)

    assert guest.get("/history/", {"before": before}).status_code == 200


@given(
    st.dictionaries(st.sampled_from(["q", "model", "from", "to", "status"]), st.text(max_size=30))
)
def test_no_query_string_causes_an_error(asked: dict[str, str]) -> None:
    data = QueryDict(mutable=True)
    data.update(asked)
    query = HistoryForm(data).read()

    assert HistoryForm(QueryDict(query.parameters)).read() == query


# --- Two runs -------------------------------------------------------------------------------


def test_two_runs_are_compared(guest: Client, person: Person) -> None:
    a = make_finished_run(person, prompt="A red fox", text="runs home", prompt_tokens=3)
    b = make_finished_run(
        person,
        prompt="A blue fox",
        text="runs <away>",
        parameters={"max_tokens": 16, "temperature": 0.2, "stop": ["\n"]},
        prompt_tokens=3,
    )

    html = guest.get("/history/compare/", {"a": str(a.pk), "b": str(b.pk)}).content.decode()

    assert "A <mark>red</mark> fox" in html
    assert "A <mark>blue</mark> fox" in html
    assert "&lt;away&gt;" in html
    rows = html.split("<tr")
    differing = [row for row in rows if row.startswith(" data-differs")]
    assert [row.split('"row"><bdi>')[1].split("<")[0] for row in differing] == [
        "Temperature",
        "Stop at",
    ]


def test_one_run_is_compared_with_the_one_before(guest: Client, person: Person) -> None:
    first, second = make_finished_run(person, text="one"), make_finished_run(person, text="two")

    html = guest.get("/history/compare/", {"b": str(second.pk)}).content.decode()
    assert "<mark>one</mark>" in html
    assert "<mark>two</mark>" in html
    assert "the same" in guest.get("/history/compare/", {"b": str(first.pk)}).content.decode()


def test_two_selected_runs_are_sent_to_the_comparison(guest: Client, person: Person) -> None:
    older, newer = make_finished_run(person), make_finished_run(person)

    answer = guest.post(
        "/history/selected/", {"action": "compare", "run": [str(newer.pk), str(older.pk)]}
    )

    assert answer["Location"] == f"/history/compare/?runs={older.pk},{newer.pk}"


def test_four_runs_are_compared_with_the_first_and_five_are_not(
    guest: Client, person: Person
) -> None:
    base = "word " * 200
    runs = [make_finished_run(person, prompt=f"{base}end {n}", text=f"text {n}") for n in range(5)]
    ids = [str(run.pk) for run in runs]

    html = guest.get("/history/compare/", {"runs": ",".join(ids[:4])}).content.decode()
    assert html.count("<mark>") == 6
    assert html.count('<details class="fold">') == 3
    assert "Parameters that differ" in html
    ticked = guest.get("/history/compare/", {"runs": ids[:3]}).content.decode()
    assert "3 runs side by side" in ticked
    for wrong in (ids, ids[:1]):
        answer = guest.get("/history/compare/", {"runs": ",".join(wrong)})
        assert answer.status_code == 400
        assert "Tick 2 to 4 runs" in answer.content.decode()


def test_rows_are_under_their_days_and_counted(guest: Client, person: Person) -> None:
    now = timezone.now()
    for days in (0, 0, 1, 40):
        make_finished_run(
            person,
            number=new_number() - days * 86_400 * 10**9,
            created_at=now - timedelta(days=days),
        )

    html = guest.get("/history/").content.decode()

    assert "4 runs" in html
    headings = re.findall(r'<li class="day-row"><h2>([^<]+)</h2>', html)
    assert headings[:2] == ["Today", "Yesterday"]
    assert re.fullmatch(r"\w+, \d+ \w+( \d{4})?", headings[2])


def test_what_was_searched_for_is_marked_where_it_is(guest: Client, person: Person) -> None:
    prompt = "The beginning. " + "filler " * 60 + "a hidden harbour <here> " + "filler " * 60
    run = make_finished_run(person, prompt=prompt, text="Nothing")
    run_index(run_id=run.pk, words=run_words(prompt, "Nothing"))

    html = guest.get("/history/", {"q": "harb"}).content.decode()

    assert "hidden <mark>harbour</mark> &lt;here&gt;" in html
    assert "1 run found" in html


def test_a_row_names_what_was_changed(guest: Client, person: Person) -> None:
    parameters = Parameters(temperature=0.25, max_tokens=96, stop=("x",)).to_json()
    make_finished_run(person, template="free", parameters=parameters)

    html = guest.get("/history/").content.decode()

    assert "Temperature 0.25, Stop at x" in html


@pytest.mark.parametrize("which", ["a", "b"])
def test_another_persons_run_cannot_be_compared(
    guest: Client, person: Person, stranger: Person, which: str
) -> None:
    own, theirs = make_finished_run(person), make_finished_run(stranger, text="secret")
    pair = {"a": str(own.pk), "b": str(own.pk), which: str(theirs.pk)}

    answer = guest.get("/history/compare/", pair)

    assert answer.status_code == 404
    assert "secret" not in answer.content.decode()
    assert Client().get("/history/compare/", pair).status_code == 404
    assert guest.get("/history/compare/", {"a": "x", "b": "y"}).status_code == 404


# --- Notes ----------------------------------------------------------------------------------


def test_a_note_is_kept_found_and_shown_to_its_owner_alone(
    guest: Client, person: Person, stranger: Person
) -> None:
    run, theirs = make_finished_run(person), make_finished_run(stranger)

    saved = guest.post(f"/runs/{run.pk}/note/", {"note": " Try a <lower> temperature\n"})
    refused = guest.post(f"/runs/{theirs.pk}/note/", {"note": "mine"})
    long = guest.post(f"/runs/{run.pk}/note/", {"note": "x" * 2_001})

    assert (saved.status_code, saved["Location"]) == (303, f"/runs/{run.pk}/")
    assert (refused.status_code, long.status_code) == (404, 400)
    run.refresh_from_db()
    theirs.refresh_from_db()
    assert (run.note, theirs.note) == ("Try a <lower> temperature", "")
    html = guest.get("/history/", {"q": "lower"}).content.decode()
    assert "Try a &lt;<mark>lower</mark>&gt; temperature" in html
    assert "Try a &lt;lower&gt; temperature" in guest.get(f"/runs/{run.pk}/").content.decode()
