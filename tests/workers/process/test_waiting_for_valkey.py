"""A worker that does not find the embedded Valkey says where it looks and why.

It continues once the server is there.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from playground.core.redis.valkey import EmbeddedValkey
from playground.core.redis.valkey_server import explain_absence
from tests.support.part import RunningPart
from tests.support.stack import Stack, wait_ready

SAID = "valkey_not_found"


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    with Stack(tmp_path) as stack:
        stack.migrate()
        yield stack


def reason(worker: RunningPart) -> str:
    return worker.wait_for_line(SAID, timeout=60)


def test_a_worker_waits_for_a_server_that_is_not_started_yet(stack: Stack) -> None:
    worker = stack.launch_worker("demo")

    assert "nothing runs in" in reason(worker)
    assert str(stack.valkey.socket) in reason(worker)
    (row,) = stack.query("SELECT state, detail FROM checkpoints_worker")
    assert row["state"] == "not_ready"
    assert str(stack.valkey.socket) in row["detail"]

    stack.start_valkey()
    wait_ready(worker)
    # The message is logged once, not at every check.
    assert len([line for line in worker.lines if SAID in line]) == 1


def test_a_private_tmp_is_named_and_a_shared_folder_helps(stack: Stack, tmp_path: Path) -> None:
    stack.start_valkey()
    # The effect of PrivateTmp: Valkey runs, but its socket's folder is not visible.
    hidden = stack.valkey.socket.parent
    away = hidden.rename(hidden.with_name(hidden.name + "-away"))
    worker = stack.launch_worker("demo")

    said = reason(worker)

    away.rename(hidden)
    assert f"{stack.valkey.socket} cannot be opened, although it runs" in said
    assert "PrivateTmp" in said
    assert "SOCKET_DIR" in said
    wait_ready(worker)


def test_another_socket_folder_is_named(stack: Stack, tmp_path: Path) -> None:
    stack.start_valkey()
    stack.env["SOCKET_DIR"] = str(tmp_path / "another")

    said = reason(stack.launch_worker("demo"))

    assert f"it listens on {stack.valkey.socket}" in said
    assert "the same SOCKET_DIR" in said


def test_another_machine_is_named(tmp_path: Path) -> None:
    with EmbeddedValkey(tmp_path, memory_mb=16) as server:
        record = tmp_path / "valkey" / "server.json"
        record.write_text(record.read_text().replace('"host": "', '"host": "far-'))

        said = explain_absence(tmp_path, tmp_path / "nowhere" / "redis.sock")

    assert server.url
    assert "it runs on far-" in said
    assert "REDIS_URL" in said
