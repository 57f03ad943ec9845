"""A page's one socket: it follows runs, and nothing else goes over it.

Messages in, each a JSON object of at most 64 KiB:

    {"type": "follow", "run": "<uuid>", "epoch": 1, "from": 5}
    {"type": "unfollow", "run": "<uuid>"}

Frames out are JSON arrays of events (core/tokenlog.py), all that was pending.
"""

import asyncio
import json
import uuid
from collections import Counter
from typing import Any

import structlog
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings

from playground.accounts.addresses import address_of_scope
from playground.accounts.models import Person
from playground.accounts.people import person_of_scope
from playground.core.hub import hub
from playground.runs.following import Outbox, RunFollower, tell_places
from playground.runs.models import Run

# Runs that one page may follow at a time.
MOST_FOLLOWED = 16
# Close code for a message that is not of the protocol.
UNSUPPORTED = 4400

log = structlog.get_logger(__name__)

# Open sockets of this process by person and by address.
_open: Counter[str] = Counter()


class RunConsumer(AsyncWebsocketConsumer):
    """Origin is checked before it (origins.py), the person before it accepts."""

    person: Person | None = None
    _keys: tuple[str, ...] = ()
    _sender: "asyncio.Task[None] | None" = None

    async def connect(self) -> None:
        self.person = await database_sync_to_async(person_of_scope, thread_sensitive=False)(
            self.scope["user"], self.scope["cookies"]
        )
        if self.person is None or not self._admit(self.person):
            await self.close()
            return
        self.outbox = Outbox()
        self.followers: dict[str, RunFollower] = {}
        self._sender = asyncio.create_task(self._send_pending())
        hub().each_tick(tell_places)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        _open.subtract(self._keys)
        if self._sender is not None:
            self._sender.cancel()
            for follower in self.followers.values():
                hub().remove(follower)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        try:
            message = json.loads(text_data or "")
            kind, run = message["type"], str(uuid.UUID(message["run"]))
            epoch, start = int(message.get("epoch", 1)), int(message.get("from", 1))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            await self.close(code=UNSUPPORTED)
            return
        if kind == "follow" and start >= 1:
            await self._follow(run, epoch, start)
        elif kind == "unfollow":
            self._forget(run)
        else:
            await self.close(code=UNSUPPORTED)

    async def _follow(self, run: str, epoch: int, start: int) -> None:
        self._forget(run)
        if len(self.followers) >= MOST_FOLLOWED:
            await self._tell_error(run, "too_many_followed", "This page follows too many runs.")
        elif not await self._owns(run):
            await self._tell_error(run, "not_found", "There is no such run, or it is not yours.")
        else:
            follower = RunFollower(run=run, epoch=epoch, start=start, outbox=self.outbox, hub=hub())
            self.followers[run] = follower
            hub().add(follower)
            self.outbox.wake.set()

    async def _owns(self, run: str) -> bool:
        own = Run.objects.filter(pk=uuid.UUID(run), person=self.person)
        return await database_sync_to_async(own.exists, thread_sensitive=False)()

    async def _send_pending(self) -> None:
        """Sends all that is pending in one frame, as fast as the reader takes it."""
        while True:
            await self.outbox.wake.wait()
            self.outbox.wake.clear()
            for follower in list(self.followers.values()):
                if follower.stale:
                    await follower.catch_up()
            taken = self.outbox.take()
            if taken:
                await self.send(text_data="[" + ",".join(item.event for item in taken) + "]")
                for run, follower in list(self.followers.items()):
                    if follower.finished and not follower.stale:
                        self._forget(run)

    def _forget(self, run: str) -> None:
        follower = self.followers.pop(run, None)
        if follower is not None:
            hub().remove(follower)

    async def _tell_error(self, run: str, code: str, message: str) -> None:
        event: dict[str, Any] = {"type": "error", "code": code, "message": message, "run": run}
        await self.send(text_data=json.dumps([event]))

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
