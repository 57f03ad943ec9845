"""Whether the site serves, asked the way a visitor would: over its own socket."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import DatabaseError

from playground.checkpoints.selectors import any_ready

# The socket is open before the web part serves it, so a first answer may take a while.
ANSWER_SECONDS = 5.0


@dataclass(slots=True)
class Readiness:
    """Says ``ready <url>`` whenever /readyz begins to answer 200.

    say: takes one line for people.
    every: seconds between two questions.
    """

    host: str
    port: int
    url: str
    say: Callable[[str], None]
    every: float = 0.1
    _disturbed: asyncio.Event = field(default_factory=asyncio.Event)

    def disturb(self) -> None:
        """A part ended: the site may not be ready any more."""
        self._disturbed.set()

    async def watch(self) -> None:
        """Run until cancelled."""
        while True:
            self._disturbed.clear()
            # Other processes make it so; there is no event of theirs to wait for.
            while not await self._ready():  # noqa: ASYNC110
                await asyncio.sleep(self.every)
            self.say(f"ready {self.url}")
            await self._disturbed.wait()

    async def _ready(self) -> bool:
        """Asks the site only when the database says that it could be: a 503 is logged there."""
        with contextlib.suppress(DatabaseError):
            if await sync_to_async(any_ready, thread_sensitive=False)():
                return await http_status(self.host, self.port, "/readyz") == 200
        return False


async def http_status(host: str, port: int, path: str) -> int | None:
    """The status a GET is answered with, or None without an answer."""
    with contextlib.suppress(OSError, TimeoutError, ValueError, IndexError):
        async with asyncio.timeout(ANSWER_SECONDS):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                writer.write(
                    f"GET {path} HTTP/1.1\r\nHost: {_own_host()}\r\n"
                    "Connection: close\r\n\r\n".encode()
                )
                return int((await reader.readline()).split()[1])
            finally:
                writer.close()
    return None


def _own_host() -> str:
    """A name that the site accepts as its own."""
    hosts: list[str] = settings.ALLOWED_HOSTS
    if not hosts or "*" in hosts or "localhost" in hosts:
        return "localhost"
    return hosts[0].removeprefix(".")
