"""The row of a worker's process: what pages show is the last state that it was told to show."""

import threading
from typing import Any

import pytest

from playground.checkpoints.jobs import GENERATE
from playground.checkpoints.models import Worker
from workers.process import row as module
from workers.process.row import Load, WorkerRow


def test_a_slow_heartbeat_does_not_write_an_older_state_over_a_newer_one(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.HEARTBEAT_SECONDS = 0.001
    stored: list[tuple[str, str]] = []
    beats, resume = threading.Event(), threading.Event()
    both = threading.Semaphore(0)

    def store(*, state: str, detail: str, **_rest: object) -> bool:
        if threading.current_thread().name == "heartbeat":
            beats.set()
            resume.wait()
        stored.append((state, detail))
        both.release()
        return True

    monkeypatch.setattr(module, "worker_register", lambda **_: None)
    monkeypatch.setattr(module, "worker_forget", lambda: None)
    monkeypatch.setattr(module, "worker_beat", store)
    row = WorkerRow(name="w", job=GENERATE, model="m", device="cpu", slots=1, measure_load=Load)
    row.register()
    assert beats.wait(10)

    shows = threading.Thread(target=row.show, args=(Worker.State.NOT_READY, "no weights"))
    shows.start()
    # Without the row's lock it ends here; with it, it waits for the heartbeat.
    shows.join(timeout=0.2)
    settings.HEARTBEAT_SECONDS = 1_000
    resume.set()
    shows.join(timeout=10)

    assert both.acquire(timeout=10)
    assert both.acquire(timeout=10)
    assert stored[-1] == (Worker.State.NOT_READY, "no weights")
