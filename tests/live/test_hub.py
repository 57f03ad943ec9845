"""The hub passes each line to the followers of its run, over one subscription that recovers by
itself."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
import redis

from playground.live.channels import channel_of
from playground.live.hub import Hub
from playground.live.tokenlog import FORWARD, Item, run_topic, token_log

RUN = "11111111-1111-1111-1111-111111111111"
OTHER = "22222222-2222-2222-2222-222222222222"

# Choice, epoch, first and last position, event.
Line = tuple[int, int, int, int, str]


class Recorder:
    """A follower that records its lines."""

    def __init__(self, run: str) -> None:
        self.topic = run_topic(run)
        self.channel = channel_of(self.topic)
        self.lines: asyncio.Queue[Line] = asyncio.Queue()
        self.distrusted = asyncio.Event()
        self.ticked = asyncio.Event()

    def offer(self, choice: int, epoch: int, first: int, last: int, event: str) -> None:
        self.lines.put_nowait((choice, epoch, first, last, event))

    def distrust(self) -> None:
        self.distrusted.set()

    def tick(self) -> None:
        self.ticked.set()

    async def next(self) -> Line:
        return await asyncio.wait_for(self.lines.get(), 5)


@pytest.fixture
async def hub(redis_client: redis.Redis) -> AsyncIterator[Hub]:
    hub = Hub()
    yield hub
    await hub.close()


async def listening(hub: Hub, run: str = RUN) -> Recorder:
    """A follower of a hub whose subscription is up; the hub calls its distrust to say so."""
    follower = Recorder(run)
    hub.add(follower)
    await asyncio.wait_for(follower.distrusted.wait(), 5)
    follower.distrusted.clear()
    return follower


def append(run: str, text: str, before: int = 0) -> None:
    item = Item(run, 0, 1, 1, before, [json.dumps([7, text])])
    token_log().append([item])


async def test_a_line_reaches_only_the_followers_of_its_run(hub: Hub) -> None:
    first = await listening(hub)
    second, other = Recorder(RUN), await listening(hub, OTHER)
    hub.add(second)

    append(RUN, "a b\nc")
    append(OTHER, "x")

    line = await first.next()
    assert line[:4] == (0, 1, 1, 1)
    assert json.loads(line[4])["tokens"] == [[7, "a b\nc"]]
    assert await second.next() == line
    assert (await other.next())[4].count(OTHER) == 1
    assert first.lines.empty()


async def test_one_message_may_carry_lines_of_many_runs(hub: Hub) -> None:
    first, second = Recorder(RUN), Recorder(OTHER)
    hub.add(first)
    hub.add(second)

    hub.dispatch(f"run:{RUN} 0 1 4 5 [a b]\nrun:{OTHER} 3 2 1 1 {{}}".encode())

    assert first.lines.get_nowait() == (0, 1, 4, 5, "[a b]")
    assert second.lines.get_nowait() == (3, 2, 1, 1, "{}")


async def test_notices_are_passed_on(hub: Hub) -> None:
    follower = await listening(hub)

    token_log().tell(RUN, '{"a":1}', epoch=3, kind=FORWARD)

    assert await follower.next() == (0, 3, 0, FORWARD, '{"a":1}')


async def test_a_removed_follower_gets_nothing_and_removing_twice_is_fine(hub: Hub) -> None:
    gone, stays = await listening(hub), Recorder(RUN)
    hub.add(stays)
    hub.remove(gone)
    hub.remove(gone)

    append(RUN, "a")

    await stays.next()
    assert gone.lines.empty()


async def test_a_lost_subscription_is_restored_and_distrusted(
    hub: Hub, redis_client: redis.Redis
) -> None:
    follower = await listening(hub)

    redis_client.client_kill_filter(_type="pubsub")

    await asyncio.wait_for(follower.distrusted.wait(), 5)
    append(RUN, "a")
    assert (await follower.next())[:4] == (0, 1, 1, 1)


async def test_an_unreadable_line_does_not_end_the_subscription(
    hub: Hub, redis_client: redis.Redis
) -> None:
    follower = await listening(hub)

    redis_client.publish(follower.channel, "not a line")

    await asyncio.wait_for(follower.distrusted.wait(), 5)
    append(RUN, "a")
    assert (await follower.next())[:4] == (0, 1, 1, 1)


async def test_work_of_a_tick_runs_once_and_again_after_a_failure(hub: Hub) -> None:
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
