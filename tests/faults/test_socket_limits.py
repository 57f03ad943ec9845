"""Connections and frames that the real server refuses on a socket."""

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.support.visitor import Visitor


def test_a_frame_of_2_mib_closes_the_socket(visitor: Visitor) -> None:
    """The server reads the frame's length and goes no further.

    Only the length is sent here: an unread rest would reset the connection, sometimes before its
    answer is read.
    """
    visitor.run(model="demo", max_tokens=1)
    a_masked_text_of = b"\x81" + bytes([0x80 | 127])
    no_mask = bytes(4)
    with visitor.socket() as socket, pytest.raises(ConnectionClosed) as closed:
        socket.socket.sendall(a_masked_text_of + (2 << 20).to_bytes(8, "big") + no_mask)
        socket.recv(timeout=5)

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009


def test_a_whole_frame_of_2_mib_closes_the_socket_too(visitor: Visitor) -> None:
    visitor.run(model="demo", max_tokens=1)

    with visitor.socket() as socket, pytest.raises(ConnectionClosed):
        socket.send("x" * (2 << 20))
        socket.recv(timeout=5)


def test_another_origin_is_refused_before_accept(visitor: Visitor) -> None:
    visitor.run(model="demo", max_tokens=1)

    with pytest.raises(InvalidStatus) as refused, visitor.socket(origin="http://elsewhere.example"):
        pass

    assert refused.value.response.status_code == 403


def test_compression_is_not_negotiated(visitor: Visitor) -> None:
    visitor.run(model="demo", max_tokens=1)

    with visitor.socket(compression="deflate") as socket:
        assert socket.response is not None
        assert "Sec-WebSocket-Extensions" not in socket.response.headers
