"""The process that examines datasets: be ready, take rings, sweep, wind down."""

import os
import sys
import threading
import time

import structlog
from django.conf import settings
from django.db import DatabaseError, close_old_connections

from playground.checkpoints.jobs import CHECK, CHECK_QUEUE
from playground.checkpoints.models import Worker
from playground.core.failures import is_passing, reason_of, warn_once
from playground.datasets import files
from playground.datasets.leases import sweep, version_claim, worker_versions_release
from playground.datasets.services import is_file_named
from playground.datasets.uploads.parts import uploads_sweep
from workers.check.examination import Examining, examine_version
from workers.process.listening import stop_on_signals, take_rings
from workers.process.options import (
    CannotStart,
    SiteOptions,
    check_services,
    read_site_options,
)
from workers.process.row import Load, WorkerRow
from workers.process.valkey import await_valkey

# Small datasets need not wait for a large one.
SLOTS = 2
# Between two looks at uploads and files that nobody wants any more. Seconds.
TIDY_SECONDS = 300.0
# A file that no row names may be about to get one. Seconds.
ORPHAN_SECONDS = 3600.0

log = structlog.get_logger("workers")


class Checking:
    """What the process holds: its row, and the versions that it examines now."""

    def __init__(self, options: SiteOptions) -> None:
        self.name = options.name
        self.slots = options.slots
        self.stopping = threading.Event()
        self.live: set[Examining] = set()
        self.row = WorkerRow(
            name=options.name,
            job=CHECK,
            model="",
            device="cpu",
            slots=options.slots,
            measure_load=lambda: Load(live=len(self.live)),
        )

    def serve_ring(self) -> None:
        """Claims and examines until nothing waits. The ring said only that something may."""
        while not self.stopping.is_set():
            version = version_claim(worker=self.name)
            if version is None:
                return
            examining = Examining(version)
            self.live.add(examining)
            try:
                examine_version(examining)
            finally:
                self.live.discard(examining)

    def sweep_for_ever(self) -> None:
        """Puts right what a crash or a lost message left, until the process stops."""
        tidy_at = 0.0
        while not self.stopping.is_set():
            try:
                sweep(free_slots=self.slots - len(self.live))
                if time.monotonic() >= tidy_at:
                    tidy_at = time.monotonic() + TIDY_SECONDS
                    tidy()
            except Exception as error:
                if is_passing(error):
                    log.warning("sweep_failed", error=reason_of(error))
                else:
                    warn_once("sweep_failed", row=self.name, error=error)
            finally:
                close_old_connections()
            self.stopping.wait(settings.SWEEP_SECONDS)

    def hand_over(self) -> None:
        """Gives what is not finished back to the queue, where it begins again; then ends."""
        try:
            for examining in list(self.live):
                examining.give_back()
        except Exception as error:
            # The lease gives back what is left.
            log.warning("release_failed", worker=self.name, error=reason_of(error))
        if self.live:
            self.row.show(Worker.State.STOPPED)
            # A thread in the middle of a large file cannot be told to stop.
            os._exit(0)


def tidy() -> None:
    """Removes uploads that are over, and files that a crash left without a row."""
    uploads_sweep()
    files.remove_orphans(older_than=time.time() - ORPHAN_SECONDS, is_named=is_file_named)


def run_worker(arguments: list[str] | None = None) -> int:
    """Runs until told to stop. Returns the exit status, 0 for a clean end."""
    try:
        options = read_site_options(CHECK, arguments, slots=SLOTS)
        check_services()
    except CannotStart as error:
        print(error, file=sys.stderr)
        return error.status
    stop = stop_on_signals()
    checking = Checking(options)
    row = checking.row
    try:
        row.register()
        worker_versions_release(worker=checking.name)
    except DatabaseError as error:
        print(f"The database cannot be used: {error}. Check DATABASE_URL.", file=sys.stderr)
        return 1
    if not await_valkey(row, stop):
        row.show(Worker.State.STOPPED)
        return 0

    def show_ready() -> None:
        row.show(Worker.State.READY)
        threading.Thread(target=checking.sweep_for_ever, name="sweep", daemon=True).start()
        log.info("worker_ready", worker=options.name, job=CHECK.name)

    def wind_down() -> None:
        checking.stopping.set()
        hand_over = threading.Timer(settings.SHUTDOWN_GRACE_SECONDS, checking.hand_over)
        hand_over.daemon = True
        hand_over.start()

    take_rings(
        CHECK,
        CHECK_QUEUE,
        worker=options.name,
        slots=options.slots,
        answer=checking.serve_ring,
        on_listening=show_ready,
        on_stopping=wind_down,
    )
    row.show(Worker.State.STOPPED)
    return 0
