"""Downloads over real connections: complete, cut by the reader, cut by an error."""

import http.client
import json
import socket
import uuid
import zlib
from contextlib import ExitStack

import pytest

from playground.core.serving.streaming import CHUNK
from playground.history.exports import BATCH
from tests.support.decoding import decode_body
from tests.support.part import wait_until
from tests.support.stack import Stack
from tests.support.visitor import Visitor

RUNS = 24
ADDRESSES = ["/history/export/?format=jsonl", "/history/export/?format=csv", "/account/export/"]


@pytest.fixture
def keeper(stack: Stack) -> Visitor:
    """A person with runs that are each longer than a chunk of a download."""
    return with_runs(stack, RUNS, words=8_000)


def with_runs(stack: Stack, count: int, *, words: int) -> Visitor:
    visitor = stack.visitor()
    answer = visitor.upload("/history/import/", lines(count, words=words))
    assert answer.status == 303, answer.text
    return visitor


def lines(count: int, *, words: int) -> bytes:
    run = {
        "kind": "run",
        "version": 1,
        "model": "slow",
        "template": "free",
        "prompt": "Once",
        "text": "upon a time " * words,
        "status": "succeeded",
        "parameters": {"max_tokens": 16},
        "created_at": "2026-03-01T12:00:00+00:00",
        "finished_at": "2026-03-01T12:00:01+00:00",
    }
    made = [{**run, "id": str(uuid.uuid4())} for _ in range(count)]
    return "".join(json.dumps(one) + "\n" for one in made).encode()


@pytest.mark.parametrize("encoding", ["gzip", ""])
@pytest.mark.parametrize("address", ADDRESSES)
def test_every_line_arrives(keeper: Visitor, address: str, encoding: str) -> None:
    answer = keeper.get(address, **{"Accept-Encoding": encoding})

    assert answer.headers["Content-Encoding"] == (encoding or None)
    assert answer.body.count(b"\n") == RUNS + (0 if "jsonl" in address else 1)


def test_the_whole_markdown_arrives(keeper: Visitor) -> None:
    answer = keeper.get("/history/export/?format=md")

    assert answer.text.count("### Output") == RUNS


def test_a_head_request_costs_nothing_and_has_the_headers_of_a_get(keeper: Visitor) -> None:
    whole = keeper.get(ADDRESSES[0])
    head = keeper.request("HEAD", ADDRESSES[0])

    assert (head.status, head.body) == (200, b"")
    for name in ("Content-Type", "Content-Encoding", "Content-Disposition", "Vary"):
        assert head.headers[name] == whole.headers[name]


def test_a_range_request_gets_the_whole_file(keeper: Visitor) -> None:
    answer = keeper.get(ADDRESSES[0], Range="bytes=100-")

    assert answer.status == 200
    assert answer.body.count(b"\n") == RUNS


@pytest.mark.parametrize("encoding", ["gzip", ""])
@pytest.mark.parametrize("address", ADDRESSES)
def test_after_an_error_the_download_is_cut(stack: Stack, address: str, encoding: str) -> None:
    # More than the first query returns: an error in that query would end before anything is sent.
    keeper = with_runs(stack, 2 * BATCH, words=300)
    ids = [json.loads(line)["id"] for line in keeper.get(ADDRESSES[0]).text.splitlines()]
    # The account's are exported oldest first.
    last = ids[0] if "account" in address else ids[-1]
    change = "UPDATE runs_run SET text = {} WHERE id = ?"
    stack.query(change.format("CAST(X'ff' AS TEXT)"), last.replace("-", ""))
    try:
        with pytest.raises(http.client.IncompleteRead) as cut:
            keeper.get(address, **{"Accept-Encoding": encoding})
    finally:
        stack.query(change.format("''"), last.replace("-", ""))

    came = cut.value.partial
    if encoding:
        with pytest.raises(AssertionError, match="has no end"):
            decode_body(came, encoding)
        came = zlib.decompressobj(wbits=31).decompress(came)
    # All of the first query, but for the part that was not full yet.
    line = len(came) / came.count(b"\n")
    assert BATCH - CHUNK / line < came.count(b"\n") < 2 * BATCH
    assert keeper.get(address, **{"Accept-Encoding": encoding}).body.count(b"\n") >= 2 * BATCH


def test_slow_and_vanished_readers_hold_no_resources(stack: Stack, keeper: Visitor) -> None:
    web = stack.parts["web"]
    since = len(web.lines)
    with ExitStack() as readers:
        # More readers than threads that the web process keeps.
        for _ in range(20):
            reader = readers.enter_context(socket.socket())
            # The rest waits in the web process until it is read, which never happens.
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            reader.settimeout(10)
            reader.connect((keeper.host, keeper.port))
            reader.sendall(
                f"GET {ADDRESSES[0]} HTTP/1.1\r\nHost: {keeper.host}:{keeper.port}\r\n"
                f"Cookie: {keeper.cookie_header}\r\n\r\n".encode()
            )
            assert reader.recv(12) == b"HTTP/1.1 200"

        # They hold up neither writers nor the write-ahead log nor other readers.
        assert keeper.get(ADDRESSES[0]).body.count(b"\n") == RUNS
        keeper.run(max_tokens=1)
        wait_until(lambda: is_log_free(stack), what="a checkpoint of the whole log")

    assert keeper.get(ADDRESSES[0]).body.count(b"\n") == RUNS + 1
    assert not [line for line in web.lines[since:] if "Traceback" in line or "Error" in line]


def is_log_free(stack: Stack) -> bool:
    """Whether nobody reads from the write-ahead log."""
    (row,) = stack.query("PRAGMA wal_checkpoint(TRUNCATE)")
    return bool(row["busy"] == 0)
