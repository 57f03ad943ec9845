"""The layer around the site's handler that reads bodies: bounded, in time, and only when needed.

Django reads the whole body before it looks at the head. Here the head decides first
(`bodies.allowance_of`), then bytes are counted as they come. What is refused is answered by
Django all the same, with the site's own page and the error's one shape
(`middleware.ErrorMiddleware`), but without the body: the rest is not kept, and the connection ends.
"""

import asyncio
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import RequestAborted

from playground.core.errors import (
    BodyTooLarge,
    PlaygroundError,
    RequestTimeout,
    ServerBusy,
    TooManyBodies,
)
from playground.core.serving.bodies import allowance_of

# The key of a scope that has the error that its body caused.
REFUSED = "playground.refused"
# Bodies that one address may have half sent at a time.
MAX_OF_ADDRESS = 32
# Bytes of bodies that the process holds at a time, of one address and of all.
MAX_HELD_OF_ADDRESS = 192 << 20
MAX_HELD = 1 << 30
# Bytes a second that a body must come with, beyond the time that it may pause.
MIN_BYTES_PER_SECOND = 2_048
# After a refusal, the rest is read and dropped for a moment: who still sends sees the answer
# only if the connection does not break meanwhile.
LINGER_BYTES = 8 << 20
LINGER_SECONDS = 3.0

