"""Which errors pass by themselves and which come again, and how a loop survives one bad row.

What passes is waited for: a database or Redis that restarts, is full or is locked. Everything else
comes again however often one tries, so whoever meets it ends what it was about, and says why.
"""

import errno
import sqlite3
from collections.abc import Callable, Iterable
from typing import TypeVar

import structlog
from django.db import Error as DatabaseFailure
from django.db import InterfaceError, OperationalError
from redis import exceptions as redis_errors

from playground.core.texts import storable

# PostgreSQL's classes of errors that pass: connection, rollback (a deadlock), resources, locks, an
# operator's intervention (a restart), the system's input and output.
_PASSING_CLASSES = frozenset({"08", "40", "53", "55", "57", "58"})
# A standby that is about to be the primary, and a schema or a right that is being changed: they
# say nothing of the row, and a run that waits for its worker's next start loses nothing.
_PASSING_STATES = frozenset({"25006", "25P03", "25P04", "42501", "42703", "42P01"})
# Another transaction holds the very row: the next row may be free.
_ROW_STATES = frozenset({"40001", "40P01", "55P03", "57014"})

# SQLite's primary result codes that pass.
_PASSING_CODES = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_SCHEMA,
    }
)

_PASSING_REDIS = (
    redis_errors.ConnectionError,
    redis_errors.TimeoutError,
    redis_errors.OutOfMemoryError,
    redis_errors.ReadOnlyError,
    redis_errors.TryAgainError,
    redis_errors.MasterDownError,
    redis_errors.ClusterDownError,
    redis_errors.NoPermissionError,
)
# Answers that redis-py has no class for: a full disk, another's long script, no replica.
_PASSING_ANSWERS = ("MISCONF", "BUSY", "NOREPLICAS")

# How many failures are remembered as said.
_MAX_SAID = 1_000

T = TypeVar("T")

log = structlog.get_logger(__name__)

_said: dict[tuple[str, str, str], None] = {}


def is_full_disk(error: BaseException) -> bool:
    """Whether the disk, or its user's share of it, has no room."""
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


def is_passing(error: BaseException) -> bool:
    """Whether the same call may succeed later. False: it fails as often as it is tried."""
    if isinstance(error, DatabaseFailure):
        return _database_passes(error)
    if isinstance(error, redis_errors.RedisError):
        return isinstance(error, _PASSING_REDIS) or str(error).startswith(_PASSING_ANSWERS)
    return isinstance(error, ConnectionError | TimeoutError)


def _database_passes(error: DatabaseFailure) -> bool:
    cause = error.__cause__
    state = getattr(cause, "sqlstate", None)
    if state:
        return state[:2] in _PASSING_CLASSES or state in _PASSING_STATES
    code = getattr(cause, "sqlite_errorcode", None)
    if code is not None:
        # The low byte is the primary code. No such table or column: see _PASSING_STATES.
        is_schema = code == sqlite3.SQLITE_ERROR and str(error).startswith("no such ")
        return code & 0xFF in _PASSING_CODES or is_schema
    # No connection, or none any more.
    return isinstance(error, OperationalError | InterfaceError)


def reason_of(error: BaseException) -> str:
    """What an error says, in one line that can be stored: PostgreSQL's others quote the row."""
    lines = [line for line in str(error).split("\n") if line.strip()]
    return storable(lines[0].strip() if lines else type(error).__name__, 300)


def warn_once(event: str, *, row: object, error: BaseException) -> None:
    """Logs that something about a row failed for good, once a process and not at each look."""
    reason = reason_of(error)
    key = (event, str(row), reason)
    if key in _said:
        return
    if len(_said) >= _MAX_SAID:
        _said.clear()
    _said[key] = None
    log.error(event, row=str(row), kind=type(error).__name__, error=reason)


def each_alone(rows: Iterable[T], act: Callable[[T], object], *, event: str) -> int:
    """Calls ``act`` with each row; one that fails for good is logged once, and the others go on.

    Returns for how many ``act`` was true. An outage is raised at once: it concerns them all.
    """
    count = 0
    for row in list(rows):
        try:
            count += bool(act(row))
        except Exception as error:
            if is_passing(error) and not _is_of_row(error):
                raise
            # A row, or its key, or what begins with its key.
            key = row[0] if isinstance(row, tuple) else getattr(row, "pk", row)
            warn_once(event, row=key, error=error)
    return count


def _is_of_row(error: BaseException) -> bool:
    return getattr(error.__cause__, "sqlstate", None) in _ROW_STATES
