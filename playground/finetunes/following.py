"""How a page follows a fine-tune: its record and its state, both from the rows."""

import json
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from channels.db import database_sync_to_async

from playground.accounts.models import Person
from playground.finetunes.models import FineTune, FineTuneEvent
from playground.finetunes.record import TOPIC, record_event
from playground.finetunes.selectors import queue_places, write_place
from playground.live.following import TopicFollower
from playground.live.hub import Follower, Hub
from playground.live.messages import FollowRequest, error_event
from playground.live.outbox import Outbox
from playground.live.topics import TopicKind

# Lines of one event.
READ_AT_MOST = 500


@dataclass(frozen=True, slots=True)
class RowState:
    """What the row says while a fine-tune is followed."""

    status: str
    epoch: int
    position: int

    @property
    def final(self) -> bool:
        return self.status in FineTune.FINAL


class FineTuneFollower(TopicFollower):
    """One fine-tune as one page follows it. Positions are the numbers of its record's lines."""

    def __init__(self, *, request: FollowRequest, outbox: Outbox, hub: Hub) -> None:
        super().__init__(request=request, outbox=outbox)
        self.id = uuid.UUID(int=0) if request.id is None else request.id
        # What the page was told last.
        self.status = ""
        self.place = ""

    def rewind(self, choice: int, first: int) -> None:
        self.status = self.place = ""
        super().rewind(choice, first)

    async def read(self) -> None:
        """Reads the row, then its lines from the next position on."""
        row = await _in_thread(_row_state, self.id)
        if row is None:
            self.finished = True
            if not self.has_left:
                self.forward(_deleted_event(self.topic))
            return
        if row.epoch != self.epoch:
            # What the page may have of lines that were taken back, it forgets.
            self.epoch, self.next = row.epoch, [1]
        while lines := await _in_thread(_lines, self.id, self.next[0], row.position):
            if self.has_left:
                return
            event = record_event(self.topic, epoch=self.epoch, lines=lines)
            self.push_positions(0, lines[0]["n"], lines[-1]["n"], event)
        if row.status != self.status and not self.has_left:
            self.status, self.place = row.status, ""
            self.finished = row.final
            self.forward(_state_event(self.topic, self.epoch, row.status, row.position))

    def say_place(self, note: str) -> None:
        """Tells a waiting page its place in the queue, when it has changed."""
        if note != self.place:
            self.place = note
            self.forward(_state_event(self.topic, self.epoch, self.status, 0, note=note))


def may_follow(person: Person, finetune_id: uuid.UUID | None) -> bool:
    """Whether the fine-tune is the person's own."""
    if finetune_id is None:
        return False
    return FineTune.objects.filter(pk=finetune_id, person=person).exists()


async def tell_places(followers: Collection[Follower]) -> None:
    """Tells all waiting pages their places."""
    waiting = [
        follower
        for follower in followers
        if isinstance(follower, FineTuneFollower) and follower.status == FineTune.Status.QUEUED
    ]
    if not waiting:
        return
    places = await _in_thread(queue_places, [follower.id for follower in waiting])
    for follower in waiting:
        place = places.get(follower.id)
        if place is not None:
            follower.say_place(write_place(place))


async def _in_thread(ask: Any, *args: Any) -> Any:
    # Not in the one thread that all sensitive calls share.
    return await database_sync_to_async(ask, thread_sensitive=False)(*args)


def _row_state(finetune_id: uuid.UUID) -> RowState | None:
    rows = FineTune.objects.filter(pk=finetune_id)
    found = rows.values_list("status", "epoch", "position").first()
    return RowState(*found) if found else None


def _lines(finetune_id: uuid.UUID, first: int, last: int) -> list[dict[str, Any]]:
    events = FineTuneEvent.objects.filter(finetune=finetune_id, n__gte=first, n__lte=last)
    rows = events.order_by("n").values_list("n", "kind", "data")[:READ_AT_MOST]
    return [{"n": n, "kind": kind, **data} for n, kind, data in rows]


def _state_event(topic: str, epoch: int, status: str, position: int, **more: Any) -> str:
    event = {"type": "state", "topic": topic, "epoch": epoch, "status": status}
    return json.dumps({**event, "position": position, **more}, separators=(",", ":"))


def _deleted_event(topic: str) -> str:
    return error_event(topic, code="deleted", message="This fine-tune was deleted.")


FINETUNES = TopicKind(
    name=TOPIC, may_follow=may_follow, follower=FineTuneFollower, each_tick=tell_places
)
