"""Uvicorn's HTTP connection, which ends deliberately slow clients.

Uvicorn closes a connection that is idle between two requests, but waits for ever within one.
`manage.py up` starts it with this class instead. `body_guard` handles the body's time.
"""

import asyncio
import json
from asyncio import TimerHandle
from collections import defaultdict
from http import HTTPStatus
from typing import ClassVar

import h11
from django.conf import settings
from uvicorn.protocols.http.h11_impl import H11Protocol

from playground.core.errors import InvalidInput, PlaygroundError, RequestTimeout

# Connections of one peer that may wait for a head at a time; one more ends the oldest. A proxy
# is one peer, and sends heads whole.
MAX_WAITING_OF_PEER = 128
# An answer that nobody reads holds a thread. Seconds without room for more of it.
READER_SECONDS = 60.0


class GuardedProtocol(H11Protocol):
    """A connection: its heads come in time, and its answers are read."""

    # Those that wait for a head, the oldest first, by peer.
    _waiting: ClassVar[dict[str, dict["GuardedProtocol", None]]] = defaultdict(dict)

    _head_timer: TimerHandle | None = None
    _reader_timer: TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._follow_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._follow_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        self._stop_reader_timer()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._reader_timer is None:
            self._reader_timer = self.loop.call_later(READER_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop_reader_timer()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        super().handle_websocket_upgrade(event)
        # The socket library says nothing about input that it cannot read, and the connection stays
        # open.
        if not getattr(self.transport.get_protocol(), "handshake_initiated", True):
            self._end_with(InvalidInput("This does not open a WebSocket."))

    def send_400_response(self, msg: str) -> None:
        """Uvicorn's answer to input that is not HTTP, in the one shape of an error."""
        self._end_with(InvalidInput("This is not a request that a web server can read."))

    # --- Heads --------------------------------------------------------------------

    def _follow_head(self) -> None:
        """Waits for a head from its first byte on, or from the connection's beginning."""
        if self.conn.their_state is not h11.IDLE or self.transport.is_closing():
            self._stop_waiting()
        elif self._head_timer is None:
            seconds = float(settings.REQUEST_TIMEOUT_SECONDS)
            self._head_timer = self.loop.call_later(seconds, self._end_late_head)
            of_peer = self._waiting[self._peer]
            of_peer[self] = None
            if len(of_peer) > MAX_WAITING_OF_PEER:
                next(iter(of_peer))._end_late_head()

    def _end_late_head(self) -> None:
        self._stop_waiting()
        received, _ = self.conn.trailing_data
        # Browsers open connections in advance; an unused one gets no answer.
        if received:
            self._end_with(RequestTimeout("The request did not arrive in time. Try again."))
        elif not self.transport.is_closing():
            self.transport.close()

    def _stop_waiting(self) -> None:
        if self._head_timer is None:
            return
        self._head_timer.cancel()
        self._head_timer = None
        of_peer = self._waiting[self._peer]
        of_peer.pop(self, None)
        if not of_peer:
            del self._waiting[self._peer]

    def _stop_reader_timer(self) -> None:
        if self._reader_timer is not None:
            self._reader_timer.cancel()
            self._reader_timer = None

    @property
    def _peer(self) -> str:
        return self.client[0] if self.client else ""

    # --- Ends ---------------------------------------------------------------------

    def _end_with(self, error: PlaygroundError) -> None:
        """Answers ``error``, unless an answer is under way already, and closes."""
        if self.transport.is_closing():
            return
        cycle = self.cycle
        is_live = cycle is not None and not cycle.response_complete
        if not (is_live and cycle.response_started):
            self.transport.write(_answer(error))
        if is_live:
            cycle.disconnected = True
            cycle.message_event.set()
        self.transport.close()


def _answer(error: PlaygroundError) -> bytes:
    body = json.dumps(error.to_json()).encode()
    head = (
        f"HTTP/1.1 {error.status} {HTTPStatus(error.status).phrase}\r\n"
        "Content-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n"
        "Connection: close\r\n\r\n"
    )
    return head.encode() + body
