"""The embedded server's data stay with the server that wrote them, whatever is installed later."""

import json
import os
import stat
from pathlib import Path

import pytest
import redis

from playground.core.redis.valkey import EmbeddedValkey
from playground.core.redis.valkey_server import EmbeddedServerError, Server, read_record, writer_of

# Reports itself as Redis, and treats Valkey's files as Redis does.
REDIS = """#!/bin/sh
if [ "$1" = --version ]; then
  echo "Redis server v={version} sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=0"
  exit 0
fi
touch {ran}
while [ $# -gt 0 ]; do [ "$1" = --logfile ] && log=$2; shift; done
echo "1:M 30 Nov 2026 10:00:00.000 # Bad file format reading the append only file" >> "$log"
exit 1
"""


def server_of(folder: Path) -> EmbeddedValkey:
    return EmbeddedValkey(folder, memory_mb=16)


def write_something(folder: Path) -> None:
    with server_of(folder) as server, redis.Redis.from_url(server.url) as client:
        for number in range(20):
            client.set(f"key{number}", "kept")


def read(folder: Path, key: str = "key0") -> bytes | None:
    with server_of(folder) as server, redis.Redis.from_url(server.url) as client:
        value: bytes | None = client.get(key)
        return value


def install_redis(folder: Path, monkeypatch: pytest.MonkeyPatch, version: str = "7.0.15") -> Path:
    """A redis-server on the PATH; returns the file that appears when it is started."""
    ran = folder / "redis-ran"
    binary = folder / "bin" / "redis-server"
    binary.parent.mkdir(parents=True)
    binary.write_text(REDIS.format(version=version, ran=ran))
    binary.chmod(0o755)
    monkeypatch.setenv("PATH", f"{binary.parent}:{os.environ['PATH']}")
    return ran


def data_of(folder: Path) -> dict[str, bytes]:
    files = (folder / "valkey" / "appendonlydir").iterdir()
    return {file.name: file.read_bytes() for file in files}


def set_writer(folder: Path, name: str, version: str) -> None:
    """Puts another writer, whose binary is gone, into the record."""
    record = folder / "valkey" / "server.json"
    content = json.loads(record.read_text())
    content["server"] = {"name": name, "version": version, "binary": f"/gone/{name}-server"}
    record.write_text(json.dumps(content))


@pytest.mark.parametrize("recorded", [True, False], ids=["recorded", "from-before-the-record"])
def test_a_server_installed_later_does_not_take_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recorded: bool
) -> None:
    write_something(tmp_path)
    ran = install_redis(tmp_path, monkeypatch)
    if not recorded:
        (tmp_path / "valkey" / "server.json").unlink()

    kept = read(tmp_path)

    assert kept == b"kept"
    assert not ran.exists()
    record = read_record(tmp_path / "valkey")
    assert record is not None
    assert record.server.name == "valkey"


def test_without_data_the_systems_own_server_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = install_redis(tmp_path, monkeypatch)

    with pytest.raises(EmbeddedServerError, match="did not start"):
        server_of(tmp_path).start()

    assert ran.exists()


@pytest.mark.parametrize(
    ("name", "version"), [("valkey", "99.0.0"), ("redis", "8.0.0")], ids=["newer", "another"]
)
def test_unreadable_data_stay_and_the_error_says_what_to_do(
    tmp_path: Path, name: str, version: str
) -> None:
    write_something(tmp_path)
    set_writer(tmp_path, name, version)
    before = data_of(tmp_path)

    with pytest.raises(EmbeddedServerError) as refusal:
        server_of(tmp_path).start()

    folder = tmp_path / "valkey"
    message = str(refusal.value)
    assert f"written by {name.capitalize()} {version} (/gone/{name}-server)" in message
    assert f"Install {name}-server {version} or newer" in message
    assert data_of(tmp_path) == before
    # The lock is free, and the advice in the sentence works.
    (folder / "appendonlydir").rename(folder / "appendonlydir.old")
    assert f"mv {folder}/appendonlydir {folder}/appendonlydir.old" in message
    assert read(tmp_path) is None


def test_valkey_continues_with_data_of_an_old_redis(tmp_path: Path) -> None:
    write_something(tmp_path)
    set_writer(tmp_path, "redis", "7.0.15")

    assert read(tmp_path) == b"kept"
    writer = writer_of(tmp_path / "valkey")
    assert writer is not None
    assert writer.name == "valkey"


def test_a_program_named_by_a_record_that_others_can_write_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_something(tmp_path)
    ran = install_redis(tmp_path, monkeypatch, version="99.0.0")
    record = tmp_path / "valkey" / "server.json"
    content = json.loads(record.read_text())
    content["server"] |= {"binary": str(tmp_path / "bin" / "redis-server")}
    record.write_text(json.dumps(content))
    record.chmod(0o666)

    assert read(tmp_path) == b"kept"
    assert not ran.exists()


@pytest.mark.parametrize(
    ("server", "writer", "reads"),
    [
        (("redis", "7.2.4"), ("redis", "7.0.15"), True),
        (("redis", "7.0.15"), ("redis", "7.2.4"), False),
        (("valkey", "9.1.2"), ("valkey", "9.1.10"), False),
        (("valkey", "8.0.1"), ("redis", "7.2.11"), True),
        (("valkey", "8.0.1"), ("redis", "7.4.0"), False),
        (("redis", "8.0.0"), ("valkey", "7.2.5"), False),
    ],
)
def test_which_server_reads_which_data(
    server: tuple[str, str], writer: tuple[str, str], reads: bool
) -> None:
    assert Server(*server).reads(Server(*writer)) is reads


def test_an_incomplete_last_write_is_removed_and_the_rest_stays(tmp_path: Path) -> None:
    write_something(tmp_path)
    (log,) = (tmp_path / "valkey" / "appendonlydir").glob("*.incr.aof")
    log.write_bytes(log.read_bytes()[:-7])

    assert read(tmp_path, "key18") == b"kept"


@pytest.mark.parametrize("file", ["*.base.rdb", "*.incr.aof", "*.manifest"])
def test_damaged_data_are_reported_and_not_changed(tmp_path: Path, file: str) -> None:
    write_something(tmp_path)
    (damaged,) = (tmp_path / "valkey" / "appendonlydir").glob(file)
    damaged.write_bytes(b"damaged" + damaged.read_bytes()[7:])
    before = data_of(tmp_path)

    with pytest.raises(EmbeddedServerError) as refusal:
        server_of(tmp_path).start()

    message = str(refusal.value)
    assert "cannot read its data: “" in message
    assert "Nothing was deleted" in message
    assert f"mv {tmp_path}/valkey/appendonlydir" in message
    assert data_of(tmp_path) == before


def test_two_playgrounds_cannot_share_a_socket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = server_of(tmp_path / "other")
    with server_of(tmp_path / "one") as server:
        other.socket = server.socket

        with pytest.raises(EmbeddedServerError, match="SOCKET_DIR of its own"):
            other.start()

        assert stat.S_ISSOCK(server.socket.stat().st_mode)
