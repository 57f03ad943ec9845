"""Waits for the embedded Valkey, which another process starts."""

import threading
from pathlib import Path

import structlog
from django.conf import settings

from playground.checkpoints.models import Worker
from playground.core.redis.valkey import answers
from playground.core.redis.valkey_server import explain_absence
from workers.process.row import WorkerRow

LOOK_SECONDS = 1.0

log = structlog.get_logger("workers")


def await_valkey(row: WorkerRow, stop: threading.Event) -> bool:
    """True once the embedded server answers, if there is to be one; False when told to stop.

    When its socket is not where this process looks for it, the row and the log say so.
    """
    socket_path: Path = settings.EMBEDDED_SOCKET
    if not settings.REDIS.embedded:
        return True
    shown = ""
    while not answers(socket_path):
        reason = explain_absence(settings.VAR_DIR, socket_path)
        if reason != shown:
            shown = reason
            row.show(Worker.State.NOT_READY, reason)
            log.error("valkey_not_found", reason=reason)
        if stop.wait(LOOK_SECONDS):
            return False
    return True
