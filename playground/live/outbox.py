"""The events that one reader still has to get.

Memory is bounded: if a reader is more than `MAX_PENDING` events behind, its events are dropped, and
its followers read again when it can take more.
"""

import asyncio
from typing import Protocol

MAX_PENDING = 256


class CatchesUp(Protocol):
    """A follower of one topic for the reader (following.py).

    stale: it has to read again. finished: there will be no more events.
    """

    topic: str
    stale: bool
    finished: bool

    def rewind(self, choice: int, first: int) -> None:
        """An event from position ``first`` on (0 for a notice) was dropped unsent."""

    async def catch_up(self) -> None:
        """Reads what it lacks, and pushes it."""


# An event to send: its follower, its choice, its first position (0 for a notice), the event itself.
# A plain tuple, because one is made for each token.
Pending = tuple[CatchesUp, int, int, str]


class Outbox:
    """The events that wait for one reader."""

    def __init__(self) -> None:
        self.wake = asyncio.Event()
        self._pending: list[Pending] = []
        self._behind: list[CatchesUp] = []

    def push(self, item: Pending) -> None:
        """Adds an event; past `MAX_PENDING` all are dropped and read again later."""
        if len(self._pending) >= MAX_PENDING:
            for follower, choice, first, _ in (*self._pending, item):
                follower.rewind(choice, first)
            self._pending.clear()
        else:
            self._pending.append(item)
        self.wake.set()

    def take(self) -> list[str]:
        """All pending events, for one frame."""
        taken, self._pending = self._pending, []
        return [event for _, _, _, event in taken]

    def fall_behind(self, follower: CatchesUp) -> None:
        """``follower`` has to read before more is sent. Call it once for each `take_behind`."""
        self._behind.append(follower)
        self.wake.set()

    @property
    def is_behind(self) -> bool:
        """Whether some follower has to read."""
        return bool(self._behind)

    def take_behind(self) -> list[CatchesUp]:
        """The followers that have to read."""
        behind, self._behind = self._behind, []
        return behind
