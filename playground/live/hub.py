"""One subscription for all readers of a web process.

The hub passes the lines that workers publish to the followers of their topic, without parsing the
events in them. The lines may have gaps; the follower notices them by position and reads the log
(live/tokenlog.py).
"""

import asyncio
import weakref
from collections.abc import Awaitable, Callable, Collection
from typing import Protocol

import structlog

from playground.core.redis.clients import make_async
from playground.live.subscription import Subscription
from playground.live.tokenlog import AsyncTokenReader

TICK_SECONDS = 1.0

log = structlog.get_logger(__name__)


class Follower(Protocol):
    """A follower of one topic, whose lines come on one channel."""

    topic: str
    channel: str

    def offer(self, choice: int, epoch: int, first: int, last: int, event: str) -> None:
        """A line for its topic. Must not block."""

    def distrust(self) -> None:
        """Lines may have been missed: read the log."""

    def tick(self) -> None:
        """`TICK_SECONDS` have passed."""


class Hub:
    """The followers of one event loop, and the tasks that serve them."""

    def __init__(self) -> None:
        self.reader = AsyncTokenReader(make_async(timeout=2.0))
        self._by_topic: dict[str, set[Follower]] = {}
        self._by_channel: dict[str, set[Follower]] = {}
        # Followers that were not yet told whether their channel is received.
        self._waiting: set[Follower] = set()
        self._subscription = Subscription(
            take=self.dispatch, heard=self._distrust_channel, lost=self._distrust_waiting
        )
        self._tasks: list[asyncio.Task[None]] = []
        self._each_tick: list[Callable[[Collection[Follower]], Awaitable[None]]] = []

    def add(self, follower: Follower) -> None:
        """Passes ``follower`` every line of its topic from some moment on.

        At that moment its `distrust` is called, so it reads everything published before. It is also
        called when the channel cannot be received, so that the follower sends what is known
        elsewhere.
        """
        if not self._tasks:
            self._tasks = [
                asyncio.create_task(self._subscription.run()),
                asyncio.create_task(self._tick()),
            ]
        self._by_topic.setdefault(follower.topic, set()).add(follower)
        self._by_channel.setdefault(follower.channel, set()).add(follower)
        if self._subscription.hears(follower.channel):
            follower.distrust()
        else:
            self._waiting.add(follower)
            self._subscription.want(follower.channel)

    def remove(self, follower: Follower) -> None:
        """Idempotent."""
        self._waiting.discard(follower)
        _discard(self._by_topic, follower.topic, follower)
        if _discard(self._by_channel, follower.channel, follower):
            self._subscription.drop(follower.channel)

    def each_tick(self, work: Callable[[Collection[Follower]], Awaitable[None]]) -> None:
        """Calls ``work`` with all followers once a second, once even if it is registered
        repeatedly."""
        if work not in self._each_tick:
            self._each_tick.append(work)

    def dispatch(self, data: bytes) -> None:
        """Passes on the lines of one message."""
        followers = self._by_topic
        for line in data.decode().split("\n"):
            topic, choice, epoch, first, last, event = line.split(" ", 5)
            # A channel also has lines of other topics, for pages of another process.
            of_topic = followers.get(topic)
            if of_topic is not None:
                for follower in of_topic:
                    follower.offer(int(choice), int(epoch), int(first), int(last), event)

    async def close(self) -> None:
        """Ends its tasks and connections."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        await self.reader.close()

    def _distrust_channel(self, channel: str) -> None:
        for follower in list(self._by_channel.get(channel, ())):
            self._waiting.discard(follower)
            follower.distrust()

    def _distrust_waiting(self) -> None:
        waiting, self._waiting = self._waiting, set()
        for follower in waiting:
            follower.distrust()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_SECONDS)
            followers = self._all()
            for follower in followers:
                follower.tick()
            for work in self._each_tick:
                try:
                    await work(followers)
                # The next tick tries again; the tick itself must not end.
                except Exception as error:
                    log.warning("tick_failed", error=str(error))

    def _all(self) -> list[Follower]:
        return [follower for of_topic in self._by_topic.values() for follower in of_topic]


_hubs: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Hub]" = weakref.WeakKeyDictionary()


def hub() -> Hub:
    """The running loop's hub."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub()
    return _hubs[loop]


def _discard(groups: dict[str, set[Follower]], name: str, follower: Follower) -> bool:
    """Takes ``follower`` out of a group. True when the group is gone with it."""
    group = groups.get(name)
    if group is None:
        return False
    group.discard(follower)
    if group:
        return False
    del groups[name]
    return True
