"""What one socket still has to be told, and how each run it follows catches up.

Memory is bounded: a socket that is more than `MOST_PENDING` events behind
forgets them and reads the log again when it can send.
"""

import asyncio
import uuid
from collections.abc import Collection
from dataclasses import dataclass

import structlog
from channels.db import database_sync_to_async
from django.db import DatabaseError
from redis.exceptions import RedisError

from playground.live.hub import TICK_SECONDS, Follower, Hub
from playground.live.tokenlog import FORWARD, LogPart, error_event, state_event, tokens_event
from playground.runs.models import Run
from playground.runs.selectors import queue_places

MOST_PENDING = 256
# Seconds without a word after which the log and the row are looked at.
SILENCE = 5.0
# Seconds until a catch-up that failed is tried again.
AGAIN = 1.0

log = structlog.get_logger(__name__)


# An event to be sent: who follows, its first position (0 for a notice), the event
# itself. A plain tuple, since one is made for each token.
Pending = tuple["RunFollower", int, str]


@dataclass(frozen=True, slots=True)
class RowState:
    """What the row says while a run is followed."""

    status: str
    epoch: int
    tokens: int

    @property
    def final(self) -> bool:
        return self.status in Run.FINAL


class Outbox:
    """The events that wait for one socket."""

    def __init__(self) -> None:
        self.wake = asyncio.Event()
        self._pending: list[Pending] = []
        self._behind: list[RunFollower] = []

    def push(self, item: Pending) -> None:
        """Adds an event; past `MOST_PENDING` all are dropped and read again later."""
        if len(self._pending) >= MOST_PENDING:
            for follower, first, _ in (*self._pending, item):
                follower.rewind(first)
            self._pending.clear()
        else:
            self._pending.append(item)
        self.wake.set()

    def take(self) -> list[str]:
        """All events that are pending, as one frame is to carry them."""
        taken, self._pending = self._pending, []
        return [event for _, _, event in taken]

    def fall_behind(self, follower: "RunFollower") -> None:
        """``follower`` has to read before more is sent. Once for each `take_behind`."""
        self._behind.append(follower)
        self.wake.set()

    @property
    def is_behind(self) -> bool:
        """Whether somebody has to read."""
        return bool(self._behind)

    def take_behind(self) -> "list[RunFollower]":
        """Those who have to read."""
        behind, self._behind = self._behind, []
        return behind


class RunFollower(Follower):
    """One run as one socket follows it."""

    def __init__(self, *, run: str, epoch: int, start: int, outbox: Outbox, hub: Hub) -> None:
        self.run = run
        self.status = ""
        self.finished = False
        self._epoch = epoch
        self._next = start
        self._outbox = outbox
        self._hub = hub
        self._loop = asyncio.get_running_loop()
        self._silent_ticks = 0
        self._reading = False
        self._left = False
        self.stale = False
        # Begins by reading: what was said before it listened is in the log.
        self.distrust()

    def offer(self, epoch: int, first: int, last: int, event: str) -> None:
        """Takes what continues its text; anything else sends it to the log."""
        self._silent_ticks = 0
        if self.stale:
            return
        if self._reading:
            self.stale = True
        elif first == self._next and epoch == self._epoch:
            self._next = last + 1
            self._outbox.push((self, first, event))
        elif first == 0 and last == FORWARD:
            self.status = "running"
            self._outbox.push((self, 0, event))
        elif first == 0 or epoch != self._epoch or last >= self._next:
            # Word that the row has changed, another text, or a gap.
            self.distrust()

    def distrust(self) -> None:
        if not self.stale:
            self.stale = True
            self._outbox.fall_behind(self)

    def leave(self) -> None:
        """The page follows it no more: what a read still brings is not for it."""
        self._left = True

    def rewind(self, first: int) -> None:
        """An event was dropped unsent: what it said is read again."""
        if first:
            self._next = min(self._next, first)
        self.finished = False
        self.status = ""
        self.distrust()

    def tick(self) -> None:
        self._silent_ticks += 1
        if self._silent_ticks * TICK_SECONDS > SILENCE:
            self._silent_ticks = 0
            self.distrust()

    def say_place(self, ahead: int, wait_seconds: float | None) -> None:
        """Tells a waiting page its place in the queue."""
        self._silent_ticks = 0
        event = state_event(
            self.run, epoch=self._epoch, status="queued", ahead=ahead, wait_s=wait_seconds
        )
        self._outbox.push((self, 0, event))

    async def catch_up(self) -> None:
        """Reads the log from the next position, then the row."""
        self.stale, self._reading = False, True
        try:
            await self._read()
        except (RedisError, DatabaseError) as error:
            log.info("catch_up_failed", run=self.run, error=str(error))
            self._loop.call_later(AGAIN, self.distrust)
        finally:
            self._reading = False
        if self.stale:
            # Something came while it read: once more.
            self.stale = False
            self.distrust()

    async def _read(self) -> None:
        try:
            await self._read_log()
        except RedisError:
            # The row may be final all the same, and says it.
            self._say_state(await row_state(self.run))
            raise
        row = await row_state(self.run)
        if row is not None and row.final and row.status != self.status:
            # The log is whole now; what came between the two reads goes before the final state.
            await self._read_log()
        self._say_state(row)

    async def _read_log(self) -> None:
        part = await self._hub.reader.read(self.run, start=self._next)
        if part.epoch and part.epoch != self._epoch:
            self._epoch, self._next = part.epoch, 1
            part = await self._hub.reader.read(self.run, start=1)
        self._take(part)

    def _take(self, part: LogPart) -> None:
        if part.tokens and not self._left:
            self._next = part.last + 1
            self._outbox.push((self, part.first, tokens_event(self.run, part)))

    def _say_state(self, row: RowState | None) -> None:
        """Tells the page what the row says, unless it knows."""
        if row is None:
            self.finished = True
            if not self._left:
                self._outbox.push((self, 0, deleted_event(self.run)))
        elif row.status != self.status and not self._left:
            self.status = row.status
            self.finished = row.final
            event = state_event(
                self.run, epoch=self._epoch or row.epoch, status=row.status, position=row.tokens
            )
            self._outbox.push((self, 0, event))


def deleted_event(run: str) -> str:
    """The event that says that the run is no more."""
    return error_event(run, code="deleted", message="This run was deleted.")


async def tell_places(followers: Collection[Follower]) -> None:
    """Tells all waiting pages their places: one query a second for all of them."""
    waiting = [f for f in followers if isinstance(f, RunFollower) and f.status == "queued"]
    if not waiting:
        return
    places = await database_sync_to_async(queue_places, thread_sensitive=False)(
        [follower.run for follower in waiting]
    )
    for follower in waiting:
        if place := places.get(follower.run):
            follower.say_place(place.ahead, place.wait_seconds)


def _row_state(run: str) -> RowState | None:
    row = Run.objects.filter(pk=uuid.UUID(run)).values_list("status", "epoch", "completion_tokens")
    found = row.first()
    return RowState(*found) if found else None


async def row_state(run: str) -> RowState | None:
    """The row's state, or None when the run is deleted."""
    # Not in the one thread that all sensitive calls share.
    state: RowState | None = await database_sync_to_async(_row_state, thread_sensitive=False)(run)
    return state
