"""A page's one socket, which only follows topics (messages.py)."""

import asyncio
from collections import Counter

import structlog
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings

from playground.accounts.addresses import address_of_scope
from playground.accounts.authentication.sessions import Standing
from playground.accounts.models import Person
from playground.accounts.people import person_of_scope
from playground.core.errors import PlaygroundError
from playground.live.feed import Feed
from playground.live.hub import hub
from playground.live.messages import FollowRequest, error_event, read_message
from playground.live.watching import PersonWatch

# Close code for a message outside the protocol.
UNSUPPORTED = 4400
# Close code for a person who has signed out, here or everywhere.
SIGNED_OUT = 4401
# Close code for a deleted person.
DELETED = 4410
# RFC 6455: the server met a condition that it did not expect.
INTERNAL_ERROR = 1011

log = structlog.get_logger(__name__)

# Open sockets of this process by person and by address.
_open: Counter[str] = Counter()


class PageConsumer(AsyncWebsocketConsumer):
    """The origin is checked before it (origins.py), the person before it accepts."""

    person: Person | None = None
    _keys: tuple[str, ...] = ()
    _feed: Feed | None = None
    _sender: "asyncio.Task[None] | None" = None
    _watch: PersonWatch | None = None

    async def connect(self) -> None:
        self.person = await database_sync_to_async(person_of_scope, thread_sensitive=False)(
            self.scope["user"], self.scope["cookies"]
        )
        if self.person is None or not self._admit(self.person):
            await self.close()
            return
        self._feed = Feed(person=self.person, hub=hub())
        self._sender = asyncio.create_task(self._send_while_open(self._feed))
        await self.accept()
        self._watch = PersonWatch(
            person=self.person, session_key=self.scope["session"].session_key, gone=self._end
        )
        # It checks as soon as it receives: it missed changes since the person was looked up.
        hub().add(self._watch)

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
        if self._feed is not None:
            self._feed.close()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        message = read_message(text_data)
        if message is None or self._feed is None:
            await self.close(code=UNSUPPORTED)
        elif message.is_follow:
            await self._follow(self._feed, message.request)
        else:
            self._feed.unfollow(message.request.topic)

    async def _end(self, found: Standing) -> None:
        # They get nothing more, and nothing may be sent after the close.
        if self._sender is not None:
            self._sender.cancel()
        await self.close(code=DELETED if found is Standing.GONE else SIGNED_OUT)

    async def _follow(self, feed: Feed, request: FollowRequest) -> None:
        try:
            await feed.follow(request)
        except PlaygroundError as error:
            event = error_event(request.topic, code=error.code, message=error.message)
            await self.send(text_data=f"[{event}]")

    async def _send_while_open(self, feed: Feed) -> None:
        """Sends all pending events in one frame, as fast as the reader takes them."""
        try:
            async for events in feed.frames():
                await self.send(text_data=f"[{','.join(events)}]")
        except OSError:
            # The page has gone; `disconnect` follows.
            pass
        except Exception:
            # After a close the page connects again; on a silent socket it would wait for ever.
            log.exception("sender_failed")
            await self.close(code=INTERNAL_ERROR)

    def _admit(self, person: Person) -> bool:
        """Counts the socket, unless the person or the address has too many."""
        address = address_of_scope(self.scope.get("client"), self.scope["headers"])
        keys = (f"person:{person.pk}", f"address:{address}")
        limits = (settings.LIMIT_SOCKETS_PERSON, settings.LIMIT_SOCKETS_ADDRESS)
        if any(_open[key] >= limit for key, limit in zip(keys, limits, strict=True)):
            log.info("socket_refused", person=str(person.pk))
            return False
        self._keys = keys
        _open.update(keys)
        return True
