"""What a worker does beside its job, each in a thread of its own: servers and drivers are slow.

A message is due whatever the worker trains; memory is measured while it trains nothing.
"""

import threading
from collections.abc import Callable

import structlog
from django.conf import settings
from django.db import close_old_connections

from playground.core.failures import is_passing, reason_of, warn_once
from playground.finetunes.mails import mails_send
from workers.finetune.device_memory import measure_memory
from workers.finetune.training import Training

# Between two looks at the memory of the device.
MEMORY_SECONDS = 15.0

log = structlog.get_logger("workers")


def start_chores(training: Training) -> None:
    """Begins them, for as long as the worker is not told to stop."""
    for name, do, pause in (
        ("mail", send_mails, settings.SWEEP_SECONDS),
        ("memory", note_memory, MEMORY_SECONDS),
    ):
        threading.Thread(
            target=_repeat, args=(training, name, do, pause), name=name, daemon=True
        ).start()


def send_mails(training: Training) -> None:
    """The messages that are due, of whichever worker's fine-tunes."""
    mails_send(wait=training.stopping.wait)


def note_memory(training: Training) -> None:
    """What the device has, and what is free while nothing is trained."""
    if training.is_busy:
        return
    memory = measure_memory(training.device)
    # A job that began meanwhile took some of it.
    if not training.is_busy:
        training.memory = memory


def _repeat(training: Training, name: str, do: Callable[[Training], object], pause: float) -> None:
    while not training.stopping.is_set():
        try:
            do(training)
        except Exception as error:
            if is_passing(error):
                log.warning(f"{name}_failed", error=reason_of(error))
            else:
                warn_once(f"{name}_failed", row=training.name, error=error)
        finally:
            close_old_connections()
        training.stopping.wait(pause)
