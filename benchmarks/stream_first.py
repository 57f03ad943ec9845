"""One page, as fast as a page can be: posts a form, follows its run, waits for the first token."""

import base64
import http.client
import json
import os
import secrets
import socket
import time
import urllib.parse
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any


@dataclass(slots=True)
class QuickPage:
    """A guest with one kept connection and, once the guest has a cookie, one open socket."""

    host: str
    port: int
    cookies: dict[str, str] = field(default_factory=lambda: {"csrftoken": secrets.token_hex(16)})
    _http: http.client.HTTPConnection = field(init=False)
    _socket: socket.socket | None = None
    _buffer: bytes = b""

    def __post_init__(self) -> None:
        self._http = http.client.HTTPConnection(self.host, self.port, timeout=30)

    def first_token_ms(self, form: dict[str, object]) -> dict[str, float]:
        """Milliseconds from the post to its answer and to the first token; waits for the end."""
        begun = time.perf_counter()
        run = self._post(form)
        answered = time.perf_counter()
        if self._socket is None:
            self._connect()
        self._send(json.dumps({"type": "follow", "run": run, "epoch": 1, "from": 1}).encode())
        first = 0.0
        while True:
            events = [event for event in json.loads(self._frame()) if event["run"] == run]
            if not first and any(event["type"] == "tokens" for event in events):
                first = time.perf_counter()
            if any(event.get("status") in ("succeeded", "failed", "cancelled") for event in events):
                return {"answer": 1000 * (answered - begun), "first": 1000 * (first - begun)}

    def empty_ms(self, form: dict[str, object]) -> float:
        """Milliseconds from the same post, to the view that does nothing with it, to its answer."""
        begun = time.perf_counter()
        self._answer("/empty/", form, status=204)
        return 1000 * (time.perf_counter() - begun)

    def follow_slowly(self, run: str) -> None:
        """Follows ``run`` with the smallest possible buffer, reads its state, and then reads no
        more."""
        self._connect(receive_buffer=4096)
        self._send(json.dumps({"type": "follow", "run": run, "epoch": 1, "from": 1}).encode())
        self._frame()

    def read_positions(self, last: int) -> int:
        """Reads on to position ``last``; how many positions came, in order, without a gap."""
        position = 0
        while position < last:
            for event in json.loads(self._frame()):
                if event["type"] == "tokens":
                    if event["from"] != position + 1:
                        return position
                    position += len(event["tokens"])
        return position

    def hang_up(self) -> None:
        """Closes the kept connection; the next post opens another."""
        self._http.close()

    def close(self) -> None:
        self._http.close()
        if self._socket is not None:
            self._socket.close()

    def _headers(self) -> dict[str, str]:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {"Cookie": cookies, "Origin": f"http://{self.host}:{self.port}"}

    def _post(self, form: dict[str, object]) -> str:
        """The run that the posted form made."""
        response = self._answer("/free/run/", form, status=200)
        return str(response.headers["HX-Push-Url"]).strip("/").split("/")[1]

    def _answer(
        self, path: str, form: dict[str, object], *, status: int
    ) -> http.client.HTTPResponse:
        body = urllib.parse.urlencode({"csrfmiddlewaretoken": self.cookies["csrftoken"], **form})
        headers = {
            **self._headers(),
            "HX-Request": "true",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        self._http.request("POST", path, body.encode(), headers)
        response = self._http.getresponse()
        content = response.read()
        if response.status != status:
            raise RuntimeError(f"{response.status}: {content[:500]!r}")
        for value in response.headers.get_all("Set-Cookie", []):
            for name, morsel in SimpleCookie(value).items():
                self.cookies[name] = morsel.value
        return response

    def _connect(self, receive_buffer: int | None = None) -> None:
        self._socket = socket.socket()
        self._socket.settimeout(30)
        if receive_buffer is not None:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._socket.connect((self.host, self.port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [
            "GET /ws/ HTTP/1.1",
            f"Host: {self.host}:{self.port}",
            *("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"),
            f"Sec-WebSocket-Key: {key}",
            *(f"{name}: {value}" for name, value in self._headers().items()),
        ]
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode())
        while b"\r\n\r\n" not in self._buffer:
            self._read()
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 101"):
            raise RuntimeError(head.decode())

    def _frame(self) -> bytes:
        """The next text frame's payload."""
        while True:
            while not self._whole():
                self._read()
            start, size = _sizes(self._buffer)
            kind = self._buffer[0] & 15
            payload = self._buffer[start : start + size]
            self._buffer = self._buffer[start + size :]
            if kind == 1:
                return payload
            if kind == 9:
                self._send(payload, kind=10)

    def _whole(self) -> bool:
        if len(self._buffer) < 2:
            return False
        start, size = _sizes(self._buffer)
        return len(self._buffer) >= start + size

    def _read(self) -> None:
        if self._socket is None:
            raise RuntimeError("not connected")
        data = self._socket.recv(65536)
        if not data:
            raise RuntimeError("the socket was closed")
        self._buffer += data

    def _send(self, payload: bytes, kind: int = 1) -> None:
        if self._socket is None:
            raise RuntimeError("not connected")
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))
        size = len(payload)
        long = size.to_bytes(2, "big") if size > 125 else b""
        head = bytes([128 | kind, 128 | (126 if long else size)]) + long
        self._socket.sendall(head + mask + masked)


def _sizes(buffer: bytes) -> tuple[int, int]:
    """Where a frame's payload begins, and how long it is; of the server's unmasked frames."""
    size = buffer[1]
    if size == 126:
        return 4, int.from_bytes(buffer[2:4], "big")
    if size == 127:
        return 10, int.from_bytes(buffer[2:10], "big")
    return 2, size


def percentile(values: list[float], share: float) -> float:
    """The value that ``share`` of ``values`` do not pass (nearest rank)."""
    ordered: list[Any] = sorted(values)
    return float(ordered[min(len(ordered) - 1, int(share * len(ordered)))])
