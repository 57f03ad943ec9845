"""A person with a browser: cookies, forms, and a page that follows a run."""

import http.client
import json
import secrets
import time
import urllib.parse
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from types import TracebackType
from typing import Any, Self

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.support.decoding import decode_body


@dataclass(slots=True)
class Answer:
    """A response, read to its end and decoded as a browser does it."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


class Visitor:
    """A person's browser, without the browser: a new one is a new guest."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        # Any value is accepted if cookie and form agree; that is the check.
        self.cookies = {"csrftoken": secrets.token_hex(16)}

    @property
    def origin(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def cookie_header(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def get(self, path: str, **headers: str) -> Answer:
        return self.request("GET", path, headers=headers)

    def post(self, path: str, form: Mapping[str, object] | None = None, **headers: str) -> Answer:
        fields = {"csrfmiddlewaretoken": self.cookies["csrftoken"], **(form or {})}
        return self.request("POST", path, urllib.parse.urlencode(fields).encode(), headers)

    def request(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = 30.0,
    ) -> Answer:
        """One request on a separate connection; cookies are kept."""
        sent = {
            "Origin": self.origin,
            "Cookie": self.cookie_header,
            "Accept-Encoding": "gzip",
            **(headers or {}),
        }
        if body is not None:
            sent.setdefault("Content-Type", "application/x-www-form-urlencoded")
        connection = http.client.HTTPConnection(self.host, self.port, timeout=timeout)
        try:
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            body = response.read()
            if body:
                body = decode_body(body, response.headers["Content-Encoding"])
            answer = Answer(response.status, response.headers, body)
        finally:
            connection.close()
        for value in answer.headers.get_all("Set-Cookie", []):
            for name, morsel in SimpleCookie(value).items():
                self.cookies[name] = morsel.value
        return answer

    def run(self, prompt: str = "Once upon a time", *, model: str = "slow", **form: object) -> str:
        """Runs ``prompt`` on the free page; returns the run's id. Greedy by default."""
        fields = {"prompt": prompt, "model": model, "temperature": 0, "stop": "", **form}
        answer = self.post("/free/run/", fields)
        if answer.status != 303:
            raise AssertionError(f"run answered {answer.status}: {answer.text[:2000]}")
        return str(uuid.UUID(answer.headers["Location"].strip("/").split("/")[1]))

    def upload(self, path: str, content: bytes, *, timeout: float = 60.0) -> Answer:
        """Posts ``content`` as the file of a form."""
        boundary = secrets.token_hex(16)
        body = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="csrfmiddlewaretoken"\r\n\r\n'
            f"{self.cookies['csrftoken']}\r\n--{boundary}\r\n"
            'Content-Disposition: form-data; name="file"; filename="runs.jsonl"\r\n'
            "Content-Type: application/x-ndjson\r\n\r\n"
        ).encode()
        body += content + f"\r\n--{boundary}--\r\n".encode()
        kind = f"multipart/form-data; boundary={boundary}"
        return self.request("POST", path, body, {"Content-Type": kind}, timeout=timeout)

    def stop(self, run: str) -> Answer:
        return self.post(f"/runs/{run}/stop/")

    @contextmanager
    def socket(self, **options: Any) -> Iterator[ClientConnection]:
        """The page's socket."""
        with connect(
            f"ws://{self.host}:{self.port}/ws/",
            additional_headers={"Cookie": self.cookie_header},
            origin=options.pop("origin", self.origin),
            compression=options.pop("compression", None),
            max_size=2**24,
            proxy=None,
            legacy=False,
            **options,
        ) as socket:
            yield socket

    def follow(self, run: str, *, epoch: int = 1, start: int = 1) -> "Viewer":
        """A page that follows ``run`` on a separate socket."""
        viewer = Viewer(self, run, epoch=epoch, next=start)
        viewer.connect()
        return viewer


class StreamBroken(AssertionError):
    """A gap or a repeat in what a socket received."""


@dataclass(slots=True)
class Viewer:
    """A page that shows one run, and is stricter than a real page: it accepts no gap and no repeat.

    tokens: as sent, position 1 first; restarts: how often the text started again in a new epoch.
    """

    visitor: Visitor
    run: str
    epoch: int = 1
    next: int = 1
    tokens: list[list[Any]] = field(default_factory=list)
    statuses: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    restarts: int = 0
    reconnects: int = 0
    frames: int = 0
    # The time when each token arrived (monotonic seconds).
    times: list[float] = field(default_factory=list)
    _socket: ClientConnection | None = None
    _open: ExitStack = field(default_factory=ExitStack)

    @property
    def text(self) -> str:
        return "".join(token[1] for token in self.tokens)

    @property
    def status(self) -> str:
        return self.statuses[-1] if self.statuses else ""

    @property
    def final(self) -> bool:
        return self.status in ("succeeded", "cancelled", "failed")

    def connect(self) -> None:
        """Opens a socket and follows from the next position on, as a page does."""
        self.close()
        self._socket = self._open.enter_context(self.visitor.socket())
        follow = {"type": "follow", "run": self.run, "epoch": self.epoch, "from": self.next}
        self._socket.send(json.dumps(follow))

    def until(
        self, holds: "Callable[[Viewer], object]", *, timeout: float = 12.0, reconnect: bool = False
    ) -> Self:
        """Takes frames until ``holds``; with ``reconnect``, also over a new socket after a lost
        one."""
        deadline = time.monotonic() + timeout
        while not holds(self):
            try:
                self._take(deadline - time.monotonic())
            except TimeoutError:
                raise TimeoutError(
                    f"{timeout:g} s passed at position {self.next - 1}, {self.statuses}"
                ) from None
            except (ConnectionClosed, OSError):
                if not reconnect:
                    raise
                self.reconnects += 1
                self.connect()
        return self

    def until_tokens(self, count: int, **options: Any) -> Self:
        return self.until(lambda viewer: len(viewer.tokens) >= count, **options)

    def until_final(self, **options: Any) -> Self:
        return self.until(lambda viewer: viewer.final, **options)

    def close(self) -> None:
        self._socket = None
        self._open.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _take(self, timeout: float) -> None:
        if self._socket is None:
            raise RuntimeError("not connected")
        frame = self._socket.recv(timeout=max(0.0, timeout))
        self.frames += 1
        for event in json.loads(frame):
            if event["run"] == self.run:
                self._event(event)

    def _event(self, event: dict[str, Any]) -> None:
        if event["type"] == "error":
            self.errors.append(event["code"])
        elif event["type"] == "state":
            self.statuses.append(event["status"])
        else:
            if event["epoch"] != self.epoch and event["from"] == 1:
                self.restarts += 1
                self.epoch, self.next, self.tokens, self.times = event["epoch"], 1, [], []
            if (event["epoch"], event["from"]) != (self.epoch, self.next):
                raise StreamBroken(
                    f"wanted {self.epoch}:{self.next}, got {event['epoch']}:{event['from']}"
                )
            self.tokens += event["tokens"]
            self.times += [time.monotonic()] * len(event["tokens"])
            self.next += len(event["tokens"])
