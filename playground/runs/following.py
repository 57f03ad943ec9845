"""How a page follows a run: its tokens from the log, its state from the row."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from channels.db import database_sync_to_async
from redis.exceptions import RedisError

from playground.accounts.models import Person
from playground.live.following import TopicFollower
from playground.live.hub import Follower, Hub
from playground.live.messages import FollowRequest, error_event
from playground.live.outbox import Outbox
from playground.live.tokenlog import state_event, tokens_event
from playground.live.topics import TopicKind
from playground.runs.figures import write_place
from playground.runs.models import Run
from playground.runs.selectors import queue_places


@dataclass(frozen=True, slots=True)
class RowState:
    """The row's values that a follower needs."""

    status: str
    epoch: int
    tokens: int

    @property
    def final(self) -> bool:
        return self.status in Run.FINAL


class RunFollower(TopicFollower):
    """One run as one page follows it."""

    def __init__(self, *, request: FollowRequest, outbox: Outbox, hub: Hub) -> None:
        super().__init__(request=request, outbox=outbox)
        self.run = str(request.id)
        # The last state that was sent to the page.
        self.status = ""
        self._hub = hub

    def rewind(self, choice: int, first: int) -> None:
        self.status = ""
        super().rewind(choice, first)

    def forward(self, event: str) -> None:
        # Nothing else comes without a position than that a worker has begun it.
        self.status = "running"
        super().forward(event)

    def say_place(self, ahead: int, wait_seconds: float | None) -> None:
        """Tells a waiting page its place in the queue."""
        event = state_event(
            self.run,
            epoch=self.epoch,
            status="queued",
            ahead=ahead,
            wait_s=wait_seconds,
            note=write_place(ahead, wait_seconds),
        )
        super().forward(event)

    async def read(self) -> None:
        """Reads the log from the next positions, then the row."""
        try:
            await self._read_log()
        except RedisError:
            # The row may be final all the same, and says it.
            self._send_state(await row_state(self.run))
            raise
        row = await row_state(self.run)
        if row is not None and row.final and row.status != self.status:
            # The log is complete now; lines from between the two reads come before the final state.
            await self._read_log()
        self._send_state(row)

    async def _read_log(self) -> None:
        parts = await self._hub.reader.read(self.run, starts=self.next)
        epoch = parts[0].epoch
        if epoch and epoch != self.epoch:
            self.epoch, self.next = epoch, [1] * len(self.next)
            parts = await self._hub.reader.read(self.run, starts=self.next)
        for choice, part in enumerate(parts):
            if part.tokens and not self.has_left:
                event = tokens_event(self.run, choice, part)
                self.push_positions(choice, part.first, part.last, event)

    def _send_state(self, row: RowState | None) -> None:
        """Sends the row's state to the page, unless it has it."""
        if row is None:
            self.finished = True
            if not self.has_left:
                super().forward(deleted_event(self.topic))
        elif row.status != self.status and not self.has_left:
            self.status = row.status
            self.finished = row.final
            event = state_event(
                self.run, epoch=self.epoch or row.epoch, status=row.status, position=row.tokens
            )
            super().forward(event)


def deleted_event(topic: str) -> str:
    """The event that the run no longer exists."""
    return error_event(topic, code="deleted", message="This run was deleted.")


def may_follow(person: Person, run_id: uuid.UUID | None) -> bool:
    """Whether the run is the person's own."""
    return run_id is not None and Run.objects.filter(pk=run_id, person=person).exists()


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


RUNS = TopicKind(name="run", may_follow=may_follow, follower=RunFollower, each_tick=tell_places)
