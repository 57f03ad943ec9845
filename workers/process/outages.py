"""Waiting while the database or Redis does not answer."""

import threading
from collections.abc import Callable
from typing import TypeVar

import structlog
from django.db import close_old_connections

from playground.core.failures import is_passing, reason_of

# Between two tries.
RETRY_SECONDS = 0.5

T = TypeVar("T")

log = structlog.get_logger(__name__)


def keep_trying(act: Callable[[], T], *, stopping: threading.Event | None = None) -> T | None:
    """What ``act`` returns, once the database and Redis let it; None if ``stopping`` is set first.

    An error that comes again is raised. Without ``stopping`` it waits without end: nobody else
    takes up what a worker holds that is alive.
    """
    stopping = stopping or threading.Event()
    while True:
        try:
            return act()
        except Exception as error:
            if not is_passing(error):
                raise
            log.warning("waiting_for_storage", error=reason_of(error))
            close_old_connections()
        if stopping.wait(RETRY_SECONDS):
            return None
