"""Temporary and permanent errors, told apart by the errors of the real drivers."""

import contextlib
import socket
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
from django.db import DataError, IntegrityError, InterfaceError, OperationalError
from django.db.backends.postgresql.base import DatabaseWrapper as PostgresWrapper
from django.db.backends.sqlite3.base import DatabaseWrapper as SqliteWrapper
from django.db.utils import ConnectionHandler, DatabaseErrorWrapper

from playground.core import failures
from playground.core.failures import each_alone, is_passing, reason_of, warn_once
from tests.support.postgres import TemporaryPostgres

# More than fits into a tsvector.
MANY_WORDS = "(SELECT string_agg(n::text, ' ') FROM generate_series(1e6, 12e5) n)"


def error_raised_by(act: Callable[[], object], wrapper: type | None = None) -> BaseException:
    """The exception that ``act`` raises, as Django passes a driver's error on."""
    wrapping: contextlib.AbstractContextManager[object] = contextlib.nullcontext()
    if wrapper is not None:
        config = ConnectionHandler({"default": {}}).databases["default"]
        wrapping = DatabaseErrorWrapper(wrapper(config))
    with pytest.raises(Exception) as caught, wrapping:
        act()
    return caught.value


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """The address of a server in psycopg's form."""
    with tempfile.TemporaryDirectory(prefix="pg-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        with TemporaryPostgres(Path(folder) / "server") as server:
            yield server.url


@pytest.mark.parametrize(
    ("statements", "passes"),
    [
        (["SELECT 1 / 0"], False),
        (["SELECT '\\u0000'::jsonb"], False),
        (["SELECT 'x'::int"], False),
        (["CREATE TEMP TABLE t (a int CHECK (a > 0))", "INSERT INTO t VALUES (0)"], False),
        (["CREATE TEMP TABLE t (a varchar(2))", "INSERT INTO t VALUES ('abc')"], False),
        ([f"SELECT to_tsvector('simple', {MANY_WORDS})"], False),
        (["DO $$ BEGIN RAISE 'no'; END $$"], False),
        (["SET statement_timeout = 1", "SELECT pg_sleep(5)"], True),
        (["SELECT * FROM nowhere"], True),
        (["CREATE TEMP TABLE t (a int)", "SELECT b FROM t"], True),
        (["SELECT pg_terminate_backend(pg_backend_pid())"], True),
    ],
)
def test_errors_of_postgresql(postgres: str, statements: list[str], passes: bool) -> None:
    with psycopg.connect(postgres, autocommit=True) as connection:

        def act() -> None:
            for statement in statements:
                connection.execute(statement)

        error = error_raised_by(act, PostgresWrapper)

    assert is_passing(error) is passes, repr(error.__cause__)


def test_a_text_that_psycopg_refuses_is_a_permanent_error(postgres: str) -> None:
    with psycopg.connect(postgres) as connection:
        error = error_raised_by(lambda: connection.execute("SELECT %s", ["a\0"]), PostgresWrapper)

    assert isinstance(error, DataError)
    assert not is_passing(error)


def test_a_lock_and_a_deadlock_are_temporary(postgres: str) -> None:
    with psycopg.connect(postgres, autocommit=True) as setup:
        setup.execute("CREATE TABLE held (a int)")
    with psycopg.connect(postgres) as holder, psycopg.connect(postgres) as waiter:
        holder.execute("LOCK TABLE held")
        waiter.execute("SET lock_timeout = 10")
        error = error_raised_by(lambda: waiter.execute("LOCK TABLE held"), PostgresWrapper)

    assert is_passing(error)


def test_a_missing_server_is_temporary() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]

        error = error_raised_by(
            lambda: psycopg.connect(f"postgres://127.0.0.1:{port}/x"), PostgresWrapper
        )
        answer = error_raised_by(lambda: redis.Redis(port=port).ping())

    assert isinstance(error, OperationalError)
    assert is_passing(error)
    assert is_passing(answer)


