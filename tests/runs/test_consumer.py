"""The page's socket: who may open it, what it says, and how it keeps whole."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
import redis
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.conf import settings

from playground.accounts.models import Person
from playground.accounts.people import COOKIE, cookie_value
from playground.asgi import application
from playground.core.hub import hub
from playground.core.redis_clients import token_log
from playground.core.tokenlog import NOTICES, Item, notice_line, state_event, token_json
from playground.runs import consumers
from playground.runs.following import MOST_PENDING
from playground.runs.models import Run
from tests.conftest import make_run

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_client")]

ORIGIN = "http://testserver"


@pytest.fixture(autouse=True)
async def closed_hub(settings: Any) -> AsyncIterator[None]:
    settings.ALLOWED_HOSTS = ["testserver"]
    yield
    await hub().close()


class Page:
    """A page's end of the socket."""

    def __init__(self, person: Person | None, **headers: str | None) -> None:
        sent = {"host": "testserver", "origin": ORIGIN, **headers}
        if person is not None:
            sent["cookie"] = f"{COOKIE}={cookie_value(person.pk)}"
        scope = {
            "type": "websocket",
            "path": "/ws/",
            "query_string": b"",
            "subprotocols": [],
            "client": ("192.0.2.1", 50000),
            "headers": [(name.encode(), value.encode()) for name, value in sent.items() if value],
        }
        self.socket = ApplicationCommunicator(application, scope)
        self.events: list[dict[str, Any]] = []

    async def connect(self) -> bool:
        """Whether it was accepted."""
        await self.socket.send_input({"type": "websocket.connect"})
        output = await self.socket.receive_output(timeout=5)
        return bool(output["type"] == "websocket.accept")

    async def disconnect(self) -> None:
        await self.socket.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.socket.wait(timeout=5)

    async def send(self, text: str | None, data: bytes | None = None) -> None:
        await self.socket.send_input({"type": "websocket.receive", "text": text, "bytes": data})

    async def say(self, kind: str, run: Run, **more: object) -> None:
        await self.send(json.dumps({"type": kind, "run": str(run.pk), **more}))

    async def follow(self, run: Run, *, epoch: int = 1, start: int = 1) -> None:
        await self.say("follow", run, epoch=epoch, **{"from": start})

    async def next(self) -> dict[str, Any]:
        """The next event."""
        while not self.events:
            output = await self.socket.receive_output(timeout=5)
            assert output["type"] == "websocket.send", output
            self.events = json.loads(output["text"])
        return self.events.pop(0)

    async def hears_nothing(self) -> bool:
        return not self.events and await self.socket.receive_nothing(timeout=0.2)

    async def until_state(self, status: str) -> list[str]:
        """Takes events until a state; the texts that came, each at its position."""
        texts: list[str] = []
        while (event := await self.next())["type"] != "state" or event["status"] != status:
            if event["type"] == "tokens":
                if event["from"] == 1:
                    texts = []
                assert event["from"] == len(texts) + 1, event
                texts += [token[1] for token in event["tokens"]]
        return texts

    async def close_code(self) -> int:
        output = await self.socket.receive_output(timeout=5)
        assert output["type"] == "websocket.close"
        return int(output["code"])


@pytest.fixture
async def tab(person: Person) -> AsyncIterator[Page]:
    """A page with an open socket."""
    page = Page(person)
    assert await page.connect()
    yield page
    await page.disconnect()


async def running(person: Person, **values: object) -> Run:
    return await sync_to_async(make_run)(
        person, **{"status": "running", "worker": "w", "attempt": 1, **values}
    )


def write(run: Run, *texts: str, before: int = 0, attempt: int = 1, epoch: int = 1) -> None:
    """Appends as a worker does."""
    tokens = [token_json(7, text) for text in texts]
    token_log().append("live:w", [Item(str(run.pk), 0, attempt, epoch, before, tokens)])


async def finish(run: Run, tokens: int, *, epoch: int = 1) -> None:
    """Commits the row, then tells readers, as a worker does."""
    await Run.objects.filter(pk=run.pk).aupdate(status="succeeded", completion_tokens=tokens)
    event = state_event(str(run.pk), epoch=epoch, status="succeeded", position=tokens)
    token_log().close(NOTICES, str(run.pk), notice_line(str(run.pk), epoch, event), expire=60)


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
        {"origin": None},
        {"host": "rebound.example", "origin": "http://rebound.example"},
    ],
)
async def test_another_origin_or_none_is_refused_before_accept(
    person: Person, headers: dict[str, str | None]
) -> None:
    assert not await Page(person, **headers).connect()


