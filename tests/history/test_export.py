"""Runs as files."""

import csv
import io
import json

import pytest
from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.test import AsyncClient, Client

from playground.accounts.models import Person
from playground.accounts.people import COOKIE, cookie_value
from playground.history import exports, views
from playground.runs.finishing import run_index, run_words
from playground.runs.models import Run
from tests.conftest import make_run

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]

FORMULAS = ("=1+1", "+cmd", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1")


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


def of(person: Person) -> QuerySet[Run]:
    return Run.objects.filter(person=person)


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def body(client: Client, address: str) -> str:
    """The lines as the view makes them, read in this thread and its transaction."""
    seen: list[str] = []

    def take(lines: object, *, name: str, content_type: str) -> StreamingHttpResponse:
        seen.extend(lines)  # type: ignore[call-overload]
        return StreamingHttpResponse([], content_type=content_type)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(views, "download", take)
        assert client.get(address).status_code == 200
    return "".join(seen)


def test_an_export_has_one_line_a_run_newest_first(person: Person) -> None:
    runs = [
        make_finished_run(person, prompt=f"run {number}\nü") for number in range(exports.BATCH + 5)
    ]

    lines = [json.loads(line) for line in exports.json_lines(of(person))]

    assert [line["id"] for line in lines] == [str(run.pk) for run in reversed(runs)]
    assert lines[-1]["prompt"] == "run 0\nü"
    assert {(line["kind"], line["version"]) for line in lines} == {("run", 2)}


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("column", ["prompt", "text", "model", "template"])
def test_no_cell_is_a_formula(person: Person, formula: str, column: str) -> None:
    make_finished_run(person, **{column: formula})

    (row,) = rows("".join(exports.comma_separated(of(person))))

    name = "output" if column == "text" else column
    assert row[name] == f"'{formula}"
    assert not [cell for cell in row.values() if cell.startswith(FORMULAS)]


def test_a_fence_cannot_be_closed_from_within(person: Person) -> None:
    make_finished_run(person, prompt="```\n# not a heading", text="a ````` b", model="`m`")

    text = "".join(exports.markdown(of(person)))

    assert "````text\n```\n# not a heading\n````" in text
    assert "``````text\na ````` b\n``````" in text
    assert "`` `m` ``" in text


@pytest.mark.parametrize("name", list(exports.FORMATS))
def test_an_export_has_all_own_runs_and_no_others(
    guest: Client, person: Person, stranger: Person, name: str
) -> None:
    make_finished_run(person, prompt="mine alone")
    make_finished_run(stranger, prompt="secret")

    text = body(guest, f"/history/export/?format={name}")

    assert "mine alone" in text
    assert "secret" not in text


def test_an_export_has_the_selection_or_the_filtered_runs(
    guest: Client, person: Person, stranger: Person
) -> None:
    runs = [
        make_finished_run(person, prompt=f"zebra {number}", starred=number == 1)
        for number in range(3)
    ]
    theirs = make_finished_run(stranger)

    def ids(address: str) -> list[str]:
        lines = body(guest, f"/history/export/?format=jsonl&{address}").splitlines()
        return [json.loads(line)["id"] for line in lines]

    assert ids("q=zebra&starred=1") == [str(runs[1].pk)]
    assert ids(f"run={runs[0].pk}&run={runs[2].pk}&run={theirs.pk}") == [
        str(runs[2].pk),
        str(runs[0].pk),
    ]
    assert ids(f"run={theirs.pk}") == []


def test_selected_runs_are_sent_to_their_file(guest: Client, person: Person) -> None:
    run = make_finished_run(person)

    answer = guest.post("/history/selected/", {"action": "md", "run": str(run.pk)})

    assert (answer.status_code, answer["Location"]) == (
        303,
        f"/history/export/?format=md&run={run.pk}",
    )


def test_invalid_input_is_refused_with_a_sentence(guest: Client) -> None:
    assert guest.get("/history/export/?format=exe").status_code == 400
    assert guest.get("/history/export/?run=x").status_code == 400
    assert Client().get("/history/export/").status_code == 400


@pytest.mark.django_db(transaction=True)
async def test_the_file_is_streamed() -> None:
    person = await Person.objects.acreate()
    await Run.objects.acreate(
        person=person,
        model="tiny",
        template="free",
        prompt="streamed",
        parameters={"max_tokens": 4},
        max_tokens=4,
        seed=1,
    )
    client = AsyncClient()
    client.cookies[COOKIE] = cookie_value(person.pk)

    response = await client.get("/history/export/?format=csv")

    assert response["Content-Disposition"] == 'attachment; filename="runs.csv"'
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    text = b"".join([part async for part in response.streaming_content]).decode()  # type: ignore[attr-defined]
    assert rows(text)[0]["prompt"] == "streamed"


@pytest.mark.parametrize("name", ["jsonl", "md", "csv"])
def test_a_note_is_in_every_export(guest: Client, person: Person, name: str) -> None:
    make_finished_run(person, note="A good one", given=[[1, "a"]])

    assert "A good one" in body(guest, f"/history/export/?format={name}")
