"""The page's socket: who may open it, and what it may send."""

import json
import uuid
from typing import Any

import pytest

from playground.accounts.models import Person
from playground.accounts.people import COOKIE
from playground.live import consumers, feed
from playground.runs.models import Run
from tests.live.pages import Page, running, write

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("redis_client", "fresh_hub"),
]

# --- Who may open it ----------------------------------------------------------


async def test_a_stranger_without_a_cookie_is_refused_before_accept() -> None:
    assert not await Page(None).connect()


async def test_a_forged_cookie_is_refused_before_accept(person: Person) -> None:
    page = Page(None, cookie=f"{COOKIE}={person.pk.hex}:1:forged")

    assert not await page.connect()


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://elsewhere.example"},
        {"origin": "http://testserver:81"},
        {"origin": "http://testserver.elsewhere.example"},
        {"origin": "null"},
        {"origin": "http://["},
        {"origin": "http://a.org"},
        {"origin": "https://a.org.elsewhere.example"},
        {"origin": None},
        {"host": "rebound.example", "origin": "http://rebound.example"},
    ],
)
async def test_another_origin_or_none_is_refused_before_accept(
    person: Person, headers: dict[str, str | None], settings: Any
) -> None:
    settings.CSRF_TRUSTED_ORIGINS = ["https://*.a.org"]

    assert not await Page(person, **headers).connect()


@pytest.mark.parametrize("origin", ["https://b.org:8443", "https://play.a.org"])
async def test_trusted_origins_are_those_of_forms(
    person: Person, origin: str, settings: Any
) -> None:
    settings.CSRF_TRUSTED_ORIGINS = ["https://b.org:8443", "https://*.a.org"]
    page = Page(person, origin=origin)

    assert await page.connect()

    await page.disconnect()


async def test_a_person_has_a_limit_of_sockets_and_closing_one_makes_room(
    person: Person, stranger: Person, settings: Any
) -> None:
    settings.LIMIT_SOCKETS_PERSON = 2
    first, second = Page(person), Page(person)
    assert await first.connect()
    assert await second.connect()

    assert not await Page(person).connect()
    other = Page(stranger)
    assert await other.connect()

    await first.disconnect()
    again = Page(person)
    assert await again.connect()
    for page in (second, other, again):
        await page.disconnect()
    assert not consumers._open


async def test_an_address_has_a_limit_of_sockets(
    person: Person, stranger: Person, settings: Any
) -> None:
    settings.LIMIT_SOCKETS_ADDRESS = 1
    first = Page(person)
    assert await first.connect()

    assert not await Page(stranger).connect()
    await first.disconnect()


# --- What it may follow -------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no json",
        "[]",
        "[" * 5000,
        "7",
        '{"type":"follow"}',
        '{"type":"follow","run":"not-a-uuid"}',
        '{"type":"follow","run":7}',
        '{"type":"delete","run":"00000000-0000-0000-0000-000000000001"}',
        '{"type":"follow","run":"00000000-0000-0000-0000-000000000001","from":0}',
        '{"type":"follow","run":"00000000-0000-0000-0000-000000000001","from":"1"}',
        '{"type":"follow","run":"00000000-0000-0000-0000-000000000001","from":1e999}',
        '{"type":"follow","run":"00000000-0000-0000-0000-000000000001","from":99999999999999999999}',
        '{"type":"follow","run":"00000000-0000-0000-0000-000000000001","epoch":true}',
    ],
)
async def test_a_message_outside_the_protocol_closes_the_socket(tab: Page, text: str) -> None:
    await tab.send(text)

    assert await tab.close_code() == 4400


async def test_binary_messages_close_the_socket(tab: Page) -> None:
    await tab.send(None, b"\x00")

    assert await tab.close_code() == 4400


async def test_another_persons_run_seems_not_to_exist(tab: Page, stranger: Person) -> None:
    theirs = await running(stranger)
    answers = []
    for run in (theirs, Run(pk=uuid.uuid4())):
        await tab.follow(run)
        answers.append({**await tab.next(), "run": ""})

    write(theirs, "secret")

    assert answers[0] == answers[1]
    assert answers[0]["code"] == "not_found"
    assert await tab.hears_nothing()


async def test_a_topic_of_an_unregistered_kind_is_refused(tab: Page) -> None:
    topic = f"weather:{uuid.uuid4()}"
    await tab.send(json.dumps({"type": "follow", "topic": topic}))

    event = await tab.next()

    assert (event["type"], event["code"], event["topic"]) == ("error", "unknown_topic", topic)


async def test_another_persons_topic_seems_not_to_exist(tab: Page, stranger: Person) -> None:
    theirs = await running(stranger)
    answers = []
    for run_id in (theirs.pk, uuid.uuid4()):
        await tab.send(json.dumps({"type": "follow", "topic": f"run:{run_id}"}))
        answers.append({**await tab.next(), "run": ""})

    assert answers[0] == answers[1]
    assert answers[0]["code"] == "not_found"


async def test_a_page_has_a_limit_of_followed_runs(
    tab: Page, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "MAX_FOLLOWED", 1)
    first, second = await running(person), await running(person)
    await tab.follow(first)
    await tab.until_state("running")

    await tab.follow(second)

    assert (await tab.next())["code"] == "too_many_followed"
