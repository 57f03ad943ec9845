"""A web process receives the channels that its own pages follow, and no others."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import redis

from playground.core.redis.valkey import EmbeddedValkey
from playground.live.channels import SESSIONS, channel_of
from playground.live.hub import Hub
from playground.live.tokenlog import run_topic
from tests.live.test_hub import Recorder, append, listening


def run_in(shard: int, number: int = 0) -> str:
    """The ``number``-th run whose topic is in ``shard``."""
    runs = (f"{at:08}-0000-0000-0000-000000000000" for at in range(10_000))
    found = (run for run in runs if channel_of(run_topic(run)).endswith(f":{shard}"))
    return [next(found) for _ in range(number + 1)][number]


def subscribed_channels(client: redis.Redis) -> dict[str, int]:
    """The live channels that have subscribers, and how many each has."""
    channels = client.pubsub_channels("live:*")
    return {name.decode(): count for name, count in client.pubsub_numsub(*channels)}


async def until(holds: Callable[[], object]) -> None:
    """Polls: the server sends no event about another connection."""
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


@pytest.fixture
async def hubs(redis_client: redis.Redis) -> AsyncIterator[list[Hub]]:
    """Two hubs, which Redis sees as two web processes."""
    hubs = [Hub(), Hub()]
    yield hubs
    for hub in hubs:
        await hub.close()


async def test_a_process_receives_the_shards_that_it_follows(
    hubs: list[Hub], redis_client: redis.Redis
) -> None:
    first, second = await listening(hubs[0], run_in(3)), await listening(hubs[0], run_in(7))
    await listening(hubs[0], run_in(7, 1))

    assert subscribed_channels(redis_client) == {first.channel: 1, second.channel: 1}


async def test_a_shard_is_received_until_the_last_follower_leaves(
    hubs: list[Hub], redis_client: redis.Redis
) -> None:
    stays = await listening(hubs[0], run_in(3))
    one, other = await listening(hubs[0], run_in(7)), await listening(hubs[0], run_in(7, 1))

    hubs[0].remove(one)
    await listening(hubs[0], run_in(5))
    assert other.channel in subscribed_channels(redis_client)
    hubs[0].remove(other)

    await until(lambda: other.channel not in subscribed_channels(redis_client))
    assert stays.channel in subscribed_channels(redis_client)


async def test_without_followers_nothing_is_received_and_the_next_follower_works(
    hubs: list[Hub], redis_client: redis.Redis
) -> None:
    gone = await listening(hubs[0], run_in(3))
    hubs[0].remove(gone)
    await until(lambda: subscribed_channels(redis_client) == {})

    follower = await listening(hubs[0], run_in(3, 1))
    append(run_in(3, 1), "a")

    assert (await follower.next())[:4] == (0, 1, 1, 1)


async def test_processes_receive_their_own_shards(
    hubs: list[Hub], redis_client: redis.Redis
) -> None:
    mine, theirs = await listening(hubs[0], run_in(3)), await listening(hubs[1], run_in(7))
    both = [await listening(hub, run_in(9)) for hub in hubs]

    assert subscribed_channels(redis_client) == {
        mine.channel: 1,
        theirs.channel: 1,
        both[0].channel: 2,
    }

    for shard in (3, 7, 9):
        append(run_in(shard), f"of {shard}")
    assert "of 3" in (await mine.next())[4]
    assert "of 7" in (await theirs.next())[4]
    assert [("of 9" in (await one.next())[4]) for one in both] == [True, True]


async def test_a_line_of_another_topic_in_the_same_shard_is_ignored(hubs: list[Hub]) -> None:
    follower = await listening(hubs[0], run_in(3))

    append(run_in(3, 1), "not followed")
    append(run_in(3), "followed")

    assert "not followed" not in (await follower.next())[4]


async def test_many_simultaneous_followers_all_get_their_shards(hubs: list[Hub]) -> None:
    followers = [Recorder(run_in(shard)) for shard in range(16)]
    for follower in followers:
        hubs[0].add(follower)
    for follower in followers:
        await asyncio.wait_for(follower.distrusted.wait(), 5)

    for shard in range(16):
        append(run_in(shard), "a")

    for follower in followers:
        assert (await follower.next())[:4] == (0, 1, 1, 1)


async def test_all_shards_are_received_again_after_a_lost_connection(
    hubs: list[Hub], redis_client: redis.Redis
) -> None:
    followers = [await listening(hubs[0], run_in(shard)) for shard in (3, 7)]

    redis_client.client_kill_filter(_type="pubsub")

    for follower in followers:
        await asyncio.wait_for(follower.distrusted.wait(), 5)
    for shard, follower in zip((3, 7), followers, strict=True):
        append(run_in(shard), "a")
        assert (await follower.next())[:4] == (0, 1, 1, 1)


async def test_a_follower_is_notified_when_redis_is_lost_and_when_it_is_back(
    valkey: EmbeddedValkey, settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    client_arguments = settings.REDIS.client_arguments()
    nowhere = {**client_arguments, "unix_socket_path": str(tmp_path / "nowhere")}
    place = nowhere
    monkeypatch.setattr(type(settings.REDIS), "client_arguments", lambda self: place)
    hub = Hub()
    follower = Recorder(run_in(3))

    hub.add(follower)

    await asyncio.wait_for(follower.distrusted.wait(), 5)
    follower.distrusted.clear()
    place = client_arguments
    await asyncio.wait_for(follower.distrusted.wait(), 10)
    await hub.close()


async def test_another_number_of_shards_is_another_set_of_channels(settings: Any) -> None:
    names = {}
    for shards in (1, 16, 64):
        settings.LIVE_SHARDS = shards
        names[shards] = {channel_of(f"run:{at}") for at in range(2_000)}

    assert {shards: len(found) for shards, found in names.items()} == {1: 1, 16: 16, 64: 64}
    assert not names[1] & names[16] | names[16] & names[64] | names[64] & {SESSIONS}


def test_a_topics_shard_is_the_same_everywhere(settings: Any) -> None:
    settings.LIVE_SHARDS = 16

    # Workers and web processes of any machine and version must compute the same shard.
    assert channel_of("run:11111111-1111-1111-1111-111111111111") == "live:16:3"
    assert channel_of("queue") == "live:16:3"
