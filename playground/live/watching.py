"""An open socket's watch on its person: it closes when the person is gone or has signed out."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from channels.db import database_sync_to_async
from django.db import DatabaseError
from redis.exceptions import RedisError

from playground.accounts.authentication.sessions import Standing, notice_name, standing
from playground.accounts.models import Person
from playground.core.redis.clients import blocking
from playground.live.channels import SESSIONS
from playground.live.hub import TICK_SECONDS, Follower
from playground.live.tokenlog import notice_line

# Seconds of silence after which it checks anyway: a session may expire.
SILENCE = 60.0

log = structlog.get_logger(__name__)


class PersonWatch(Follower):
    """Checks whether the session is still valid after each message about the person.

    A check costs two queries. It happens when somebody signs in or out, when messages may have been
    missed, and now and then.
    """

    def __init__(
        self,
        *,
        person: Person,
        session_key: str | None,
        gone: Callable[[Standing], Awaitable[None]],
    ) -> None:
        self.topic = notice_name(person)
        self.channel = SESSIONS
        self._person = person
        self._session_key = session_key
        self._gone = gone
        self._silent_ticks = 0
        self._again = False
        self._look: asyncio.Task[None] | None = None

    def offer(self, choice: int, epoch: int, first: int, last: int, event: str) -> None:
        self.distrust()

    def distrust(self) -> None:
        self._silent_ticks = 0
        self._again = True
        if self._look is None:
            self._look = asyncio.get_running_loop().create_task(self._look_until_sure())

    def tick(self) -> None:
        self._silent_ticks += 1
        if self._silent_ticks * TICK_SECONDS >= SILENCE:
            self.distrust()

    def leave(self) -> None:
        """The socket is closed."""
        if self._look is not None:
            self._look.cancel()

    async def _look_until_sure(self) -> None:
        found = Standing.HERE
        while found is Standing.HERE and self._again:
            self._again = False
            found = await self._standing()
        self._look = None
        if found is not Standing.HERE:
            await self._gone(found)

    async def _standing(self) -> Standing:
        try:
            look = database_sync_to_async(standing, thread_sensitive=False)
            found: Standing = await look(self._person, self._session_key)
            return found
        except DatabaseError as error:
            # An unreachable database closes no socket; the next check will decide.
            log.warning("session_not_checked", error=str(error))
            self._silent_ticks = int(SILENCE / TICK_SECONDS)
            return Standing.HERE


def tell_watches(name: str, **kwargs: Any) -> None:
    """Makes every `PersonWatch` of ``name`` check, in all web processes."""
    try:
        blocking().publish(SESSIONS, notice_line(name, 1, "{}"))
    except RedisError as error:
        # Sockets check by themselves when their connection to Redis comes back.
        log.warning("session_end_not_told", error=str(error))
