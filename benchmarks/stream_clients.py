"""Many pages in one process: sockets that check every position, with as little work as it takes."""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import uvloop


@dataclass(slots=True, eq=False)
class Page(asyncio.Protocol):
    """One socket that follows one run from the next position on.

    lost, unordered: positions that were skipped, and events that came again or too late.
    """

    path: str
    host: str
    cookie: str
    run: str
    next: int
    wanted: int = sys.maxsize
    lost: int = 0
    unordered: int = 0
    frames: int = 0
    followed: "asyncio.Future[None]" = field(init=False)
    reached: Callable[[], None] = field(default=lambda: None)
    transport: Any = None
    _buffer: bytearray = field(default_factory=bytearray)
    _upgraded: bool = False

    def __post_init__(self) -> None:
        self.followed = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        transport.write(
            f"GET {self.path} HTTP/1.1\r\nHost: {self.host}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n"
            f"Sec-WebSocket-Version: 13\r\nOrigin: http://{self.host}\r\n"
            f"Cookie: person={self.cookie}\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._upgraded:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            if not self._buffer.startswith(b"HTTP/1.1 101"):
                self.followed.set_exception(RuntimeError(str(self._buffer[:200])))
                return
            del self._buffer[: end + 4]
            self._upgraded = True
            follow = {"type": "follow", "run": self.run, "epoch": 1, "from": self.next}
            self._write(1, json.dumps(follow).encode())
        self._frames()

    def _frames(self) -> None:
        """Takes all whole frames out of the buffer; a server's frames are not masked."""
        buffer, at = self._buffer, 0
        while len(buffer) - at >= 2:
            size, start = buffer[at + 1], at + 2
            if size == 126:
                size, start = int.from_bytes(buffer[at + 2 : at + 4], "big"), at + 4
            elif size == 127:
                size, start = int.from_bytes(buffer[at + 2 : at + 10], "big"), at + 10
            if len(buffer) < start + size:
                break
            payload = bytes(buffer[start : start + size])
            kind = buffer[at] & 15
            if kind == 1:
                self._frame(payload)
            elif kind == 9:
                self._write(10, payload)
            at = start + size
        del buffer[:at]

    def _frame(self, payload: bytes) -> None:
        self.frames += 1
        for event in json.loads(payload):
            if event["type"] == "tokens":
                first = event["from"]
                if first > self.next:
                    self.lost += first - self.next
                elif first < self.next:
                    self.unordered += 1
                self.next = first + len(event["tokens"])
        if not self.followed.done():
            self.followed.set_result(None)
        if self.next > self.wanted:
            self.wanted = sys.maxsize
            self.reached()

    def _write(self, kind: int, payload: bytes) -> None:
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))
        size = len(payload)
        head = (
            bytes([128 | kind, 128 | size])
            if size < 126
            else (bytes([128 | kind, 254]) + size.to_bytes(2, "big"))
        )
        self.transport.write(head + mask + masked)


class Pages:
    """Answers the benchmark: connect, expect, close."""

    def __init__(self) -> None:
        self.pages: list[Page] = []
        self.left = 0
        self.all_reached: asyncio.Future[None] | None = None

    async def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        if question["do"] == "connect":
            return await self.connect(question)
        if question["do"] == "expect":
            return await self.expect(question["last"], question["seconds"])
        for page in self.pages:
            page.transport.abort()
        self.pages = []
        return {}

    async def connect(self, question: dict[str, Any]) -> dict[str, Any]:
        """Opens the sockets, a few at a time, and waits for each one's first event."""
        host, port = question["host"], question["port"]
        loop = asyncio.get_running_loop()
        gate = asyncio.Semaphore(16)

        async def open_page(run: str) -> Page:
            async with gate:
                page = Page(
                    path=question["path"],
                    host=f"{host}:{port}",
                    cookie=question["cookie"],
                    run=run,
                    next=question["next"],
                    reached=self._count_reached,
                )
                await loop.create_connection(lambda: page, host, port)
                await asyncio.wait_for(page.followed, 30)
                return page

        self.pages = await asyncio.gather(*map(open_page, question["runs"]))
        return {"open": len(self.pages)}

    async def expect(self, last: int, seconds: float) -> dict[str, Any]:
        """Waits until every page has position ``last``; returns what the pages have received."""
        late = [page for page in self.pages if page.next <= last]
        for page in late:
            page.wanted = last
        self.left = len(late)
        self.all_reached = asyncio.get_running_loop().create_future()
        if late:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.all_reached, seconds)
        return {
            "lost": sum(page.lost + max(0, last + 1 - page.next) for page in self.pages),
            "unordered": sum(page.unordered for page in self.pages),
            "frames": sum(page.frames for page in self.pages),
        }

    def _count_reached(self) -> None:
        self.left -= 1
        if self.left == 0 and self.all_reached is not None and not self.all_reached.done():
            self.all_reached.set_result(None)


async def main() -> None:
    pages = Pages()
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        print(json.dumps(await pages.answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    uvloop.run(main())
