"""The process of a worker that fine-tunes: be ready, take rings, wind down."""

import sys

import structlog
from django.db import DatabaseError

from playground.checkpoints.jobs import FINETUNE
from playground.checkpoints.models import Worker
from workers.finetune.chores import start_chores
from workers.finetune.job import serve_ring
from workers.finetune.training import Training
from workers.process.listening import stop_on_signals, take_rings
from workers.process.options import CannotStart, check_services, read_options
from workers.process.valkey import await_valkey

log = structlog.get_logger("workers")


def run_worker(arguments: list[str] | None = None) -> int:
    """Runs until told to stop. Returns the exit status, 0 for a clean end."""
    try:
        options = read_options(FINETUNE, arguments)
        check_services()
    except CannotStart as error:
        print(error, file=sys.stderr)
        return error.status
    stop = stop_on_signals()
    training = Training(options)
    row = training.row
    try:
        training.register()
    except DatabaseError as error:
        print(f"The database cannot be used: {error}. Check DATABASE_URL.", file=sys.stderr)
        return 1
    if not await_valkey(row, stop):
        row.show(Worker.State.STOPPED)
        return 0
    training.start_sweeps()
    start_chores(training)

    def show_ready() -> None:
        """Only from here on can a fine-tune be trained."""
        row.show(Worker.State.READY)
        log.info(
            "worker_ready", worker=options.name, model=options.spec.name, device=options.device
        )

    take_rings(
        FINETUNE,
        options.spec.name,
        worker=options.name,
        slots=options.slots,
        answer=lambda: serve_ring(training),
        on_listening=show_ready,
        # The job's own thread sees it, and has the child save a checkpoint.
        on_stopping=training.stopping.set,
    )
    row.show(Worker.State.STOPPED)
    return 0
