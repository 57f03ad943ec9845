"""An export has all of a person's data in one file, and nothing of anybody else's."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test import AsyncClient, Client
from model_bakery import baker

from playground.accounts.belongings import owner_fields
from playground.accounts.exporting import export_lines
from playground.accounts.models import Person
from playground.core.serving.streaming import CHUNK, download
from playground.history.exports import FORMATS, json_lines
from playground.library.models import Draft, Prompt, PromptVersion, Tag
from playground.runs.models import Run
from playground.sharing.models import Share
from tests.accounts.people import guest_client, make_user
from tests.conftest import make_run
from tests.support.decoding import decode_body

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]


def export(person: Person) -> dict[str, list[dict[str, Any]]]:
    kinds: dict[str, list[dict[str, Any]]] = {}
    for line in export_lines(person):
        assert line.endswith("\n")
        row = json.loads(line)
        kinds.setdefault(row["kind"], []).append(row)
    return kinds


def test_the_export_has_every_model_with_an_owner(person: Person, stranger: Person) -> None:
    for owner in (person, stranger):
        for model, field in owner_fields():
            baker.make(model, **{field: owner})

    kinds = export(person)

    assert {kind: len(rows) for kind, rows in kinds.items()} == {
        "account": 1,
        "model": 1,
        "shared_model": 1,
        "run": 1,
        "import": 1,
        "tag": 1,
        "prompt": 1,
        "table": 1,
        "draft": 1,
        "share": 1,
        "dataset": 1,
        "upload": 1,
        "finetune": 1,
    }


def test_the_export_names_its_owner(person: Person) -> None:
    assert export(person)["account"][0]["name"] is None
    user = make_user("ann", email="a@example.org")

    (account,) = export(Person.objects.create(user=user))["account"]

    assert (account["name"], account["email"]) == ("ann", "a@example.org")
    assert "password" not in json.dumps(account)


def test_a_prompt_has_all_its_versions_and_tags(person: Person) -> None:
    prompt = Prompt.objects.create(person=person, template="free", title="Ünïcode <b>")
    prompt.tags.add(Tag.objects.create(person=person, name="work"))
    for number in (2, 1):
        PromptVersion.objects.create(
            prompt=prompt, number=number, text=f"text {number}", parameters={}
        )
    Draft.objects.create(person=person, template="free", prompt=prompt, state={"text": "typed"})
    share = Share.objects.create(person=person, prompt=prompt)

    kinds = export(person)

    (line,) = kinds["prompt"]
    assert (line["title"], line["tags"]) == ("Ünïcode <b>", ["work"])
    assert [version["text"] for version in line["versions"]] == ["text 1", "text 2"]
    assert kinds["draft"][0]["state"] == {"text": "typed"}
    assert (kinds["share"][0]["token"], kinds["share"][0]["title"]) == (share.token, line["title"])


def test_many_runs_come_in_the_order_they_were_made(person: Person) -> None:
    made = [str(make_run(person, text=f"text {number}").pk) for number in range(230)]

    assert [run["id"] for run in export(person)["run"]] == made


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("make", [export_lines, *(make for make, _ in FORMATS.values())])
def test_no_query_stays_open_between_lines(make: Any) -> None:
    """A slow reader must not hold a query or a connection open."""
    owner = Person.objects.create()
    for number in range(230):
        make_run(owner)
        prompt = Prompt.objects.create(person=owner, template="free", title=f"title {number}")
        Draft.objects.create(person=owner, template="free", prompt=prompt)
        Share.objects.create(person=owner, prompt=prompt)
    is_account = make is export_lines

    count = 0
    for _ in make(owner if is_account else Run.objects.filter(person=owner)):
        count += 1
        connection.close()

    assert count == (4 * 230 + 1 if is_account else 230 + (make is not json_lines))


def test_a_stranger_has_nothing_to_export(client: Client) -> None:
    assert client.get("/account/export/").status_code == 404


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("encoding", ["", "gzip"])
async def test_the_export_is_streamed_as_a_file(person: Person, encoding: str) -> None:
    from asgiref.sync import sync_to_async

    await sync_to_async(make_run)(person, text="A red fox")
    client = AsyncClient()
    client.cookies = guest_client(person).cookies

    answer = await client.get("/account/export/", headers={"Accept-Encoding": encoding})

    assert answer.streaming
    assert answer["Content-Disposition"].startswith('attachment; filename="playground-')
    assert answer["Content-Type"].startswith("application/jsonl")
    assert answer.headers.get("Content-Encoding", "") == encoding
    body = b"".join([part async for part in answer])
    text = decode_body(body, encoding)
    assert [json.loads(line)["kind"] for line in text.splitlines()] == ["account", "run"]


async def test_at_most_one_chunk_is_in_memory() -> None:
    held = 0

    def lines() -> Any:
        nonlocal held
        for _ in range(1000):
            held += 1
            yield "x" * 1000

    answer = download(lines(), name="x", content_type="text/plain")
    parts = answer.__aiter__()
    first = await anext(parts)

    assert CHUNK <= len(first) < CHUNK + 1000
    assert held < 100
    assert sum([len(part) async for part in parts]) == 1_000_000 - len(first)
