"""Attempts at a fine-tune as a worker makes them, with a real child process."""

import os
import threading
from collections.abc import Callable

from django.db import connections

from playground.finetunes.folders import job_folder
from playground.finetunes.leases import finetune_claim
from playground.finetunes.models import FineTune
from tests.support.part import wait_until
from workers.finetune.job import train_to_end
from workers.finetune.training import Training


def attempt(training: Training) -> None:
    """Claims what waits and trains it until it has ended or is given back."""
    finetune = finetune_claim(worker="w", place=training.place, base="tiny")
    assert finetune is not None
    train_to_end(training, finetune)


class Attempt(threading.Thread):
    """The same in a thread of its own, for as long as the test does something meanwhile."""

    def __init__(self, training: Training, act: Callable[[Training], object] = attempt) -> None:
        super().__init__()
        self._training = training
        self._act = act
        self.start()

    def run(self) -> None:
        try:
            self._act(self._training)
        finally:
            connections.close_all()


def waiting_at(finetune: FineTune, step: int) -> None:
    wait_until(
        lambda: finetune.events.filter(kind="step", step=step - 1).exists(),
        what=f"step {step - 1}",
    )


def lives(finetune: FineTune) -> list[int]:
    return [int(pid) for pid in (job_folder(finetune.pk) / "lives").read_text().split()]


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
