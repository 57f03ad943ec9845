"""The backend itself; Django looks for it under this name.

A pool hides why it has no connection: it tries again behind the scenes and says only that time is
up. So the first connection of a process is made without it, and so is one more when it gives up.
"""

from collections.abc import Callable
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg_pool import PoolTimeout


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection is refused quickly, with the server's own words on one line."""

    # Whether this process has had a connection: by alias.
    _reached: set[str] = set()  # noqa: RUF012  (Django keeps its pools in the same way)

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        if self.pool and self.alias not in self._reached:
            _try(conn_params)
            self._reached.add(self.alias)
        try:
            return super().get_new_connection(conn_params)
        except PoolTimeout as error:
            _try(conn_params)
            raise psycopg.OperationalError(
                "all connections of this process are in use; try again"
            ) from error
        except psycopg.OperationalError as error:
            raise psycopg.OperationalError(one_line(error)) from error


def _try(conn_params: dict[str, Any]) -> None:
    """Connects once without the pool. Raises the server's reason."""
    connect: Callable[..., Any] = psycopg.connect
    try:
        connect(**conn_params).close()
    except psycopg.OperationalError as error:
        raise psycopg.OperationalError(one_line(error)) from error


def one_line(error: Exception) -> str:
    """What libpq says, without its line breaks, hints and repetitions."""
    lines = [line.strip(" -\t") for line in str(error).splitlines() if line.strip()]
    # Of several addresses of one host: the first attempt tells as much as all.
    told = lines[0].removeprefix("connection failed: ") if lines else type(error).__name__
    return f"{told.rstrip('.')}"
