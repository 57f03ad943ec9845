"""Takes rings with Celery, from one queue, until the process is asked to stop."""

import logging
import signal
import threading
import warnings
from collections.abc import Callable
from types import FrameType

from celery import signals
from celery.exceptions import CPendingDeprecationWarning, SecurityWarning
from celery.worker import state as celery_state
from django.conf import settings
from django.db import connections

from playground.celery import make_celery
from playground.checkpoints.jobs import Job


def stop_on_signals() -> threading.Event:
    """The event that SIGTERM and SIGINT set, until Celery puts its own handlers in place."""
    stop = threading.Event()

    def handle(number: int, frame: FrameType | None) -> None:
        stop.set()
        # Celery looks at this as soon as it runs: no signal falls in between.
        celery_state.should_stop = 0

    signal.signal(signal.SIGTERM, handle)
    signal.signal(signal.SIGINT, handle)
    return stop


def take_rings(
    job: Job,
    queue: str,
    *,
    worker: str,
    slots: int,
    answer: Callable[[], None],
    on_listening: Callable[[], None],
    on_stopping: Callable[[], None],
) -> None:
    """Calls ``answer`` for each ring of ``queue``, on up to ``slots`` threads at a time.

    on_listening: called once Celery listens.
    on_stopping: called when the process is asked to stop; running threads continue.
    """
    app = make_celery()

    @app.task(name=job.name)
    def take_ring(_queue: str) -> None:
        """There may be work. Whose ring it is, is known: a process listens to one queue."""
        answer()

    def listening(**_: object) -> None:
        on_listening()

    def stopping(**_: object) -> None:
        on_stopping()

    signals.worker_ready.connect(listening, weak=False)
    signals.worker_shutting_down.connect(stopping, weak=False)
    # A receiver keeps Celery from raising the root logger's level: the settings' logging stays.
    signals.setup_logging.connect(_keep_logging, weak=False)
    # Celery warns of root because of pickles; JSON is all that we accept, and
    # in a container root is the usual user. It also warns, at each lost
    # connection, of a default for late acknowledgement, which we do not use.
    warnings.filterwarnings("ignore", category=SecurityWarning)
    warnings.filterwarnings("ignore", category=CPendingDeprecationWarning)
    # A fork-free pool shares this process, so its connections stay its own.
    connections.close_all()
    app.worker_main(
        [
            "--quiet",
            "worker",
            "--pool=threads",
            f"--concurrency={slots}",
            f"--queues={job.queue_name(queue)}",
            f"--hostname={worker}",
            "--without-gossip",
            "--without-mingle",
            "--without-heartbeat",
        ]
    )


def _keep_logging(**_: object) -> None:
    """Django has configured the logs. Celery's own say a line for each ring: only its troubles."""
    if settings.LOG_LEVEL != "DEBUG":
        logging.getLogger("celery").setLevel(logging.WARNING)
