"""Whether the site serves, checked as a visitor would: over its own socket."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import redis
from asgiref.sync import sync_to_async
from django.db import DatabaseError

from playground.checkpoints.selectors import any_ready, model_states
from playground.core.redis.clients import blocking
from playground.management.listener import own_host

# The socket is open before the web part serves it, so a first answer may take a while.
ANSWER_SECONDS = 5.0
# The longest pause after an answer that was not 200: the site may log each of them.
MAX_PAUSE_SECONDS = 5.0
# How long nothing is printed about missing parts, and after how long the same is printed again.
PATIENCE_SECONDS = 10.0
REPEAT_SECONDS = 60.0


@dataclass(slots=True)
class Readiness:
    """Prints ``ready <addresses>`` whenever /readyz begins to answer 200, and until then why not.

    urls: where a browser opens the site.
    say: takes one line for people.
    every: seconds between two checks.
    patience: seconds before it prints what is missing.
    """

    host: str
    port: int
    urls: Sequence[str]
    say: Callable[[str], None]
    every: float = 0.1
    patience: float = PATIENCE_SECONDS
    _disturbed: asyncio.Event = field(default_factory=asyncio.Event)
    _status: int | None = None

    def disturb(self) -> None:
        """A part ended: the site may not be ready any more."""
        self._disturbed.set()

    async def watch(self) -> None:
        """Run until cancelled."""
        while True:
            self._disturbed.clear()
            await self._until_ready()
            self.say(f"ready {' and '.join(self.urls)}")
            await self._disturbed.wait()

    async def _until_ready(self) -> None:
        said, say_at, pause = "", time.monotonic() + self.patience, self.every
        repeat_at = 0.0
        # Other processes make it so; there is no event of theirs to wait for.
        while not await self._ready():
            if time.monotonic() >= say_at:
                reason = await sync_to_async(self._missing, thread_sensitive=False)()
                if reason != said or time.monotonic() >= repeat_at:
                    self.say(f"not ready yet: {reason}")
                    said, repeat_at = reason, time.monotonic() + REPEAT_SECONDS
                say_at = time.monotonic() + self.patience
            pause = min(2 * pause, MAX_PAUSE_SECONDS) if self._status else self.every
            await asyncio.sleep(pause)

    async def _ready(self) -> bool:
        """Asks the site only when the database says that it could be: a 503 is logged there."""
        self._status = None
        with contextlib.suppress(DatabaseError):
            if await sync_to_async(any_ready, thread_sensitive=False)():
                self._status = await http_status(self.host, self.port, "/readyz")
        return self._status == 200

    def _missing(self) -> str:
        """The first thing that keeps the site from serving."""
        try:
            states = model_states()
        except DatabaseError as error:
            return f"the database does not answer: {error}"
        try:
            blocking().ping()
        except redis.RedisError as error:
            return f"Redis does not answer: {error}"
        if any(state.state == "ready" for state in states):
            answer = f"answers {self._status}" if self._status else "does not answer"
            return f"the site {answer} at /readyz; python manage.py doctor says more"
        told = [f"{state.spec.name}: {state.detail}" for state in states if state.spec.serve]
        return " ".join(told) or "no model of the registry is served here"


async def http_status(host: str, port: int, path: str) -> int | None:
    """The status a GET is answered with, or None without an answer."""
    with contextlib.suppress(OSError, TimeoutError, ValueError, IndexError):
        async with asyncio.timeout(ANSWER_SECONDS):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                writer.write(
                    f"GET {path} HTTP/1.1\r\nHost: {own_host()}\r\n"
                    "Connection: close\r\n\r\n".encode()
                )
                return int((await reader.readline()).split()[1])
            finally:
                writer.close()
    return None
