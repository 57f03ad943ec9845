"""A connection without a client: bytes as an attacker sends them."""

import http.client
import json
import socket
import threading
from collections.abc import Iterable
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from tests.support.visitor import Answer

# Longer than anything that a test waits for.
PATIENCE = 15.0


class RawConnection:
    """One TCP connection to a server."""

    def __init__(self, host: str, port: int, *, timeout: float = PATIENCE) -> None:
        self.socket = socket.create_connection((host, port), timeout=timeout)
        self.accepted = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.socket.close()

    def send(self, *lines: str, body: bytes = b"") -> None:
        """A head of ``lines`` with its empty line, and ``body``."""
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode("latin-1") + body)

    def send_until_refused(self, parts: Iterable[bytes]) -> threading.Thread:
        """Sends ``parts`` in the background until the other side refuses more.

        ``accepted`` then counts the bytes that the kernel took, with those in its buffers.
        """

        def pump() -> None:
            with suppress(OSError):
                for part in parts:
                    self.socket.sendall(part)
                    self.accepted += len(part)

        thread = threading.Thread(target=pump, daemon=True)
        thread.start()
        return thread

    def answer(self) -> Answer:
        """The next answer, read to its end."""
        response = http.client.HTTPResponse(self.socket)
        response.begin()
        return Answer(response.status, response.headers, response.read())

    def is_closed(self) -> bool:
        """Waits until the server has closed, and returns whether nothing came before."""
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True


def error_code(answer: Answer) -> str:
    """The code of an error in the usual shape."""
    value: Any = json.loads(answer.body)
    return str(value["error"]["code"])