def test_a_closed_connection_is_temporary(postgres: str) -> None:
    connection = psycopg.connect(postgres)
    connection.close()

    assert is_passing(error_raised_by(lambda: connection.execute("SELECT 1"), PostgresWrapper))
    assert is_passing(InterfaceError("connection already closed"))


def test_errors_of_sqlite(tmp_path: Path) -> None:
    file = tmp_path / "x.sqlite3"
    one, other = (sqlite3.connect(file, timeout=0, isolation_level=None) for _ in range(2))
    one.execute("CREATE TABLE t (a int CHECK (a > 0), b text)")
    one.execute("CREATE TRIGGER r BEFORE UPDATE ON t BEGIN SELECT RAISE(ABORT, 'no'); END")
    one.execute("INSERT INTO t VALUES (1, '')")

    def error_of(act: Callable[[], object]) -> BaseException:
        return error_raised_by(act, SqliteWrapper)

    refused = [
        error_of(lambda: one.execute("INSERT INTO t VALUES (0, '')")),
        error_of(lambda: one.execute("UPDATE t SET a = 2")),
        error_of(lambda: one.execute("SELEC 1")),
        error_of(lambda: one.execute("SELECT zeroblob(2000000000)").fetchall()),
        error_of(lambda: one.execute("INSERT INTO t VALUES (?, ?)", (1, "\ud800"))),
    ]
    one.execute("BEGIN IMMEDIATE")
    passing = [
        error_of(lambda: other.execute("BEGIN IMMEDIATE")),
        error_of(lambda: other.execute("SELECT * FROM nowhere")),
        error_of(lambda: other.execute("SELECT c FROM t")),
        error_of(lambda: sqlite3.connect(tmp_path / "none" / "x")),
    ]
    one.close()
    other.close()

    assert [error for error in refused if is_passing(error)] == []
    assert [error for error in passing if not is_passing(error)] == []


def test_errors_of_redis(redis_client: redis.Redis) -> None:
    redis_client.set("text", "x")
    wrong = error_raised_by(lambda: redis_client.xadd("text", {"t": "x"}))
    script = error_raised_by(lambda: redis_client.eval("return redis.call('NONE')", 0))
    half = error_raised_by(lambda: redis_client.set("x", "\ud800"))
    most: Any = redis_client.config_get("maxmemory")["maxmemory"]
    redis_client.config_set("maxmemory", 1)
    try:
        full = error_raised_by(lambda: redis_client.set("more", "x"))
    finally:
        redis_client.config_set("maxmemory", most)

    assert [error for error in (wrong, script, half) if is_passing(error)] == []
    assert is_passing(full)
    assert is_passing(redis.ResponseError("MISCONF Errors writing to the AOF file: No space left"))
    assert is_passing(redis.ResponseError("BUSY Valkey is busy running a script."))
    assert is_passing(redis.TimeoutError("Timeout reading from socket"))


def test_a_reason_is_one_line_that_can_be_stored() -> None:
    error = IntegrityError('new row violates "x"\0\nDETAIL:  Failing row contains (secret).')

    assert reason_of(error) == 'new row violates "x"\ufffd'
    assert reason_of(ValueError()) == "ValueError"


def test_one_bad_row_does_not_stop_the_others_and_is_logged_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said: list[object] = []
    monkeypatch.setattr(failures, "_said", {})
    monkeypatch.setattr(failures.log, "error", lambda event, **more: said.append(more["row"]))
    done: list[int] = []

    def act(row: int) -> bool:
        if row == 2:
            raise IntegrityError("refused")
        done.append(row)
        return row > 1

    assert [each_alone([1, 2, 3], act, event="bad") for _ in range(3)] == [1, 1, 1]
    assert done == [1, 3] * 3
    assert said == ["2"]
    warn_once("bad", row=2, error=IntegrityError("refused otherwise"))
    assert said == ["2", "2"]


def test_an_outage_ends_the_loop() -> None:
    done: list[int] = []

    def act(row: int) -> None:
        done.append(row)
        raise OperationalError("the server closed the connection")

    with pytest.raises(OperationalError):
        each_alone([1, 2], act, event="bad")
    assert done == [1]
