"""Requests run in reused threads, one request at a time."""

import asyncio
import threading
from typing import Any

from asgiref.sync import sync_to_async

from playground.core.serving import handler
from playground.core.serving.handler import SiteHandler


class Probe(SiteHandler):
    """Answers nothing; records in which thread a view would have run."""

    def __init__(self) -> None:
        self._idle = []
        self.threads: list[int] = []
        self.gate: asyncio.Event | None = None

    async def handle(self, scope: Any, receive: Any, send: Any) -> None:
        first = await sync_to_async(threading.get_ident)()
        if self.gate is not None:
            await self.gate.wait()
        assert await sync_to_async(threading.get_ident)() == first
        self.threads.append(first)

    async def request(self) -> None:
        await self({"type": "http"}, None, None)

    def close(self) -> None:
        for thread in self._idle:
            thread.shutdown()


async def test_one_request_after_another_uses_the_same_thread() -> None:
    probe = Probe()

    for _ in range(3):
        await probe.request()

    assert len(set(probe.threads)) == 1
    assert probe.threads[0] != threading.get_ident()
    probe.close()


async def test_simultaneous_requests_have_separate_threads_and_few_are_kept(
    monkeypatch: Any,
) -> None:
    monkeypatch.setattr(handler, "MAX_IDLE", 2)
    probe = Probe()
    probe.gate = asyncio.Event()
    requests = [asyncio.create_task(probe.request()) for _ in range(4)]

    probe.gate.set()
    await asyncio.gather(*requests)

    assert len(set(probe.threads)) == 4
    assert len(probe._idle) == 2
    probe.close()


async def test_a_request_that_fails_gives_its_thread_back() -> None:
    class Failing(Probe):
        async def handle(self, scope: Any, receive: Any, send: Any) -> None:
            raise ValueError("no")

    probe = Failing()

    for _ in range(2):
        try:
            await probe.request()
        except ValueError:
            continue

    assert len(probe._idle) == 1
    probe.close()
