"""The hub hands each line to those who follow its run, over one subscription that mends itself."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
import redis

from playground.live.hub import Hub
from playground.live.tokenlog import FORWARD, Item, notice_line, token_log

RUN = "11111111-1111-1111-1111-111111111111"
OTHER = "22222222-2222-2222-2222-222222222222"


class Recorder:
    """A follower that remembers."""

    def __init__(self, run: str) -> None:
        self.run = run
        self.lines: asyncio.Queue[tuple[int, int, int, str]] = asyncio.Queue()
        self.distrusted = asyncio.Event()
        self.ticked = asyncio.Event()

    def offer(self, epoch: int, first: int, last: int, event: str) -> None:
        self.lines.put_nowait((epoch, first, last, event))

    def distrust(self) -> None:
        self.distrusted.set()

    def tick(self) -> None:
        self.ticked.set()

    async def next(self) -> tuple[int, int, int, str]:
        return await asyncio.wait_for(self.lines.get(), 5)


@pytest.fixture
async def hub(redis_client: redis.Redis) -> AsyncIterator[Hub]:
    hub = Hub()
    yield hub
    await hub.close()


async def listening(hub: Hub, run: str = RUN) -> Recorder:
    """A follower of a hub whose subscription stands, which it says by distrust."""
    follower = Recorder(run)
    hub.add(follower)
    await asyncio.wait_for(follower.distrusted.wait(), 5)
    follower.distrusted.clear()
    return follower


def append(run: str, text: str, before: int = 0) -> None:
    item = Item(run, 0, 1, 1, before, [json.dumps([7, text])])
    token_log().append("live:w", [item])


async def test_a_line_reaches_all_who_follow_its_run_and_nobody_else(hub: Hub) -> None:
    first = await listening(hub)
    second, other = Recorder(RUN), Recorder(OTHER)
    hub.add(second)
    hub.add(other)

    append(RUN, "a b\nc")
    append(OTHER, "x")

    line = await first.next()
    assert line[:3] == (1, 1, 1)
    assert json.loads(line[3])["tokens"] == [[7, "a b\nc"]]
    assert await second.next() == line
    assert (await other.next())[3].count(OTHER) == 1
    assert first.lines.empty()


async def test_one_message_may_carry_lines_of_many_runs(hub: Hub) -> None:
    first, second = Recorder(RUN), Recorder(OTHER)
    hub.add(first)
    hub.add(second)

    hub.dispatch(f"{RUN} 1 4 5 [a b]\n{OTHER} 2 1 1 {{}}".encode())

    assert first.lines.get_nowait() == (1, 4, 5, "[a b]")
    assert second.lines.get_nowait() == (2, 1, 1, "{}")


async def test_notices_are_handed_on(hub: Hub) -> None:
    follower = await listening(hub)

    token_log().tell("live:notices", notice_line(RUN, 3, '{"a":1}', kind=FORWARD))

    assert await follower.next() == (3, 0, FORWARD, '{"a":1}')


async def test_who_was_removed_hears_nothing_and_removing_twice_is_fine(hub: Hub) -> None:
    gone, stays = await listening(hub), Recorder(RUN)
    hub.add(stays)
    hub.remove(gone)
    hub.remove(gone)

    append(RUN, "a")

    await stays.next()
    assert gone.lines.empty()


async def test_a_lost_subscription_is_made_again_and_distrusted(
    hub: Hub, redis_client: redis.Redis
) -> None:
    follower = await listening(hub)

    redis_client.client_kill_filter(_type="pubsub")

    await asyncio.wait_for(follower.distrusted.wait(), 5)
    append(RUN, "a")
    assert (await follower.next())[:3] == (1, 1, 1)


async def test_a_line_that_cannot_be_read_does_not_end_the_subscription(
    hub: Hub, redis_client: redis.Redis
) -> None:
    follower = await listening(hub)

    redis_client.publish("live:w", "not a line")

    await asyncio.wait_for(follower.distrusted.wait(), 5)
    append(RUN, "a")
    assert (await follower.next())[:3] == (1, 1, 1)


async def test_work_of_each_tick_runs_once_and_again_after_it_failed(hub: Hub) -> None:
    follower = await listening(hub)
    calls: asyncio.Queue[int] = asyncio.Queue()

    async def work(followers: object) -> None:
        calls.put_nowait(len(list(followers)))  # type: ignore[call-overload]
        raise RuntimeError("once more")

    hub.each_tick(work)
    hub.each_tick(work)

    assert await asyncio.wait_for(calls.get(), 5) == 1
    assert calls.empty()
    assert await asyncio.wait_for(calls.get(), 5) == 1
    assert follower.ticked.is_set()
