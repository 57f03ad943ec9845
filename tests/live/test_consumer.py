"""The page's socket: its events, and how it stays complete."""

import asyncio
from typing import Any

import pytest
import redis
from asgiref.sync import sync_to_async
from django.conf import settings

from playground.accounts.models import Person
from playground.live import consumers
from playground.live.feed import Feed
from playground.live.hub import hub
from playground.live.outbox import MAX_PENDING
from playground.live.tokenlog import Item, token_json, token_log
from playground.runs.models import Run
from tests.conftest import make_run
from tests.live.pages import Page, finish, running, write

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("redis_client", "fresh_hub"),
]


async def test_it_streams_a_run_to_its_end(tab: Page, person: Person) -> None:
    run = await running(person)
    await tab.follow(run)
    assert await tab.until_state("running") == []

    write(run, "a", "b")
    write(run, "c", before=2)
    await finish(run, 3)

    assert await tab.until_state("succeeded") == ["a", "b", "c"]


async def test_a_finished_run_is_no_longer_followed(tab: Page, person: Person) -> None:
    run = await running(person)
    await tab.follow(run)
    await tab.until_state("running")
    await finish(run, 0)
    await tab.until_state("succeeded")

    async with asyncio.timeout(5):
        # It may check once more before it stops following.
        while f"run:{run.pk}" in hub()._by_topic:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    write(run, "zombie")

    assert await tab.hears_nothing()


async def test_a_page_that_reconnects_gets_the_missing_tokens(tab: Page, person: Person) -> None:
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

    # Written without a publication, as when the subscription was down.
    redis_client.xadd(f"log:{run.pk}:0", {"t": token_json(7, "a")}, id="0-1")
    redis_client.hset(f"fence:{run.pk}", mapping={"attempt": 1, "epoch": 1, "last:0": 1})
    write(run, "b", before=1)
    await finish(run, 2)

    assert await tab.until_state("succeeded") == ["a", "b"]


async def test_an_unfollowed_run_sends_no_events(
    tab: Page, person: Person, stranger: Person
) -> None:
    run = await running(person)
    await tab.follow(run)
    await tab.until_state("running")

    await tab.say("unfollow", run)
    # Messages are handled in order: the answer to this one means that the other was handled.
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


async def test_a_waiting_page_gets_its_place(tab: Page, person: Person) -> None:
    await sync_to_async(make_run)(person)
    run = await sync_to_async(make_run)(person)
    await tab.follow(run)
    await tab.until_state("queued")

    event = await tab.next()

    assert (event["status"], event["ahead"]) == ("queued", 1)
    assert event["note"] == "1 run before this one"


async def test_log_probabilities_arrive_as_they_were_written(tab: Page, person: Person) -> None:
    run = await running(person)
    await tab.follow(run)
    await tab.until_state("running")

    line = token_json(7, "a", -0.5, [(7, -0.5), (8, -1.25)])
    token_log().append([Item(str(run.pk), 0, 1, 1, 0, [line])])

    assert (await tab.next())["tokens"] == [[7, "a", -0.5, [[7, -0.5], [8, -1.25]]]]


async def test_a_reader_that_falls_far_behind_loses_nothing(
    tab: Page, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await running(person)
    await tab.follow(run)
    await tab.until_state("running")
    gate = asyncio.Event()
    send = consumers.PageConsumer.send

    async def slowly(self: Any, *arguments: Any, **options: Any) -> None:
        await gate.wait()
        await send(self, *arguments, **options)

    monkeypatch.setattr(consumers.PageConsumer, "send", slowly)
    count = 3 * MAX_PENDING
    pushed = []
    for position in range(count):
        write(run, str(position), before=position)
        await asyncio.sleep(0)
        (follower,) = hub()._by_topic[f"run:{run.pk}"]
        pushed.append(len(follower._outbox._pending))  # type: ignore[attr-defined]
    await finish(run, count)

    gate.set()

    assert max(pushed) <= MAX_PENDING
    assert await tab.until_state("succeeded") == [str(position) for position in range(count)]


async def test_a_sender_that_fails_closes_the_socket(
    tab: Page, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await running(person)

    async def fail(self: object) -> list[object]:
        raise RuntimeError("unforeseen")

    monkeypatch.setattr(Feed, "_catch_up", fail)
    await tab.follow(run)

    assert await tab.close_code() == 1011


async def test_a_run_has_as_many_texts_as_choices(tab: Page, person: Person) -> None:
    run = await running(person)
    token_log().start(str(run.pk), attempt=1, epoch=1, choices=4)
    await tab.say("follow", run, epoch=1, **{"from": [1, 1, 1, 1]})
    await tab.until_state("running")

    for choice in range(4):
        write(run, f"text {choice}", choice=choice)

    events = [await tab.next() for _ in range(4)]
    assert {event["choice"]: event["tokens"] for event in events} == {
        choice: [[7, f"text {choice}"]] for choice in range(4)
    }


def test_limits_leave_room_for_a_page_with_tabs() -> None:
    assert settings.LIMIT_SOCKETS_PERSON < settings.LIMIT_SOCKETS_ADDRESS