async def test_one_person_has_so_many_sockets_and_a_closed_one_makes_room(
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


async def test_one_address_has_so_many_sockets(
    person: Person, stranger: Person, settings: Any
) -> None:
    settings.LIMIT_SOCKETS_ADDRESS = 1
    first = Page(person)
    assert await first.connect()

    assert not await Page(stranger).connect()
    await first.disconnect()


# --- What it is told ----------------------------------------------------------


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
async def test_a_message_that_is_not_of_the_protocol_closes_it(tab: Page, text: str) -> None:
    await tab.send(text)

    assert await tab.close_code() == 4400


async def test_bytes_close_it(tab: Page) -> None:
    await tab.send(None, b"\x00")

    assert await tab.close_code() == 4400


async def test_somebody_elses_run_is_as_one_that_does_not_exist(
    tab: Page, stranger: Person
) -> None:
    theirs = await running(stranger)
    answers = []
    for run in (theirs, Run(pk=uuid.uuid4())):
        await tab.follow(run)
        answers.append({**await tab.next(), "run": ""})

    write(theirs, "secret")

    assert answers[0] == answers[1]
    assert answers[0]["code"] == "not_found"
    assert await tab.hears_nothing()


async def test_a_page_follows_so_many_runs(
    tab: Page, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "MOST_FOLLOWED", 1)
    first, second = await running(person), await running(person)
    await tab.follow(first)
    await tab.until_state("running")

    await tab.follow(second)

    assert (await tab.next())["code"] == "too_many_followed"


# --- What it says -------------------------------------------------------------


async def test_it_streams_a_run_to_its_end(tab: Page, person: Person) -> None:
    run = await running(person)
    await tab.follow(run)
    assert await tab.until_state("running") == []

    write(run, "a", "b")
    write(run, "c", before=2)
    await finish(run, 3)

    assert await tab.until_state("succeeded") == ["a", "b", "c"]


async def test_a_finished_run_is_followed_no_more(tab: Page, person: Person) -> None:
    run = await running(person)
    await tab.follow(run)
    await tab.until_state("running")
    await finish(run, 0)
    await tab.until_state("succeeded")

    async with asyncio.timeout(5):
        # It may look once more before it lets go.
        while str(run.pk) in hub()._followers:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    write(run, "zombie")

    assert await tab.hears_nothing()


async def test_a_page_that_comes_back_gets_what_it_lacks(tab: Page, person: Person) -> None:
    run = await running(person)
    write(run, "a", "b", "c", "d")

    await tab.follow(run, start=3)

    event = await tab.next()
    assert (event["from"], [token[1] for token in event["tokens"]]) == (3, ["c", "d"])


async def test_a_new_epoch_starts_the_text_again(tab: Page, person: Person) -> None:
    run = await running(person)
    write(run, "a", "b", "c")
    await tab.follow(run)
    await tab.until_state("running")

    await Run.objects.filter(pk=run.pk).aupdate(attempt=2, epoch=2)
    token_log().start(str(run.pk), attempt=2, epoch=2)
    write(run, "x", "y", attempt=2, epoch=2)
    await finish(run, 2, epoch=2)

    assert await tab.until_state("succeeded") == ["x", "y"]


async def test_a_missed_line_is_read_from_the_log(
    tab: Page, person: Person, redis_client: redis.Redis
) -> None:
    run = await running(person)
    await tab.follow(run)
    await tab.until_state("running")

    # Written without a word, as when the subscription was down.
    redis_client.xadd(f"log:{run.pk}:0", {"t": token_json(7, "a")}, id="0-1")
    redis_client.hset(f"fence:{run.pk}", mapping={"attempt": 1, "epoch": 1, "last:0": 1})
    write(run, "b", before=1)
    await finish(run, 2)

    assert await tab.until_state("succeeded") == ["a", "b"]


async def test_unfollowed_is_unheard(tab: Page, person: Person, stranger: Person) -> None:
    run = await running(person)
    await tab.follow(run)
    await tab.until_state("running")

    await tab.say("unfollow", run)
    # Messages are taken in order: the answer to this one says that the other was.
    await tab.follow(await sync_to_async(make_run)(stranger))
    assert (await tab.next())["code"] == "not_found"
    write(run, "a")

    assert await tab.hears_nothing()


async def test_two_runs_share_a_socket(tab: Page, person: Person) -> None:
    first, second = await running(person), await running(person)
    for run in (first, second):
        await tab.follow(run)
        await tab.until_state("running")

    write(first, "a")
    write(second, "b")

    events = [await tab.next(), await tab.next()]
    assert {event["run"]: event["tokens"][0][1] for event in events} == {
        str(first.pk): "a",
        str(second.pk): "b",
    }


async def test_a_waiting_page_is_told_its_place(tab: Page, person: Person) -> None:
    await sync_to_async(make_run)(person)
    run = await sync_to_async(make_run)(person)
    await tab.follow(run)
    await tab.until_state("queued")

    event = await tab.next()

    assert (event["status"], event["ahead"]) == ("queued", 1)


async def test_log_probabilities_arrive_as_they_were_written(tab: Page, person: Person) -> None:
    run = await running(person)
    await tab.follow(run)
    await tab.until_state("running")

    line = token_json(7, "a", -0.5, [(7, -0.5), (8, -1.25)])
    token_log().append("live:w", [Item(str(run.pk), 0, 1, 1, 0, [line])])

    assert (await tab.next())["tokens"] == [[7, "a", -0.5, [[7, -0.5], [8, -1.25]]]]


async def test_a_reader_that_falls_far_behind_loses_nothing(
    tab: Page, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await running(person)
    await tab.follow(run)
    await tab.until_state("running")
    gate = asyncio.Event()
    send = consumers.RunConsumer.send

    async def slowly(self: Any, *arguments: Any, **options: Any) -> None:
        await gate.wait()
        await send(self, *arguments, **options)

    monkeypatch.setattr(consumers.RunConsumer, "send", slowly)
    count = 3 * MOST_PENDING
    pushed = []
    for position in range(count):
        write(run, str(position), before=position)
        await asyncio.sleep(0)
        (follower,) = hub()._followers[str(run.pk)]
        pushed.append(len(follower._outbox._pending))  # type: ignore[attr-defined]
    await finish(run, count)

    gate.set()

    assert max(pushed) <= MOST_PENDING
    assert await tab.until_state("succeeded") == [str(position) for position in range(count)]


async def test_a_sender_that_fails_closes_the_socket(
    tab: Page, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await running(person)

    async def broken(self: object) -> list[object]:
        raise RuntimeError("unforeseen")

    monkeypatch.setattr(consumers.RunConsumer, "_catch_up", broken)
    await tab.follow(run)

    assert await tab.close_code() == 1011


def test_limits_leave_room_for_a_page_with_tabs() -> None:
    assert settings.LIMIT_SOCKETS_PERSON < settings.LIMIT_SOCKETS_ADDRESS
