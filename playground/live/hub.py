"""One subscription for all sockets of a web process.

The hub hands the lines that workers publish to whoever follows their run,
without parsing the events in them. What it hands over may have gaps; the
follower sees them by position and reads the log (live/tokenlog.py).
"""

import asyncio
import weakref
from collections.abc import Awaitable, Callable, Collection
from typing import Protocol

import structlog
from redis.exceptions import RedisError

from playground.core.redis_clients import make_async
from playground.live.tokenlog import CHANNEL, AsyncTokenReader

TICK_SECONDS = 1.0
RECONNECT_SECONDS = (0.05, 2.0)

log = structlog.get_logger(__name__)


class Follower(Protocol):
    """Someone who follows one run."""

    run: str

    def offer(self, epoch: int, first: int, last: int, event: str) -> None:
        """A line for its run. Must not block."""

    def distrust(self) -> None:
        """Lines may have been missed: read the log."""

    def tick(self) -> None:
        """`TICK_SECONDS` have passed."""


class Hub:
    """The followers of one event loop, and the tasks that serve them."""

    def __init__(self) -> None:
        self.reader = AsyncTokenReader(make_async(timeout=2.0))
        self._followers: dict[str, set[Follower]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._each_tick: list[Callable[[Collection[Follower]], Awaitable[None]]] = []

    def add(self, follower: Follower) -> None:
        """Hands ``follower`` every line of its run from now on."""
        if not self._tasks:
            self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._tick())]
        self._followers.setdefault(follower.run, set()).add(follower)

    def remove(self, follower: Follower) -> None:
        """Idempotent."""
        of_run = self._followers.get(follower.run)
        if of_run is not None:
            of_run.discard(follower)
            if not of_run:
                del self._followers[follower.run]

    def each_tick(self, work: Callable[[Collection[Follower]], Awaitable[None]]) -> None:
        """Calls ``work`` with all followers once a second, once however often it is named."""
        if work not in self._each_tick:
            self._each_tick.append(work)

    def dispatch(self, data: bytes) -> None:
        """Hands out the lines of one message."""
        followers = self._followers
        for line in data.decode().split("\n"):
            run, epoch, first, last, event = line.split(" ", 4)
            # Every web process hears every line; most are for pages of another one.
            of_run = followers.get(run)
            if of_run is not None:
                for follower in of_run:
                    follower.offer(int(epoch), int(first), int(last), event)

    async def close(self) -> None:
        """Ends its tasks and connections."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        await self.reader.close()

    async def _listen(self) -> None:
        """Owns the subscription. One task: redis-py's is not safe for several."""
        pause = RECONNECT_SECONDS[0]
        while True:
            client = make_async(timeout=None)
            subscription = client.pubsub()
            try:
                await subscription.psubscribe(CHANNEL + "*")
                while True:
                    message = await subscription.get_message(timeout=30.0)
                    if message is None:
                        # Silence: an answer or an error tells the two ends apart.
                        await subscription.ping()
                    elif message["type"] == "pmessage":
                        self.dispatch(message["data"])
                    elif message["type"] == "psubscribe":
                        pause = RECONNECT_SECONDS[0]
                        for follower in self._all():
                            follower.distrust()
            except (RedisError, OSError) as error:
                log.warning("subscription_lost", error=str(error))
            # A line that nobody foresaw must not silence every page for good.
            except Exception:
                log.exception("dispatch_failed")
            finally:
                await _close_quietly(subscription, client)
            await asyncio.sleep(pause)
            pause = min(pause * 2, RECONNECT_SECONDS[1])

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
        return [follower for of_run in self._followers.values() for follower in of_run]


_hubs: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Hub]" = weakref.WeakKeyDictionary()


def hub() -> Hub:
    """The running loop's hub."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub()
    return _hubs[loop]


async def _close_quietly(*things: object) -> None:
    for thing in things:
        try:
            await thing.aclose()  # type: ignore[attr-defined]
        except (RedisError, OSError) as error:
            log.debug("close_failed", error=str(error))
