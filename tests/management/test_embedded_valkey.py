"""The embedded server is found, private, durable, alone, and ends with its parent."""

import os
import signal
from pathlib import Path

import pytest
import redis

from playground.core.configuration.redis_url import embedded_socket, redis_address
from playground.core.redis.valkey import EmbeddedValkey, answers
from playground.core.redis.valkey_server import EmbeddedServerError
from tests.management.conftest import Launcher, alive
from tests.support.part import wait_until

PARENT = """
import signal, sys
from pathlib import Path
from playground.core.redis.valkey import EmbeddedValkey
server = EmbeddedValkey(Path(sys.argv[1]), memory_mb=16)
server.start()
print("server", server.pid, flush=True)
signal.pause()
"""


def client_of(server: EmbeddedValkey) -> redis.Redis:
    return redis.Redis.from_url(server.url, socket_timeout=5)


def test_the_server_answers_at_the_address_of_the_settings(tmp_path: Path) -> None:
    address = redis_address("", embedded_socket(tmp_path))

    with (
        EmbeddedValkey(tmp_path, memory_mb=16) as server,
        redis.Redis(**address.client_arguments(), socket_timeout=5) as client,
    ):
        answered = client.ping()

    assert answered
    assert (address.socket, address.embedded) == (server.socket, True)


def test_the_operators_address_has_priority(tmp_path: Path) -> None:
    address = redis_address("redis://elsewhere:6379/1", Path("/a"))

    assert (address.host, address.database, address.embedded) == ("elsewhere", 1, False)


def test_the_server_opens_no_port_and_evicts_nothing(tmp_path: Path) -> None:
    with EmbeddedValkey(tmp_path, memory_mb=16) as server, client_of(server) as client:
        options = client.config_get("port", "maxmemory", "maxmemory-policy", "appendonly")
        mode = server.socket.stat().st_mode & 0o777

    assert options == {
        "port": "0",
        "maxmemory": str(16 * 2**20),
        "maxmemory-policy": "noeviction",
        "appendonly": "yes",
    }
    assert mode == 0o700


def test_data_survive_a_restart(tmp_path: Path) -> None:
    with EmbeddedValkey(tmp_path, memory_mb=16) as server, client_of(server) as client:
        client.set("kept", "yes")

    with EmbeddedValkey(tmp_path, memory_mb=16) as server, client_of(server) as client:
        kept = client.get("kept")

    assert kept == b"yes"


def test_a_client_continues_after_the_server_was_killed_and_restarted(tmp_path: Path) -> None:
    server = EmbeddedValkey(tmp_path, memory_mb=16)
    server.start()
    try:
        with client_of(server) as client:
            client.set("kept", "yes")
            os.kill(server.pid or 0, signal.SIGKILL)
            wait_until(lambda: not answers(server.socket), what="the server to be gone")

            server.start()

            assert client.get("kept") == b"yes"
    finally:
        server.stop()


def test_a_folder_has_one_server(tmp_path: Path) -> None:
    other = tmp_path / "other"
    with EmbeddedValkey(tmp_path, memory_mb=16):
        with pytest.raises(EmbeddedServerError, match=rf"process {os.getpid()}\).*VAR_DIR"):
            EmbeddedValkey(tmp_path, memory_mb=16).acquire(timeout=0)

        with EmbeddedValkey(other, memory_mb=16) as second:
            assert answers(second.socket)


def test_the_server_ends_when_its_parent_is_killed(tmp_path: Path, launch: Launcher) -> None:
    parent = launch("-c", PARENT, str(tmp_path))
    pid = int(parent.wait_for_line("^server").split()[1])
    server = EmbeddedValkey(tmp_path, memory_mb=16)
    with client_of(server) as client:
        client.set("kept", "yes")

    parent.kill()

    wait_until(lambda: not alive(pid), what="the server to end")
    # The next start needs no cleanup and finds the data.
    with server, client_of(server) as client:
        assert client.get("kept") == b"yes"


def test_a_new_start_waits_for_a_server_that_is_still_closing(
    tmp_path: Path, launch: Launcher
) -> None:
    parent = launch("-c", PARENT, str(tmp_path))
    parent.wait_for_line("^server")

    parent.kill()
    with EmbeddedValkey(tmp_path, memory_mb=16) as server:
        assert answers(server.socket)


def test_a_folder_that_others_can_open_is_refused(tmp_path: Path) -> None:
    server = EmbeddedValkey(tmp_path, memory_mb=16)
    server.socket.parent.mkdir()
    server.socket.parent.chmod(0o755)

    with pytest.raises(EmbeddedServerError, match="open to others"):
        server.acquire()

    server.socket.parent.rmdir()


def test_the_operators_folder_is_used_and_not_removed(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir(mode=0o700)

    with EmbeddedValkey(tmp_path, memory_mb=16, socket=folder / "redis.sock") as server:
        assert server.url == f"unix://{folder}/redis.sock"
        assert answers(server.socket)

    assert list(folder.iterdir()) == []


def test_a_group_has_access_if_umask_allows_it(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    folder.chmod(0o770)
    socket = folder / "redis.sock"

    with EmbeddedValkey(tmp_path, memory_mb=16, socket=socket, umask=0o007):
        assert socket.stat().st_mode & 0o777 == 0o770

    with pytest.raises(EmbeddedServerError, match="open to others"):
        EmbeddedValkey(tmp_path, memory_mb=16, socket=socket).acquire()


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    server = EmbeddedValkey(tmp_path, memory_mb=16)
    with server:
        pass
    manifest = tmp_path / "valkey" / "appendonlydir" / "appendonly.aof.manifest"
    manifest.write_text("this is no manifest\n")

    with pytest.raises(EmbeddedServerError, match=r"cannot read its data: .*valkey\.log"):
        server.start()

    assert server.pid is None
    assert not server.lock.held
