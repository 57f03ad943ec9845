"""A page's end of the socket, and a worker's writes."""

import json
from typing import Any

from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator

from playground.accounts.models import Person
from playground.accounts.people import COOKIE, cookie_value
from playground.asgi import application
from playground.live.tokenlog import Item, state_event, token_json, token_log
from playground.runs.models import Run
from tests.conftest import make_run

ORIGIN = "http://testserver"


class Page:
    """A page's end of the socket."""

    def __init__(self, person: Person | None, **headers: str | None) -> None:
        sent = {"host": "testserver", "origin": ORIGIN, **headers}
        if person is not None:
            sent["cookie"] = f"{COOKIE}={cookie_value(person.pk)}"
        scope = {
            "type": "websocket",
            "path": "/ws/",
            "query_string": b"",
            "subprotocols": [],
            "client": ("192.0.2.1", 50000),
            "headers": [(name.encode(), value.encode()) for name, value in sent.items() if value],
        }
        self.socket = ApplicationCommunicator(application, scope)
        self.events: list[dict[str, Any]] = []

    async def connect(self) -> bool:
        """Returns whether the socket was accepted."""
        await self.socket.send_input({"type": "websocket.connect"})
        output = await self.socket.receive_output(timeout=5)
        return bool(output["type"] == "websocket.accept")

    async def disconnect(self) -> None:
        await self.socket.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.socket.wait(timeout=5)

    async def send(self, text: str | None, data: bytes | None = None) -> None:
        await self.socket.send_input({"type": "websocket.receive", "text": text, "bytes": data})

    async def say(self, kind: str, run: Run, **more: object) -> None:
        await self.send(json.dumps({"type": kind, "run": str(run.pk), **more}))

    async def follow(self, run: Run, *, epoch: int = 1, start: int = 1) -> None:
        await self.say("follow", run, epoch=epoch, **{"from": start})

    async def next(self) -> dict[str, Any]:
        """The next event."""
        while not self.events:
            output = await self.socket.receive_output(timeout=5)
            assert output["type"] == "websocket.send", output
            self.events = json.loads(output["text"])
        return self.events.pop(0)

    async def hears_nothing(self) -> bool:
        return not self.events and await self.socket.receive_nothing(timeout=0.2)

    async def until_state(self, status: str) -> list[str]:
        """Takes events until a state; returns the texts that arrived, each at its position."""
        texts: list[str] = []
        while (event := await self.next())["type"] != "state" or event["status"] != status:
            if event["type"] == "tokens":
                if event["from"] == 1:
                    texts = []
                assert event["from"] == len(texts) + 1, event
                texts += [token[1] for token in event["tokens"]]
        return texts

    async def close_code(self) -> int:
        output = await self.socket.receive_output(timeout=5)
        assert output["type"] == "websocket.close"
        return int(output["code"])


async def running(person: Person, **values: object) -> Run:
    return await sync_to_async(make_run)(
        person, **{"status": "running", "worker": "w", "attempt": 1, **values}
    )


def write(
    run: Run,
    *texts: str,
    before: int = 0,
    attempt: int = 1,
    epoch: int = 1,
    choice: int = 0,
) -> None:
    """Appends as a worker does."""
    tokens = [token_json(7, text) for text in texts]
    token_log().append([Item(str(run.pk), choice, attempt, epoch, before, tokens)])


async def finish(run: Run, tokens: int, *, epoch: int = 1) -> None:
    """Commits the row, then notifies the readers, as a worker does."""
    await Run.objects.filter(pk=run.pk).aupdate(status="succeeded", completion_tokens=tokens)
    event = state_event(str(run.pk), epoch=epoch, status="succeeded", position=tokens)
    token_log().close(str(run.pk), event, epoch=epoch, expire=60)
