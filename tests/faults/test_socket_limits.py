"""What the real server refuses on a socket."""

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.support.visitor import Visitor


def test_a_frame_of_2_mib_closes_the_socket(visitor: Visitor) -> None:
    visitor.run(model="demo", max_tokens=1)
    with visitor.socket() as socket, pytest.raises(ConnectionClosed) as closed:
        socket.send("x" * (2 << 20))
        socket.recv(timeout=5)

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009


def test_another_origin_is_refused_before_accept(visitor: Visitor) -> None:
    visitor.run(model="demo", max_tokens=1)

    with pytest.raises(InvalidStatus) as refused, visitor.socket(origin="http://elsewhere.example"):
        pass

    assert refused.value.response.status_code == 403


def test_no_compression_is_agreed_to(visitor: Visitor) -> None:
    visitor.run(model="demo", max_tokens=1)

    with visitor.socket(compression="deflate") as socket:
        assert socket.response is not None
        assert "Sec-WebSocket-Extensions" not in socket.response.headers
