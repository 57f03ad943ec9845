"""The process of a generate worker: load, be ready, take rings, wind down."""

import sys
import threading

import structlog
from django.conf import settings
from django.db import DatabaseError

from playground.checkpoints.jobs import GENERATE
from playground.checkpoints.models import Worker
from workers.generate.loading import load_until_ready
from workers.generate.run import serve_ring
from workers.generate.serving import Serving
from workers.process.listening import stop_on_signals, take_rings
from workers.process.options import CannotStart, check_services, read_options
from workers.process.valkey import await_valkey

log = structlog.get_logger("workers")


def run_worker(arguments: list[str] | None = None) -> int:
    """Runs until told to stop. Returns the exit status, 0 for a clean end."""
    try:
        options = read_options(GENERATE, arguments)
        check_services()
    except CannotStart as error:
        print(error, file=sys.stderr)
        return error.status
    stop = stop_on_signals()
    serving = Serving(options)
    row = serving.row
    try:
        serving.register()
    except DatabaseError as error:
        print(f"The database cannot be used: {error}. Check DATABASE_URL.", file=sys.stderr)
        return 1
    engine = load_until_ready(row, options, stop) if await_valkey(row, stop) else None
    if engine is None:
        row.show(Worker.State.STOPPED)
        return 0
    serving.serve(engine)

    def show_ready() -> None:
        """Only from here on can a run be served."""
        row.show(Worker.State.READY)
        log.info(
            "worker_ready", worker=options.name, model=options.spec.name, device=options.device
        )

    def wind_down() -> None:
        """Stops claiming; what does not finish in time goes back to the queue."""
        serving.stopping.set()
        hand_over = threading.Timer(settings.SHUTDOWN_GRACE_SECONDS, serving.hand_over)
        # A worker with nothing left to hand over need not wait for it.
        hand_over.daemon = True
        hand_over.start()

    take_rings(
        GENERATE,
        options.spec.name,
        worker=options.name,
        slots=options.slots,
        answer=lambda: serve_ring(serving),
        on_listening=show_ready,
        on_stopping=wind_down,
    )
    serving.publisher.stop(timeout=2.0)
    row.show(Worker.State.STOPPED)
    return 0