Scope = dict[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class ReadBody:
    """The `receive` of a request whose body has been read: ``file`` has the bytes.

    is_whole: whether all of it was read. If not, the application receives nothing more, not even
    that the visitor went away.
    """

    def __init__(self, receive: Receive, file: IO[bytes], *, is_whole: bool) -> None:
        self.file = file
        self._receive = receive
        self._is_whole = is_whole

    async def __call__(self) -> Message:
        if not self._is_whole:
            await asyncio.Event().wait()
        return await self._receive()


class BodyGuard:
    """ASGI middleware: reads the body for ``application``, or ends it with an error.

    address_of: the network under which a visitor is counted, from a scope's client and headers.
    """

    def __init__(
        self,
        application: Any,
        *,
        address_of: Callable[[tuple[str, int] | None, list[tuple[bytes, bytes]]], str],
    ) -> None:
        self.application = application
        self._address_of = address_of
        self._reading: Counter[str] = Counter()
        self._held: Counter[str] = Counter()
        self._held_by_all = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        announced = announced_bytes(scope["headers"])
        address = self._address_of(scope.get("client"), scope["headers"]) if announced else ""
        with (
            self._hold(address) as hold,
            tempfile.SpooledTemporaryFile(settings.FILE_UPLOAD_MAX_MEMORY_SIZE, mode="w+b") as file,
        ):
            is_whole = False
            try:
                if announced == 0:
                    await _read_within(receive, 0, file, hold)
                    is_whole = True
                else:
                    is_whole = await self._read(scope, receive, announced, file, address, hold)
            except RequestAborted:
                return
            except PlaygroundError as error:
                scope[REFUSED] = error
                file.truncate(0)
            file.seek(0)
            if not is_whole:
                send = _Lingering(receive, send)
            await self.application(scope, ReadBody(receive, file, is_whole=is_whole), send)

    async def _read(
        self,
        scope: Scope,
        receive: Receive,
        announced: int | None,
        file: IO[bytes],
        address: str,
        hold: Callable[[int], None],
    ) -> bool:
        """Fills ``file``; False when the body is none of the application's business.

        Raises `RequestAborted`, or the `PlaygroundError` that the request is answered with.
        """
        allowance = allowance_of(scope)
        if allowance.most is not None and announced is not None and announced > allowance.most:
            raise too_large(allowance.told)
        if not allowance.reads or allowance.most is None:
            return False
        if self._reading[address] >= MAX_OF_ADDRESS:
            raise _too_many()
        _count(self._reading, address, 1)
        try:
            if not await _read_within(receive, allowance.most, file, hold):
                raise too_large(allowance.told)
        finally:
            _count(self._reading, address, -1)
        return True

    @contextmanager
    def _hold(self, address: str) -> Iterator[Callable[[int], None]]:
        """Counts the bytes of one request until it is answered."""
        held = 0

        def hold(count: int) -> None:
            nonlocal held
            if self._held[address] + count > MAX_HELD_OF_ADDRESS:
                raise _too_many()
            if self._held_by_all + count > MAX_HELD:
                raise ServerBusy(
                    "Too many large files are on their way here right now. Try again in a minute.",
                    retry_after=60,
                )
            held += count
            _count(self._held, address, count)
            self._held_by_all += count

        try:
            yield hold
        finally:
            self._held_by_all -= held
            _count(self._held, address, -held)


class _Lingering:
    """A `send` for a request whose body was not read to its end.

    The answer goes out at once. Its end, with which the server closes the connection, comes after
    the rest of the body, or a bounded part of it: bytes that nobody takes would reset the
    connection, and the visitor would see that instead of the answer.
    """

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._start: Message = {}

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [pair for pair in message["headers"] if pair[0].lower() != b"connection"]
            self._start = {**message, "headers": [*headers, (b"Connection", b"close")]}
            return
        is_last = not message.get("more_body", False)
        if self._start:
            await self._send(self._with_length(message) if is_last else self._start)
            self._start = {}
        if is_last:
            await self._send({**message, "more_body": True})
            with suppress(TimeoutError):
                async with asyncio.timeout(LINGER_SECONDS):
                    await self._drop_rest()
            message = {"type": "http.response.body"}
        await self._send(message)

    def _with_length(self, body: Message) -> Message:
        """With its length the answer is complete for the visitor before its end comes."""
        headers = self._start["headers"]
        if any(name.lower() == b"content-length" for name, _ in headers):
            return self._start
        length = (b"Content-Length", str(len(body.get("body", b""))).encode())
        return {**self._start, "headers": [*headers, length]}

    async def _drop_rest(self) -> None:
        left = LINGER_BYTES
        while left > 0:
            message = await self._receive()
            if message["type"] == "http.disconnect" or not message.get("more_body", False):
                return
            left -= len(message.get("body", b""))


def _count(counter: Counter[str], address: str, change: int) -> None:
    counter[address] += change
    if not counter[address]:
        del counter[address]


def announced_bytes(headers: list[tuple[bytes, bytes]]) -> int | None:
    """How long the body is by the head; None when only its end will tell."""
    by_name = dict(headers)
    if b"transfer-encoding" in by_name:
        return None
    try:
        return max(int(by_name.get(b"content-length", b"0")), 0)
    except ValueError:
        return None


def too_large(most: int) -> BodyTooLarge:
    """In the unit that leaves a number people can read."""
    size = f"{most / (1 << 20):.3g} MiB" if most >= 1 << 20 else f"{most >> 10} KiB"
    return BodyTooLarge(f"This is too large: {size} is the most that can be sent here at a time.")


def _too_many() -> TooManyBodies:
    return TooManyBodies(
        "Your network sends too much at a time. Wait until something has arrived, then try again.",
        retry_after=5,
    )


async def _read_within(
    receive: Receive, most: int, file: IO[bytes], hold: Callable[[int], None]
) -> bool:
    """Fills ``file`` as long as the bytes come fast enough; False when there are over ``most``."""
    pause = float(settings.REQUEST_TIMEOUT_SECONDS)
    began, count = time.monotonic(), 0
    while True:
        left = began + pause + count / MIN_BYTES_PER_SECOND - time.monotonic()
        try:
            async with asyncio.timeout(max(0.0, min(pause, left))):
                message = await receive()
        except TimeoutError:
            raise RequestTimeout(
                "The rest of what you sent did not arrive in time. Check your connection, then "
                "try again."
            ) from None
        if message["type"] == "http.disconnect":
            raise RequestAborted
        part = message.get("body", b"")
        count += len(part)
        if count > most:
            return False
        hold(len(part))
        file.write(part)
        if not message.get("more_body", False):
            return True
