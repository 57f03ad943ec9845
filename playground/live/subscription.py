"""The channels that a web process receives, over one connection to Redis that recovers by itself.

One task subscribes and unsubscribes, and one other only reads: redis-py's PubSub loses streams when
several subscribe at a time. A channel counts as received only when Redis has confirmed it; then its
followers read the log.
"""

import asyncio
from collections.abc import Callable

import redis.asyncio.client
import structlog
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as NoAnswer

from playground.core.redis.clients import make_subscriber

RECONNECT_SECONDS = (0.05, 2.0)
# The time between two checks whether the other end is still there.
PING_SECONDS = 30.0
# The time within which the server takes a command.
ANSWER_SECONDS = 5.0

log = structlog.get_logger(__name__)


class Subscription:
    """The channels of one process.

    take: called with the data of each message. heard: called with a channel from which on nothing
    is missed. lost: called after each end of the connection, before the next try.
    """

    def __init__(
        self,
        *,
        take: Callable[[bytes], None],
        heard: Callable[[str], None],
        lost: Callable[[], None],
    ) -> None:
        self._take, self._on_heard, self._on_lost = take, heard, lost
        self._wanted: set[str] = set()
        # Requested, and confirmed, over the current connection.
        self._asked: set[str] = set()
        self._heard: set[str] = set()
        self._changed = asyncio.Event()
        self._pause = RECONNECT_SECONDS[0]
        self._is_answered = True

    def want(self, channel: str) -> None:
        """Subscribes to the channel, soon; see `hears`."""
        self._wanted.add(channel)
        self._changed.set()

    def drop(self, channel: str) -> None:
        """Unsubscribes from the channel."""
        self._wanted.discard(channel)
        self._changed.set()

    def hears(self, channel: str) -> bool:
        """Whether everything published on it now arrives here."""
        return channel in self._heard

    async def run(self) -> None:
        """Owns the connection, until it is cancelled."""
        while True:
            while not self._wanted:
                self._changed.clear()
                await self._changed.wait()
            client = make_subscriber()
            subscription = client.pubsub()
            try:
                await self._serve(subscription)
            except (RedisError, OSError) as error:
                log.warning("subscription_lost", error=str(error))
            # An unexpected line must not silence every page for good.
            except Exception:
                log.exception("dispatch_failed")
            finally:
                self._asked.clear()
                self._heard.clear()
                await _close_quietly(subscription, client)
            self._on_lost()
            await asyncio.sleep(self._pause)
            self._pause = min(self._pause * 2, RECONNECT_SECONDS[1])

    async def _serve(self, subscription: redis.asyncio.client.PubSub) -> None:
        """Subscribes to the wanted channels as they change.

        Raises the error that ends the connection.
        """
        self._is_answered = True
        await self._ask(subscription)
        reading = asyncio.create_task(self._read(subscription))
        reading.add_done_callback(lambda _: self._changed.set())
        try:
            while True:
                try:
                    async with asyncio.timeout(PING_SECONDS):
                        await self._changed.wait()
                except TimeoutError:
                    await self._ping(subscription)
                self._changed.clear()
                if reading.done():
                    # It ends only with an error.
                    return await reading
                await self._ask(subscription)
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def _ask(self, subscription: redis.asyncio.client.PubSub) -> None:
        async with asyncio.timeout(ANSWER_SECONDS):
            if gone := self._asked - self._wanted:
                self._asked -= gone
                self._heard -= gone
                await subscription.unsubscribe(*gone)
            if new := self._wanted - self._asked:
                self._asked |= new
                await subscription.subscribe(*new)

    async def _ping(self, subscription: redis.asyncio.client.PubSub) -> None:
        """After a silence, an answer or an error shows whether the other end is there."""
        if not self._is_answered:
            raise NoAnswer(f"no answer for {PING_SECONDS:g} s")
        self._is_answered = False
        async with asyncio.timeout(ANSWER_SECONDS):
            await subscription.ping()

    async def _read(self, subscription: redis.asyncio.client.PubSub) -> None:
        while True:
            message = await subscription.get_message(timeout=None)
            self._is_answered = True
            if message is None:
                continue
            if message["type"] == "message":
                self._take(message["data"])
            elif message["type"] == "subscribe":
                self._confirm(message["channel"].decode())

    def _confirm(self, channel: str) -> None:
        self._pause = RECONNECT_SECONDS[0]
        if channel in self._asked:
            self._heard.add(channel)
            self._on_heard(channel)


async def _close_quietly(*things: object) -> None:
    for thing in things:
        try:
            await thing.aclose()  # type: ignore[attr-defined]
        except (RedisError, OSError) as error:
            log.debug("close_failed", error=str(error))
