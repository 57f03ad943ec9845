"""A person deletes everything during a stream: every page of every web process is informed."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from playground.live.consumers import DELETED
from playground.management.listener import open_listener
from playground.management.parts import web_part
from tests.faults.test_cancel import LONG, live
from tests.faults.undisturbed import PROMPT
from tests.support.part import wait_until
from tests.support.stack import HOST, Stack
from tests.support.visitor import Visitor

WITHIN = 2.0
PASSWORD = "correct horse battery"
OTHER = "web-two"


@pytest.fixture
def other_port(stack: Stack) -> Iterator[int]:
    """The port of a second web process of the same playground."""
    with open_listener(HOST, 0) as listener:
        port: int = listener.getsockname()[1]
        stack.launch(replace(web_part(listener, verbose=True), name=OTHER))
        wait_until(
            lambda: Visitor(HOST, port).get("/healthz").status == 200, what="the second web process"
        )
        yield port
        stack.kill(OTHER)


def sign_up(visitor: Visitor, name: str) -> None:
    form = {"username": name, "password1": PASSWORD, "password2": PASSWORD}
    assert visitor.post("/account/sign-up/", form).status == 302


def read_close_code(socket: ClientConnection, *, until: float) -> int:
    """Reads to the end of the socket, which must come before ``until`` (monotonic)."""
    while True:
        try:
            socket.recv(timeout=max(0.0, until - time.monotonic()))
        except ConnectionClosed as closed:
            assert closed.rcvd is not None
            return closed.rcvd.code


@pytest.mark.parametrize("kind", ["guest", "account"])
def test_all_pages_are_closed_and_the_slot_is_free(
    stack: Stack, visitor: Visitor, other_port: int, kind: str
) -> None:
    if kind == "account":
        sign_up(visitor, f"ann-{time.time_ns()}")
    run = visitor.run(PROMPT, **LONG)
    elsewhere = Visitor(HOST, other_port)
    elsewhere.cookies = visitor.cookies
    with visitor.socket() as here, elsewhere.socket() as there:
        for socket in (here, there):
            socket.send(json.dumps({"type": "follow", "run": run, "epoch": 1, "from": 1}))
            while '"tokens"' not in socket.recv(timeout=10):
                pass
        form = {"password": PASSWORD} if kind == "account" else {"sure": "on"}

        answer = visitor.post("/account/delete/", form)

        deadline = time.monotonic() + WITHIN
        assert answer.status == 303
        assert [read_close_code(socket, until=deadline) for socket in (here, there)] == [
            DELETED
        ] * 2
    wait_until(lambda: live(stack) == 0, what="the slot to be free")
    assert not stack.query("SELECT id FROM runs_run WHERE id = ?", run.replace("-", ""))
    with stack.redis() as redis:
        assert not redis.exists(f"log:{run}:0")


def test_a_page_is_informed_that_its_run_is_deleted(stack: Stack, visitor: Visitor) -> None:
    run = visitor.run(PROMPT, **LONG)
    with visitor.follow(run) as viewer:
        viewer.until_tokens(3)

        answer = visitor.post(f"/runs/{run}/delete/")

        assert answer.status == 303
        viewer.until(lambda v: v.errors, timeout=WITHIN)
    assert viewer.errors == ["deleted"]
    wait_until(lambda: live(stack) == 0, what="the slot to be free")
