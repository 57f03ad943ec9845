"""Django's handler of requests, with threads that are reused.

Django gives each request a new thread and ends it with the request. Database connections belong to
threads, so each request also opened a new connection, which took longer than its queries.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any

from asgiref.sync import ThreadSensitiveContext
from django.core.handlers.asgi import ASGIHandler

from playground.core.serving.body_guard import ReadBody

# Threads that wait for the next request; more are made as needed and then ended.
MAX_IDLE = 16


class SiteHandler(ASGIHandler):
    """Each request has a thread to itself, as with Django, but not a new one."""

    def __init__(self) -> None:
        super().__init__()
        self._idle: list[ThreadPoolExecutor] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        # The one used last is the warmest.
        thread = self._idle.pop() if self._idle else ThreadPoolExecutor(1, "request")
        try:
            async with ThreadSensitiveContext(executor=thread):
                await super().__call__(scope, receive, send)
        finally:
            if len(self._idle) < MAX_IDLE:
                self._idle.append(thread)
            else:
                thread.shutdown(wait=False)

    async def read_body(self, receive: Any) -> IO[bytes]:
        """The body that `BodyGuard` has read already."""
        if isinstance(receive, ReadBody):
            return receive.file
        read: IO[bytes] = await super().read_body(receive)
        return read
