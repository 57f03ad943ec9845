"""The playground's server with one more socket: the cost of a stream without a back end.

`/baseline/` has the same handshake, consumer class, outbox and frames as `/ws/`, and its tokens
come from a task of the same process: no Redis, no log, no positions to check, nothing to catch
up. `POST /baseline/produce?steps=S&interval=I&first=P` makes S tokens for every open socket.
"""

import asyncio
import json
from typing import Any
from urllib.parse import parse_qs

from channels.auth import AuthMiddlewareStack
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import path

from benchmarks.stream_tokens import token
from playground.asgi import application as playground
from playground.live.origins import SameOrigin

_open: dict[str, "BaselineConsumer"] = {}


class BaselineConsumer(AsyncWebsocketConsumer):
    """Sends all pending events in one frame, as `PageConsumer` does."""

    async def connect(self) -> None:
        self.wake = asyncio.Event()
        self.pending: list[str] = []
        self.run = ""
        self.sender = asyncio.create_task(self._send_pending())
        await self.accept()

    async def disconnect(self, code: int) -> None:
        self.sender.cancel()
        _open.pop(self.run, None)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        self.run = json.loads(text_data or "")["run"]
        _open[self.run] = self
        state = {"type": "state", "run": self.run, "epoch": 1, "status": "running", "position": 0}
        self.push(json.dumps(state))

    def push(self, event: str) -> None:
        self.pending.append(event)
        self.wake.set()

    async def _send_pending(self) -> None:
        while True:
            await self.wake.wait()
            self.wake.clear()
            taken, self.pending = self.pending, []
            if taken:
                await self.send(text_data="[" + ",".join(taken) + "]")


async def produce(steps: int, interval: float, first: int) -> None:
    """One token a step for every open socket, at a steady pace."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    for step in range(steps):
        position = first + step
        for run, consumer in _open.items():
            consumer.push(
                f'{{"type":"tokens","run":"{run}","choice":0,"epoch":1,'
                f'"from":{position},"tokens":[{token(position)}]}}'
            )
        await asyncio.sleep(begun + (step + 1) * interval - loop.time())


async def baseline_http(scope: dict[str, Any], receive: Any, send: Any) -> None:
    query = {name: values[0] for name, values in parse_qs(scope["query_string"].decode()).items()}
    await produce(int(query["steps"]), float(query["interval"]), int(query["first"]))
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


_consumer: Any = BaselineConsumer.as_asgi()
# Channels' types take the routes of Django's views alone.
_baseline: Any = ProtocolTypeRouter(
    {
        "http": baseline_http,
        "websocket": SameOrigin(AuthMiddlewareStack(URLRouter([path("baseline/", _consumer)]))),
    }
)


def start() -> Any:
    """What uvicorn calls, as it does the playground's own."""
    return application


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """The playground, and the baseline beside it."""
    is_baseline = scope.get("path", "").startswith("/baseline/")
    await (_baseline if is_baseline else playground)(scope, receive, send)
