"""The database of DATABASE_URL, on a real server:

right addresses work, wrong ones give a reason.
"""

import itertools
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from django.db import ConnectionHandler, OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from pytest_django.plugin import DjangoDbBlocker

from playground.core.configuration.database_url import database
from tests.support.postgres import USER, TemporaryPostgres

PASSWORD = "p#a@s/s?w%o:r d\u00e9&=+"
# Less than the ten seconds after which a pool gives up.
QUICK_SECONDS = 8.0
Connect = Callable[..., BaseDatabaseWrapper]
_aliases = (f"tried-{number}" for number in itertools.count())


@pytest.fixture(scope="module")
def server() -> Iterator[TemporaryPostgres]:
    """A server that accepts four connections at a time."""
    few = {"max_connections": "4", "superuser_reserved_connections": "0", "max_wal_senders": "0"}
    with tempfile.TemporaryDirectory(prefix="pg-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        with TemporaryPostgres(Path(folder) / "pg", password=PASSWORD, options=few) as server:
            yield server


@pytest.fixture
def connect(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[Connect]:
    """A connection with the configuration that the settings make of an address, not opened yet."""
    made: list[BaseDatabaseWrapper] = []

    def connect(url: str, *, patience: float = 10.0) -> BaseDatabaseWrapper:
        # Pools are stored under this name.
        alias = next(_aliases)
        config = database(url, var_dir=tmp_path, folder=tmp_path)
        if "pool" in config["OPTIONS"]:
            config["OPTIONS"]["pool"]["timeout"] = patience
        made.append(ConnectionHandler({"default": {}, alias: config})[alias])
        return made[-1]

    with django_db_blocker.unblock():
        yield connect
        for connection in made:
            connection.close()
            if connection.vendor == "postgresql":
                connection.close_pool()  # type: ignore[attr-defined]


def address(server: TemporaryPostgres) -> str:
    return f"postgres://{USER}:{quote(PASSWORD, safe='')}@127.0.0.1:{server.port}/postgres"


def select_one(connection: BaseDatabaseWrapper) -> object:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return cursor.fetchone()


def test_a_password_may_have_any_characters(server: TemporaryPostgres, connect: Connect) -> None:
    assert select_one(connect(address(server))) == (1,)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "POSTGRESQL"])
def test_options_after_the_question_mark_reach_the_server(
    scheme: str, server: TemporaryPostgres, connect: Connect
) -> None:
    who = f"{USER}:{quote(PASSWORD, safe='')}"
    url = f"{scheme}://{who}@/postgres?host={server.socket}&port={server.port}&sslmode=prefer"

    assert select_one(connect(url)) == (1,)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgres://postgres:wrong@127.0.0.1:{port}/postgres", "password authentication failed"),
        ("postgres://postgres:{password}@127.0.0.1:{port}/none", 'database "none" does not exist'),
        ("postgres://postgres:{password}@127.0.0.1:1/postgres", "Connection refused"),
        ("postgres://postgres:{password}@no-such-host.invalid/x", "no-such-host.invalid"),
        (
            "postgres://postgres:{password}@127.0.0.1:{port}/postgres?sslmode=require",
            "server does not support SSL",
        ),
        ("postgres://postgres:{password}@%2Fno%2Fsuch/x", "No such file or directory"),
    ],
)
def test_the_servers_reason_is_shown_quickly_and_on_one_line(
    url: str, said: str, server: TemporaryPostgres, connect: Connect
) -> None:
    connection = connect(url.format(port=server.port, password=quote(PASSWORD, safe="")))
    begun = time.monotonic()

    with pytest.raises(OperationalError) as refused:
        select_one(connection)

    told = str(refused.value)
    assert said in told
    assert "\n" not in told
    assert PASSWORD not in told
    assert time.monotonic() - begun < QUICK_SECONDS


def test_too_many_connections_are_reported(server: TemporaryPostgres, connect: Connect) -> None:
    held = []
    try:
        with pytest.raises(psycopg.OperationalError):
            while True:
                held.append(psycopg.connect(address(server)))
        with pytest.raises(OperationalError, match="too many clients already"):
            select_one(connect(address(server)))
    finally:
        for connection in held:
            connection.close()


def test_a_server_that_stops_later_is_reported_too(
    server: TemporaryPostgres, connect: Connect
) -> None:
    connection = connect(address(server), patience=1.0)
    select_one(connection)
    connection.close()
    server.stop()
    try:
        with pytest.raises(OperationalError, match="Connection refused"):
            select_one(connection)
    finally:
        server.start()
    connection.close_pool()  # type: ignore[attr-defined]
    assert select_one(connection) == (1,)


def test_sqlite_works_wherever_its_file_is(tmp_path: Path, connect: Connect) -> None:
    connection = connect(f"sqlite:///{tmp_path}/own.sqlite3")

    assert select_one(connection) == (1,)
    assert (tmp_path / "own.sqlite3").is_file()
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        assert cursor.fetchone() == ("wal",)
