"""No WebSocket handshake and no frame causes a server error."""

import http.client
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.security.nasty import COOKIES, HEADER_VALUES
from tests.support.raw import RawConnection
from tests.support.stack import Stack

READ = ("Host", "Origin", "Cookie", "X-Forwarded-For", "User-Agent", "Connection", "Upgrade")
OF_SOCKETS = ("Key", "Version", "Protocol", "Extensions")
PATHS = ("/nowhere", "/ws", "/ws/?a=%ff", "/ws/?\xff", "/%00", "/ws/%ff", "/free/", "*", "http://[")
FRAMES = (
    b"\x81\x80\0\0\0\0",
    b"\x81\x82\0\0\0\0\xff\xff",
    b"\x81\x02hi",
    b"\x82\x82\0\0\0\0\0\xff",
    b"\xf1\x80\0\0\0\0",
    b"\x83\x80\0\0\0\0",
    b"\x80\x80\0\0\0\0",
    b"\x88\x81\0\0\0\0x",
    b"\x88\x82\0\0\0\0\x00\x01",
    b"\x89\xfe\0\x7e\0\0\0\0" + bytes(126),
    b"\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff",
    b"\xff" * 200,
)
MESSAGES = ("null", "[]", "1e999", "[" * 50_000, '{"type":"follow","run":[]}', '{"type":{}}')


@pytest.fixture
def quiet_site(site: Stack) -> Iterator[Stack]:
    """Checks at the end that the log shows no traceback."""
    log = site.logs / "web.log"
    before = log.stat().st_size
    yield site
    assert site.visitor().get("/healthz").status == 200
    told = log.read_bytes()[before:].decode(errors="replace")
    assert "Traceback" not in told, told[:6000]


def opening(site: Stack, path: str = "/ws/", method: str = "GET", **headers: str) -> list[str]:
    host = f"127.0.0.1:{site.port}"
    sent = {
        "Host": host,
        "Origin": f"http://{host}",
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
        "Sec-WebSocket-Version": "13",
        **headers,
    }
    return [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in sent.items())]


def handshake_status(site: Stack, lines: list[str]) -> int:
    """The status of the answer to a handshake."""
    with RawConnection("127.0.0.1", site.port) as connection:
        connection.send(*lines)
        response = http.client.HTTPResponse(connection.socket)
        response.begin()
        return response.status


def test_a_socket_opens(site: Stack) -> None:
    assert handshake_status(site, opening(site)) in (101, 403)


@pytest.mark.parametrize("name", [*READ, *(f"Sec-WebSocket-{name}" for name in OF_SOCKETS)])
def test_no_header_of_a_handshake_breaks_the_server(quiet_site: Stack, name: str) -> None:
    statuses = {
        value: handshake_status(quiet_site, opening(quiet_site, **{name: value}))
        for value in HEADER_VALUES
    }

    assert {value: status for value, status in statuses.items() if status >= 500} == {}


@pytest.mark.parametrize("name", COOKIES)
def test_no_cookie_of_a_handshake_breaks_the_server(quiet_site: Stack, name: str) -> None:
    for value in HEADER_VALUES:
        assert handshake_status(quiet_site, opening(quiet_site, Cookie=f"{name}={value}")) < 500


@pytest.mark.parametrize("path", PATHS)
def test_a_socket_at_another_address_is_refused(quiet_site: Stack, path: str) -> None:
    assert handshake_status(quiet_site, opening(quiet_site, path)) in (400, 403)


@pytest.mark.parametrize("method", ["POST", "HEAD", "PATCH", "CONNECT"])
def test_no_other_method_opens_a_socket(quiet_site: Stack, method: str) -> None:
    with RawConnection("127.0.0.1", quiet_site.port) as connection:
        connection.send(*opening(quiet_site, "/ws/", method), body=b"x" * 1_000)
        head = connection.socket.recv(12)

    assert head in (b"", b"HTTP/1.1 400", b"HTTP/1.1 403", b"HTTP/1.1 404", b"HTTP/1.1 405")


def test_no_frame_breaks_the_server(quiet_site: Stack) -> None:
    visitor = quiet_site.visitor()
    visitor.get("/free/")
    visitor.run(model="demo")
    for frame in FRAMES:
        with visitor.socket() as socket:
            socket.socket.sendall(frame)
            with suppress(Exception):
                socket.recv(timeout=0.2)
    for message in MESSAGES:
        with visitor.socket() as socket, suppress(Exception):
            socket.send(message)
            socket.recv(timeout=2)
