"""Bodies are read after their heads, within limits, and in time."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import repeat
from pathlib import Path

import psutil
import pytest

from tests.security.conftest import TIMEOUT_SECONDS
from tests.support.raw import RawConnection, error_code
from tests.support.stack import Stack

HUGE = 600 << 20
PART = b"x" * (64 << 10)
CHUNK = b"10000\r\n" + PART + b"\r\n"
# Bytes that the kernels of both sides hold, and bytes that are dropped while an answer is read.
MAX_UNREAD = 40 << 20
IMPORT_LIMIT = 65 << 20
COOKIE = f"Cookie: csrftoken={'a' * 32}"
NO_COOKIE = "X-No-Cookie: 1"
PATHS = ("/healthz", "/history/import/", "/account/sign-in/", "/nowhere", "/")
# The time for another person's page during an attack, in seconds.
MAX_FELT = 3.0


def connect(site: Stack) -> RawConnection:
    return RawConnection("127.0.0.1", site.port)


def head(site: Stack, path: str, *more: str, method: str = "POST") -> list[str]:
    host = f"Host: 127.0.0.1:{site.port}"
    return [f"{method} {path} HTTP/1.1", host, "Accept: application/json", *more]


def temporary_files(site: Stack) -> list[Path]:
    """Files on the disk, by name or only by a descriptor of the web process."""
    web = psutil.Process(site.parts["web"].process.pid)
    folder = site.folder / "tmp"
    return [
        *folder.iterdir(),
        *(Path(one.path) for one in web.open_files() if str(folder) in one.path),
    ]


def memory(site: Stack) -> int:
    rss: int = psutil.Process(site.parts["web"].process.pid).memory_info().rss
    return rss


@contextmanager
def somebody_else(site: Stack) -> Iterator[list[float]]:
    """The times that another person waits for each page meanwhile, in seconds."""
    waits: list[float] = []
    done = threading.Event()

    def look() -> None:
        visitor = site.visitor()
        while not done.is_set():
            began = time.monotonic()
            assert visitor.get("/gallery/").status == 200
            waits.append(time.monotonic() - began)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield waits
    finally:
        done.set()
        thread.join()


@pytest.mark.parametrize("cookie", [COOKIE, NO_COOKIE])
@pytest.mark.parametrize("path", PATHS)
def test_an_announced_body_of_600_mb_is_refused_unread(site: Stack, path: str, cookie: str) -> None:
    before = memory(site)
    with somebody_else(site) as waits, connect(site) as connection:
        connection.send(*head(site, path, cookie, f"Content-Length: {HUGE}"))
        sending = connection.send_until_refused(repeat(PART, HUGE // len(PART)))
        answer = connection.answer()
        sending.join()

    wanted = (404, "not_found") if path == "/nowhere" else (413, "body_too_large")
    assert (answer.status, error_code(answer)) == wanted
    assert connection.accepted < MAX_UNREAD
    assert memory(site) - before < 30 << 20
    assert temporary_files(site) == []
    assert max(waits) < MAX_FELT


@pytest.mark.parametrize("cookie", [COOKIE, NO_COOKIE])
@pytest.mark.parametrize("path", PATHS)
def test_chunks_without_an_end_are_refused(site: Stack, path: str, cookie: str) -> None:
    with somebody_else(site) as waits, connect(site) as connection:
        connection.send(*head(site, path, cookie, "Transfer-Encoding: chunked"))
        sending = connection.send_until_refused(repeat(CHUNK, HUGE // len(PART)))
        answer = connection.answer()
        sending.join()

    # Requests without a guard are answered without a look at the body.
    is_read = cookie == COOKIE and path in ("/history/import/", "/account/sign-in/")
    assert answer.status == (413 if is_read else 404 if path == "/nowhere" else 403)
    limit = IMPORT_LIMIT if path == "/history/import/" and is_read else 1 << 20
    assert connection.accepted < limit + MAX_UNREAD
    assert temporary_files(site) == []
    assert max(waits) < MAX_FELT


@pytest.mark.parametrize("cookie", [COOKIE, NO_COOKIE])
@pytest.mark.parametrize("path", PATHS)
def test_expect_continue_is_refused_before_the_body(site: Stack, path: str, cookie: str) -> None:
    with connect(site) as connection:
        connection.send(
            *head(site, path, cookie, f"Content-Length: {HUGE}", "Expect: 100-continue")
        )
        # An answer of 100 would be skipped here; then no other answer would come.
        first = connection.socket.recv(12)

    assert first == (b"HTTP/1.1 404" if path == "/nowhere" else b"HTTP/1.1 413")


def test_expect_continue_is_accepted_for_an_allowed_body(site: Stack) -> None:
    body = b"csrfmiddlewaretoken=" + b"a" * 32
    expect = ("Expect: 100-continue", f"Content-Length: {len(body)}")
    of_a_form = "Content-Type: application/x-www-form-urlencoded"
    with connect(site) as connection:
        connection.send(*head(site, "/free/preview/", COOKIE, of_a_form, *expect))
        assert connection.socket.recv(1024).startswith(b"HTTP/1.1 100")
        connection.socket.sendall(body)
        assert connection.answer().status == 200


@pytest.mark.parametrize(
    "lines",
    [
        ("POST /nowhere HTTP/1.1", COOKIE),
        ("POST /history/import/ HTTP/1.1", NO_COOKIE),
        ("POST /healthz HTTP/1.1", COOKIE),
        ("PATCH /history/import/ HTTP/1.1", COOKIE),
        ("GET / HTTP/1.1", COOKIE),
        ("POST /history/import/ HTTP/1.1", COOKIE, "Host: evil.example"),
    ],
)
def test_a_refusal_by_the_head_does_not_wait_for_the_body(
    site: Stack, lines: tuple[str, ...]
) -> None:
    """The body is never sent; the answer comes before any time limit."""
    request, *more = lines
    if not any(line.startswith("Host") for line in more):
        more.append(f"Host: 127.0.0.1:{site.port}")
    began = time.monotonic()
    with connect(site) as connection:
        connection.send(request, *more, "Content-Length: 1000")
        answer = connection.answer()

    assert answer.status in (200, 400, 403, 404, 405)
    assert time.monotonic() - began < TIMEOUT_SECONDS - 1
    assert answer.headers["Connection"] == "close"


def test_a_file_of_the_largest_allowed_size_arrives(site: Stack) -> None:
    """64 MiB less the last byte: it is read as a file, and its kind is reported."""
    boundary, token = b"--b\r\nContent-Disposition: form-data; name=", b"a" * 32
    begin = boundary + b'"csrfmiddlewaretoken"\r\n\r\n' + token + b"\r\n"
    begin += boundary + b'"file"; filename="a"\r\nContent-Type: text/plain\r\n\r\n'
    size, end = (64 << 20) - 1, b"\r\n--b--\r\n"
    length = f"Content-Length: {len(begin) + size + len(end)}"
    with somebody_else(site) as waits, connect(site) as connection:
        form = "Content-Type: multipart/form-data; boundary=b"
        connection.send(*head(site, "/history/import/", COOKIE, form, length), body=begin)
        for _ in range(size // len(PART)):
            connection.socket.sendall(PART)
        connection.socket.sendall(PART[: size % len(PART)] + end)
        answer = connection.answer()

    assert (answer.status, error_code(answer)) == (400, "invalid_input")
    assert b"line" in answer.body.lower()
    assert temporary_files(site) == []
    assert max(waits) < MAX_FELT


def test_a_refusal_is_a_page_of_the_site(site: Stack) -> None:
    with connect(site) as connection:
        length = f"Content-Length: {HUGE}"
        lines = head(site, "/history/import/", COOKIE, length, "Accept: text/html")
        connection.send(*(line for line in lines if line != "Accept: application/json"))
        answer = connection.answer()

    assert answer.status == 413
    assert "64 MiB is the most that can be sent here" in answer.text
    assert "Too large" in answer.text


def slowly(connection: RawConnection, part: bytes, stop: threading.Event) -> threading.Thread:
    """Sends ``part`` again and again, ten times a second, until the other side refuses it."""

    def trickle() -> None:
        with contextlib.suppress(OSError):
            while not stop.wait(0.1):
                connection.socket.sendall(part)

    thread = threading.Thread(target=trickle)
    thread.start()
    return thread


SLOW: dict[str, tuple[Callable[[Stack], list[str]], bytes]] = {
    "a head that stops": (lambda site: ["GET / HTTP/1.1", "X: "], b""),
    "a head that never ends": (lambda site: ["GET / HTTP/1.1", "X: "], b"x"),
    "a body that stops": (
        lambda site: [*head(site, "/account/sign-in/", COOKIE, "Content-Length: 900"), "", "abc"],
        b"",
    ),
    "a body of one byte now and then": (
        lambda site: [*head(site, "/history/import/", COOKIE, "Content-Length: 9000"), "", "abc"],
        b"x",
    ),
    "chunks of one byte now and then": (
        lambda site: [
            *head(site, "/history/import/", COOKIE, "Transfer-Encoding: chunked"),
            "",
            "1\r\nx\r\n",
        ],
        b"1\r\nx\r\n",
    ),
}


@pytest.mark.parametrize("what", list(SLOW))
def test_a_slow_connection_is_ended(site: Stack, what: str) -> None:
    lines, part = SLOW[what]
    stop = threading.Event()
    began = time.monotonic()
    with somebody_else(site) as waits, connect(site) as connection:
        connection.socket.sendall("\r\n".join(lines(site)).encode())
        trickling = slowly(connection, part, stop) if part else None
        answer = connection.answer()
        took = time.monotonic() - began
        closed = connection.is_closed()
        stop.set()
        if trickling:
            trickling.join()

    assert (answer.status, error_code(answer)) == (408, "request_timeout")
    assert closed
    assert TIMEOUT_SECONDS - 0.5 < took < TIMEOUT_SECONDS + 5
    assert max(waits) < MAX_FELT


def test_a_silent_connection_is_closed_without_an_answer(site: Stack) -> None:
    with connect(site) as connection:
        assert connection.is_closed()


def test_the_oldest_of_many_incomplete_heads_of_one_peer_are_ended(site: Stack) -> None:
    with ExitStack() as stack:
        connections = []
        for number in range(200):
            connections.append(stack.enter_context(connect(site)))
            connections[-1].socket.sendall(b"GET / HTTP/1.1\r\nX: ")
            if number == 50:
                # With that answer the server has read what came before: one that has sent nothing
                # is closed without a word.
                assert site.visitor().get("/healthz").status == 200
        began = time.monotonic()
        assert connections[0].answer().status == 408
        assert time.monotonic() - began < TIMEOUT_SECONDS - 1
        assert site.visitor().get("/healthz").status == 200


def test_some_of_many_incomplete_bodies_of_one_address_are_refused(site: Stack) -> None:
    with ExitStack() as stack:
        connections = [stack.enter_context(connect(site)) for _ in range(40)]
        for connection in connections:
            connection.send(*head(site, "/history/import/", COOKIE, "Content-Length: 5000"))
        codes = [error_code(connection.answer()) for connection in connections]

    assert codes.count("too_many_bodies") == 8
    assert codes.count("request_timeout") == 32


def test_sequential_and_pipelined_requests_share_a_connection(site: Stack) -> None:
    form = b"csrfmiddlewaretoken=" + b"a" * 32
    of_form = (
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(form)}",
    )
    with connect(site) as connection:
        for _ in range(3):
            connection.send(*head(site, "/healthz", method="GET"))
            assert connection.answer().status == 200
            connection.send(*head(site, "/free/preview/", COOKIE, *of_form), body=form)
            assert connection.answer().status == 200
        both = "\r\n".join([*head(site, "/healthz", method="GET"), "", ""]).encode()
        connection.socket.sendall(both + both)
        text = b""
        while text.count(b'{"status": "ok"}') < 2:
            got = connection.socket.recv(65_536)
            assert got, text
            text += got


def test_garbage_gets_an_error_in_the_usual_shape(site: Stack) -> None:
    for garbage in (b"\0\0\0\0\r\n\r\n", b"GET\r\n\r\n", b"\x16\x03\x01\x02\x00\r\n\r\n"):
        with connect(site) as connection:
            connection.socket.sendall(garbage)
            answer = connection.answer()
        assert (answer.status, error_code(answer)) == (400, "invalid_input")


def test_an_invalid_chunk_after_a_refusal_causes_no_error(site: Stack) -> None:
    log = site.logs / "web.log"
    before = log.stat().st_size
    with connect(site) as connection:
        connection.send(*head(site, "/nowhere", COOKIE, "Transfer-Encoding: chunked"))
        assert connection.answer().status == 404
        connection.socket.sendall(b"no length\r\n\r\n")
        assert connection.is_closed()

    assert site.visitor().get("/healthz").status == 200
    assert b"Traceback" not in log.read_bytes()[before:]
