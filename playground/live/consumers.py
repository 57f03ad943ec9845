"""A page's one socket: it follows runs, and nothing else goes over it.

Messages in, each a JSON object of at most 64 KiB:

    {"type": "follow", "run": "<uuid>", "epoch": 1, "from": 5}
    {"type": "unfollow", "run": "<uuid>"}

Frames out are JSON arrays of events (live/tokenlog.py), all that was pending.
"""

import asyncio
import json
import uuid
from collections import Counter
from dataclasses import dataclass

import structlog
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings

from playground.accounts.addresses import address_of_scope
from playground.accounts.models import Person
from playground.accounts.people import person_of_scope
from playground.accounts.sessions import Standing
from playground.live.hub import hub
from playground.live.tokenlog import error_event
from playground.live.watching import PersonWatch
from playground.runs.following import Outbox, RunFollower, tell_places
from playground.runs.models import Run

# Runs that one page may follow at a time.
MOST_FOLLOWED = 16
# Close code for a message that is not of the protocol.
UNSUPPORTED = 4400
# Close code for a person who has signed out, here or everywhere.
SIGNED_OUT = 4401
# Close code for a person who is no more.
DELETED = 4410
# RFC 6455: the server met a condition that it did not expect.
INTERNAL_ERROR = 1011
# More than any run has of tokens or epochs.
MOST = 2**31

log = structlog.get_logger(__name__)

# Open sockets of this process by person and by address.
_open: Counter[str] = Counter()


@dataclass(frozen=True, slots=True)
class Message:
    """What a page asks: "follow" ``run`` from position ``start`` of ``epoch``, or "unfollow"."""

    kind: str
    run: str
    epoch: int
    start: int


def read_message(text: str | None) -> Message | None:
    """A message of the protocol, or None."""
    try:
        value = json.loads(text or "")
        kind, run = value["type"], str(uuid.UUID(value["run"]))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    epoch, start = value.get("epoch", 1), value.get("from", 1)
    if kind not in ("follow", "unfollow") or not (_is_count(epoch) and _is_count(start)):
        return None
    return Message(kind=kind, run=run, epoch=epoch, start=start)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST


class RunConsumer(AsyncWebsocketConsumer):
    """Origin is checked before it (origins.py), the person before it accepts."""

    person: Person | None = None
    _keys: tuple[str, ...] = ()
    _sender: "asyncio.Task[None] | None" = None
    _watch: PersonWatch | None = None

    async def connect(self) -> None:
        self.person = await database_sync_to_async(person_of_scope, thread_sensitive=False)(
            self.scope["user"], self.scope["cookies"]
        )
        if self.person is None or not self._admit(self.person):
            await self.close()
            return
        self.outbox = Outbox()
        self.followers: dict[str, RunFollower] = {}
        self._sender = asyncio.create_task(self._send_while_open())
        hub().each_tick(tell_places)
        await self.accept()
        self._watch = PersonWatch(
            person=self.person, session_key=self.scope["session"].session_key, gone=self._end
        )
        hub().add(self._watch)
        # Whatever happened since the person was looked up was not heard.
        self._watch.distrust()

    async def disconnect(self, code: int) -> None:
        if self._watch is not None:
            hub().remove(self._watch)
            self._watch.leave()
        for key in self._keys:
            _open[key] -= 1
            if not _open[key]:
                del _open[key]
        if self._sender is not None:
            self._sender.cancel()
            for follower in self.followers.values():
                hub().remove(follower)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        message = read_message(text_data)
        if message is None:
            await self.close(code=UNSUPPORTED)
        elif message.kind == "follow":
            await self._follow(message)
        else:
            self._forget(message.run)

    async def _end(self, found: Standing) -> None:
        # Nothing more is for them, and nothing may be sent after the close.
        if self._sender is not None:
            self._sender.cancel()
        await self.close(code=DELETED if found is Standing.GONE else SIGNED_OUT)

    async def _follow(self, message: Message) -> None:
        run = message.run
        self._forget(run)
        if len(self.followers) >= MOST_FOLLOWED:
            await self._tell_error(run, "too_many_followed", "This page follows too many runs.")
        elif not await self._owns(run):
            await self._tell_error(run, "not_found", "There is no such run, or it is not yours.")
        else:
            follower = RunFollower(
                run=run, epoch=message.epoch, start=message.start, outbox=self.outbox, hub=hub()
            )
            self.followers[run] = follower
            hub().add(follower)

    async def _owns(self, run: str) -> bool:
        own = Run.objects.filter(pk=uuid.UUID(run), person=self.person)
        return await database_sync_to_async(own.exists, thread_sensitive=False)()

    async def _send_while_open(self) -> None:
        """Sends all that is pending in one frame, as fast as the reader takes it."""
        outbox = self.outbox
        try:
            while True:
                await outbox.wake.wait()
                outbox.wake.clear()
                behind = await self._catch_up() if outbox.is_behind else ()
                if events := outbox.take():
                    await self.send(text_data=f"[{','.join(events)}]")
                for follower in behind:
                    if follower.finished and not follower.stale:
                        self._forget(follower.run)
        except OSError:
            # The page has gone; `disconnect` follows.
            pass
        except Exception:
            # Closed, the page connects again; silent, it would wait for ever.
            log.exception("sender_failed")
            await self.close(code=INTERNAL_ERROR)

    async def _catch_up(self) -> list[RunFollower]:
        """Has those read who must, unless they are followed no more."""
        behind = [f for f in self.outbox.take_behind() if self.followers.get(f.run) is f]
        for follower in behind:
            await follower.catch_up()
        return behind

    def _forget(self, run: str) -> None:
        follower = self.followers.pop(run, None)
        if follower is not None:
            follower.leave()
            hub().remove(follower)

    async def _tell_error(self, run: str, code: str, message: str) -> None:
        await self.send(text_data=f"[{error_event(run, code=code, message=message)}]")

    def _admit(self, person: Person) -> bool:
        """Counts the socket, unless the person or the address has enough of them."""
        address = address_of_scope(self.scope.get("client"), self.scope["headers"])
        keys = (f"person:{person.pk}", f"address:{address}")
        limits = (settings.LIMIT_SOCKETS_PERSON, settings.LIMIT_SOCKETS_ADDRESS)
        if any(_open[key] >= limit for key, limit in zip(keys, limits, strict=True)):
            log.info("socket_refused", person=str(person.pk))
            return False
        self._keys = keys
        _open.update(keys)
        return True
