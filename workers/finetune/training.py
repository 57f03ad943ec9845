"""What a worker that fine-tunes holds: its row, the job of now, the sweep."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
from django.conf import settings
from django.db import close_old_connections

from playground.checkpoints.jobs import FINETUNE
from playground.core.failures import is_full_disk, is_passing, reason_of, warn_once
from playground.finetunes.exporting.files import export_folders_sweep
from playground.finetunes.exporting.leases import exports_sweep, worker_exports_release
from playground.finetunes.folders import folders_sweep
from playground.finetunes.leases import sweep, worker_finetunes_release
from playground.finetunes.record import AttemptStale
from workers.finetune.device_memory import DeviceMemory
from workers.process.options import Options
from workers.process.row import Load, WorkerRow

# Between two looks for folders that nobody needs.
FOLDERS_SECONDS = 600.0
# Between two tries while the database, or the disk, does not take what is to be kept.
RETRY_SECONDS = 2.0

log = structlog.get_logger("workers")


class Training:
    """One base on one device, for as long as the process lives. It does one job at a time."""

    def __init__(self, options: Options) -> None:
        self.name = options.name
        self.spec = options.spec
        self.device = options.device
        # One job at a time is trained there, of all workers.
        self.place = f"{options.device}@{socket.gethostname()}"
        self.row = WorkerRow(
            name=options.name,
            job=FINETUNE,
            model=options.spec.name,
            device=options.device,
            slots=options.slots,
            measure_load=self.load,
        )
        self.stopping = threading.Event()
        self.is_busy = False
        self.speed: float | None = None
        # While nothing was trained.
        self.memory = DeviceMemory()

    def load(self) -> Load:
        """What the heartbeat says."""
        return Load(
            live=int(self.is_busy),
            tokens_per_second=self.speed,
            memory_total=self.memory.total,
            memory_free=self.memory.free,
        )

    @contextmanager
    def busy(self) -> Iterator[None]:
        """While something is trained or made."""
        self.is_busy = True
        try:
            yield
        finally:
            self.is_busy, self.speed = False, None

    def keep_trying(self, act: Callable[[], object]) -> None:
        """Waits while the database does not answer, or the disk has no room for what is done.

        Raises `AttemptStale` when the process is to end: whoever takes over finds the files.
        """
        while True:
            try:
                act()
            except Exception as error:
                if not (is_passing(error) or is_full_disk(error)):
                    raise
                log.warning("not_stored", worker=self.name, error=reason_of(error))
                close_old_connections()
            else:
                return
            if self.stopping.wait(RETRY_SECONDS):
                raise AttemptStale

    def register(self) -> None:
        """Takes the worker's row, and releases what its former self held."""
        self.row.register()
        worker_finetunes_release(worker=self.name)
        worker_exports_release(worker=self.name)

    def start_sweeps(self) -> None:
        threading.Thread(target=self._sweeps, name="sweep", daemon=True).start()

    def _sweeps(self) -> None:
        folders_at = 0.0
        while not self.stopping.is_set():
            try:
                what = {"base": self.spec.name, "worker": self.name}
                sweep(**what, is_free=not self.is_busy)
                exports_sweep(**what, is_free=not self.is_busy)
                if time.monotonic() >= folders_at:
                    folders_sweep()
                    export_folders_sweep()
                    folders_at = time.monotonic() + FOLDERS_SECONDS
            except Exception as error:
                if is_passing(error):
                    log.warning("sweep_failed", error=reason_of(error))
                else:
                    warn_once("sweep_failed", row=self.name, error=error)
            finally:
                close_old_connections()
            self.stopping.wait(settings.SWEEP_SECONDS)
