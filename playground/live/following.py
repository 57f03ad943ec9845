"""How a reader's view of one topic stays complete: by positions, and by reading where there is a
gap.

Each kind of topic has a subclass that knows what to read (runs/following.py).
"""

import asyncio
from abc import ABC, abstractmethod

import structlog
from django.db import DatabaseError
from redis.exceptions import RedisError

from playground.live.channels import channel_of
from playground.live.hub import TICK_SECONDS, Follower
from playground.live.messages import FollowRequest
from playground.live.outbox import Outbox
from playground.live.tokenlog import FORWARD

# Seconds of silence after which the follower reads anyway.
SILENCE_SECONDS = 5.0
# Seconds until a catch-up that failed is tried again.
RETRY_SECONDS = 1.0

log = structlog.get_logger(__name__)


class TopicFollower(Follower, ABC):
    """One topic as one reader follows it.

    stale: it must read before it uses another line. reading: a read is in progress.
    """

    def __init__(self, *, request: FollowRequest, outbox: Outbox) -> None:
        self.topic = request.topic
        self.channel = channel_of(self.topic)
        self.finished = False
        self.stale = False
        # The next position to send, for each choice.
        self.next = list(request.starts)
        self.epoch = request.epoch
        self.has_left = False
        self._outbox = outbox
        self._silent_ticks = 0
        self._reading = False
        self._retry: asyncio.TimerHandle | None = None

    def offer(self, choice: int, epoch: int, first: int, last: int, event: str) -> None:
        """Takes a line that continues its text; any other line causes a read."""
        self._silent_ticks = 0
        if self.stale or choice >= len(self.next):
            return
        if self._reading:
            self.stale = True
        elif first == self.next[choice] and epoch == self.epoch:
            self.next[choice] = last + 1
            self._outbox.push((self, choice, first, event))
        elif first == 0 and last == FORWARD:
            self.forward(event)
        elif first == 0 or epoch != self.epoch or last >= self.next[choice]:
            # The row has changed, another text has begun, or there is a gap.
            self.distrust()

    def distrust(self) -> None:
        if not self.stale:
            self.stale = True
            self._outbox.fall_behind(self)

    def leave(self) -> None:
        """The topic is no longer followed: the results of a running read are not sent."""
        self.has_left = True

    def rewind(self, choice: int, first: int) -> None:
        """An event was dropped unsent: its content is read again."""
        if first:
            self.next[choice] = min(self.next[choice], first)
        self.finished = False
        self.distrust()

    def tick(self) -> None:
        self._silent_ticks += 1
        if self._silent_ticks * TICK_SECONDS > SILENCE_SECONDS:
            self._silent_ticks = 0
            self.distrust()

    def forward(self, event: str) -> None:
        """Sends an event that has no position."""
        self._silent_ticks = 0
        self._outbox.push((self, 0, 0, event))

    async def catch_up(self) -> None:
        """Reads until nothing new came meanwhile; tries again later if it cannot."""
        self.stale, self._reading = False, True
        try:
            await self.read()
        except (RedisError, DatabaseError) as error:
            log.info("catch_up_failed", topic=self.topic, error=str(error))
            self._try_later()
        finally:
            self._reading = False
        if self.stale:
            # Something came during the read: read once more.
            self.stale = False
            self.distrust()

    @abstractmethod
    async def read(self) -> None:
        """Sends what the reader lacks, from `next` on, and sets `finished` when that is everything.

        Raises `RedisError` or `DatabaseError` when it could not read everything.
        """

    def push_positions(self, choice: int, first: int, last: int, event: str) -> None:
        """Sends the tokens of ``choice`` that were read."""
        self.next[choice] = last + 1
        self._outbox.push((self, choice, first, event))

    def _try_later(self) -> None:
        if self._retry is not None:
            self._retry.cancel()
        self._retry = asyncio.get_running_loop().call_later(RETRY_SECONDS, self.distrust)
