"""The database of DATABASE_URL: SQLite or PostgreSQL, in Django's form."""

from pathlib import Path
from typing import Any

from playground.core.configuration.service_url import ServiceUrl, split_service_url

_POSTGRESQL = ("postgres", "postgresql", "pgsql", "psql")
_SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
# Longer than any reachable host takes, and shorter than anybody waits for a page.
CONNECT_SECONDS = 5


def database(configured: str, *, var_dir: Path, folder: Path) -> dict[str, Any]:
    """The configuration for ``DATABASES``; without an address, a file in ``var_dir``.

    folder: where relative paths of files begin. Raises `ValueError`, with a text that follows
    the setting's name and contains no password.
    """
    if not configured:
        return _sqlite(var_dir / "playground.sqlite3", test=var_dir / "test.sqlite3")
    scheme = configured.partition(":")[0].lower()
    if scheme == "sqlite" or scheme == "sqlite3":
        return _sqlite(_file(configured, folder), test=var_dir / "test.sqlite3")
    if "://" in configured and scheme not in _POSTGRESQL:
        raise ValueError(
            "must begin with postgres:// or sqlite:///, because this site runs on PostgreSQL and "
            "SQLite alone"
        )
    return _postgresql(split_service_url(configured))


def _sqlite(file: Path, *, test: Path) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": file,
        # A writer takes its lock at once and waits up to the timeout,
        # instead of failing when a reader turns into a writer.
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;"
            # Deleted data are overwritten with zeros (core/erasing.py).
            "PRAGMA secure_delete=ON;",
        },
        # A connection takes longer to open than a query: each thread keeps its own.
        "CONN_MAX_AGE": None,
        "TEST": {"NAME": test},
    }


def _file(configured: str, folder: Path) -> Path:
    """``sqlite:///relative.sqlite3`` or ``sqlite:////absolute.sqlite3``."""
    url = split_service_url(configured) if ":memory:" not in configured else None
    if url is None or not url.path.strip("/"):
        raise ValueError(
            "names no file, and processes share no database in memory; write sqlite:////path/file"
        )
    if url.host or url.query:
        raise ValueError("takes a path alone; write sqlite:////path/file, with four slashes")
    file = (folder / Path(url.path.removeprefix("/")).expanduser()).resolve()
    if file.is_dir() or not file.parent.is_dir():
        raise ValueError("names a file in a folder that does not exist; make the folder first")
    return file


def _postgresql(url: ServiceUrl) -> dict[str, Any]:
    name = url.path.strip("/") or url.query.get("dbname", "")
    if not (name or "service" in url.query):
        raise ValueError("names no database; write postgres://user:password@host:5432/name")
    if "/" in name:
        raise ValueError("has a second / after its host; in a password, write it as %2F")
    return {
        # Django's own, which says why a connection fails.
        "ENGINE": "playground.core.postgresql",
        "NAME": name,
        "USER": url.username,
        "PASSWORD": url.password,
        "HOST": url.host,
        "PORT": url.port or "",
        "OPTIONS": {
            "connect_timeout": CONNECT_SECONDS,
            **_options(url.query),
            "pool": {"min_size": 1, "max_size": 16, "timeout": 10},
        },
        "CONN_HEALTH_CHECKS": True,
        "CONN_MAX_AGE": 0,
    }


def _options(query: dict[str, str]) -> dict[str, str]:
    """Other options for libpq: ``sslmode=require``, ``host=/run/postgresql``."""
    from psycopg.pq import Conninfo

    known = {option.keyword.decode() for option in Conninfo.get_defaults()}
    if unknown := sorted(set(query) - known):
        raise ValueError(
            f"has the option {unknown[0][:40]} after its ?, which PostgreSQL does not know; "
            "remove it"
        )
    if query.get("sslmode", "prefer") not in _SSL_MODES:
        raise ValueError(f"has an sslmode that is none of {', '.join(_SSL_MODES)}")
    timeout = query.get("connect_timeout", "1")
    if not (timeout.isascii() and timeout.isdecimal()):
        raise ValueError("has a connect_timeout that is no whole number of seconds")
    return {option: value for option, value in query.items() if option != "dbname"}
