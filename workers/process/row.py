"""The row of a worker's process: the state that pages show, and the heartbeat that is its lease."""

import os
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from django.conf import settings
from django.db import close_old_connections

from playground.checkpoints.jobs import Job
from playground.checkpoints.models import Worker
from playground.checkpoints.services import worker_beat, worker_forget, worker_register
from playground.core.failures import reason_of

EXIT_NAME_TAKEN = 71

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How busy a worker is. live: runs now; tokens_per_second: all of them together.

    memory_total, memory_free: bytes of its device, where it says so.
    """

    live: int = 0
    tokens_per_second: float | None = None
    memory_total: int | None = None
    memory_free: int | None = None


class WorkerRow:
    """This process's row, for as long as no other process takes its name.

    measure_load: called with each heartbeat.
    """

    def __init__(
        self,
        *,
        name: str,
        job: Job,
        model: str,
        device: str,
        slots: int,
        measure_load: Callable[[], Load],
    ) -> None:
        self.name = name
        self.state = Worker.State.LOADING
        self.detail = ""
        self.reason = ""
        self._job = job
        self._model = model
        self._device = device
        self._slots = slots
        self._measure_load = measure_load
        self._incarnation = uuid.uuid4()
        self._pause = threading.Event()
        # One at a time: a beat that began earlier would write an older state over a newer one.
        self._writing = threading.Lock()

    def register(self) -> None:
        """Takes the row and begins to renew its lease. Raises `DatabaseError`."""
        self._incarnation = worker_register(
            name=self.name,
            job=self._job,
            model=self._model,
            device=self._device,
            slots=self._slots,
        )
        worker_forget()
        threading.Thread(target=self._beat_for_ever, name="heartbeat", daemon=True).start()

    def show(self, state: Worker.State, detail: str = "", *, reason: str = "") -> None:
        """Changes the state that pages show, at once. ``reason`` is an error's code."""
        with self._writing:
            self.state, self.detail, self.reason = state, detail, reason
            self._beat()

    def _beat_for_ever(self) -> None:
        while not self._pause.wait(settings.HEARTBEAT_SECONDS):
            with self._writing:
                self._beat()

    def _beat(self) -> None:
        """Renews the lease. Ends the process when another one has taken its name."""
        try:
            load = self._measure_load()
            is_ours = worker_beat(
                name=self.name,
                incarnation=self._incarnation,
                state=self.state,
                detail=self.detail,
                reason=self.reason,
                live=load.live,
                tokens_per_second=load.tokens_per_second,
                memory_total=load.memory_total,
                memory_free=load.memory_free,
            )
        # Whatever it is, the thread must not end: the lease of all work is renewed here.
        except Exception as error:
            # The lease expires if this continues; its runs are fenced off, not lost.
            log.warning("heartbeat_failed", error=reason_of(error))
            return
        finally:
            close_old_connections()
        if not is_ours:
            log.error("name_taken", worker=self.name)
            os._exit(EXIT_NAME_TAKEN)
