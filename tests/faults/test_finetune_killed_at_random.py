"""A fine-tune whose trainer, worker or both are killed in a checkpoint and at random moments: what
it learns, and the record on its page, are those of a training that nothing disturbed."""

import html
import json
import os
import random
import re
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.faults.finetuning import (
    PATIENCE,
    child_of,
    delete_finetune,
    end_tuner,
    folder_of_finetune,
    id_of_finetune,
    paste_dataset,
    start_finetune,
    start_tuner,
    steps_without_gap_or_double,
    wait_for_end,
    wait_until_dead,
)
from tests.support.part import wait_until
from tests.support.stack import Stack
from tests.support.starts import ROOT
from tests.support.visitor import Visitor
from tests.training.tuning.jobs import change_job, learnt_by, steps_of

KILLS = 5
BATCH, EPOCHS, STEPS_OF_AN_EPOCH = 16, 20, 12
STEPS = EPOCHS * STEPS_OF_AN_EPOCH
# Together less than all steps, however fast the machine is.
STEPS_OF_A_LIFE = STEPS // (2 * KILLS)
# Between two checkpoints.
INTERVAL_SECONDS = 0.15
# Longer than a step or a checkpoint.
MOMENT_SECONDS = 0.04


@pytest.fixture(autouse=True)
def no_tuner_stays(stack: Stack) -> Iterator[None]:
    yield
    end_tuner(stack)


@pytest.fixture
def rng() -> random.Random:
    seed = secrets.randbelow(10**6)
    print(f"The moments are those of seed {seed}.")
    return random.Random(seed)


class Life:
    """One life of a fine-tune's trainer, and what it and those before it wrote."""

    def __init__(self, stack: Stack, *, after: int = 0) -> None:
        """after: the process of the life before."""
        self._stack = stack
        self.folder = folder_of_finetune(stack)
        self.trainer = child_of(stack.parts["tuner"].pid, after=after)

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The whole lines of the record."""
        try:
            text = (self.folder / "record.jsonl").read_bytes()
        except FileNotFoundError:
            return []
        return [json.loads(line) for line in text.split(b"\n")[:-1]]

    @property
    def steps(self) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["kind"] == "step"]

    @property
    def checkpoint(self) -> int:
        """The step of the newest one; a folder has this name only when it is whole."""
        found = (self.folder / "checkpoints").glob("step-*")
        return max((int(path.name.removeprefix("step-")) for path in found), default=0)

    @property
    def goes_on_from(self) -> int:
        """The step of the checkpoint that it began with, 0 for none."""
        texts = [line["text"] for line in self.lines if line.get("code") == "resumed"]
        return int(texts[-1].removeprefix("Goes on from step ").rstrip(".")) if texts else 0

    @property
    def is_saving(self) -> bool:
        return any((self.folder / "checkpoints").glob(".new-*"))

    def wait_for_step(self, step: int) -> None:
        wait_until(
            lambda: len(self.steps) >= step, what=f"step {step}", timeout=PATIENCE, every=0.005
        )

    def wait_in_a_checkpoint(self) -> None:
        """Until the trainer stands still in one; it ends with its worker all the same."""
        while True:
            wait_until(lambda: self.is_saving, what="a checkpoint", timeout=PATIENCE, every=0.001)
            os.kill(self.trainer, signal.SIGSTOP)
            wait_until(lambda: state_of(self.trainer) == "T", what="the trainer's halt")
            if self.is_saving:
                return
            os.kill(self.trainer, signal.SIGCONT)

    def kill(self, victims: str) -> None:
        """The trainer, the worker, whose trainer ends with it, or both."""
        if victims != "worker":
            os.kill(self.trainer, signal.SIGKILL)
        if victims != "trainer":
            self._stack.kill("tuner")
        wait_until_dead(self.trainer)


def state_of(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().split()[2]


def wait_a_moment(seconds: float) -> None:
    end = time.monotonic() + seconds
    wait_until(lambda: time.monotonic() >= end, what="a moment", every=0)


def next_life(stack: Stack, killed: Life) -> Life:
    """The one after ``killed``, once it has computed a step.

    It goes on from the newest checkpoint, and what is computed again is one interval at most. A
    dead worker is started again, as the supervisor does; a worker starts its trainer itself.
    """
    left, checkpoint = killed.lines, killed.checkpoint
    lost = [line["seconds"] for line in killed.steps if line["step"] > checkpoint]
    # A checkpoint is made after the step in which the interval ends: that step may be lost too.
    assert all(seconds - lost[0] <= INTERVAL_SECONDS for seconds in lost[:-1])

    if not stack.parts.get("tuner"):
        start_tuner(stack)
    life = Life(stack, after=killed.trainer)
    wait_until(lambda: life.lines != left, what="another life", timeout=PATIENCE)
    life.wait_for_step(checkpoint + 1)
    assert life.goes_on_from == checkpoint
    return life


@contextmanager
def undisturbed_trainings(
    stack: Stack, job: Path, folder: Path
) -> Iterator[dict[int, tuple[Path, subprocess.Popen[bytes]]]]:
    """The same job with one thread and with two, each trained at a stretch meanwhile."""
    started: dict[int, tuple[Path, subprocess.Popen[bytes]]] = {}
    try:
        for threads in (1, 2):
            copy = folder / f"threads-{threads}"
            copy.mkdir()
            for name in ("job.json", "train.jsonl", "held_out.jsonl"):
                shutil.copy(job / name, copy / name)
            change_job(copy, threads=threads, save_seconds=60)
            command = [sys.executable, "-m", "workers.training.tuning", str(copy)]
            started[threads] = (copy, subprocess.Popen(command, cwd=ROOT, env=stack.env))
        yield started
    finally:
        for _, process in started.values():
            process.kill()
            process.wait()


def learnt_on_the_stack(stack: Stack) -> bytes:
    (adapter,) = stack.query(
        "SELECT a.folder FROM checkpoints_adapter a "
        "JOIN finetunes_finetune f ON f.adapter_id = a.id"
    )
    folder = stack.var_dir / "adapters" / adapter["folder"]
    return (folder / "adapter_model.safetensors").read_bytes()


def steps_of_chart(page: str) -> list[int]:
    chart = re.search(r'data-chart="([^"]*)"', page)
    assert chart
    return [step for step, *_ in json.loads(html.unescape(chart[1]))["points"]]


def test_it_ends_as_if_nothing_had_happened(
    stack: Stack,
    visitor: Visitor,
    rng: random.Random,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # A life may be too short for a checkpoint, and so may the two after it.
    monkeypatch.setitem(stack.env, "MAX_ATTEMPTS", "100")
    version = paste_dataset(stack, visitor, "Moods until the end")
    start_finetune(visitor, version, epochs=EPOCHS, batch=BATCH)

    # The worker is killed as soon as it has begun.
    start_tuner(stack)
    life = Life(stack)
    life.kill("worker")
    # Short jobs save every two seconds. Each life has other threads than the one before.
    change_job(life.folder, save_seconds=INTERVAL_SECONDS)

    with undisturbed_trainings(stack, life.folder, tmp_path) as undisturbed:
        for victims in ("worker", "both"):
            life = next_life(stack, life)
            life.wait_in_a_checkpoint()
            life.kill(victims)
            assert life.is_saving

        for kill in range(KILLS):
            change_job(life.folder, threads=1 + kill % 2)
            life = next_life(stack, life)
            life.wait_for_step(life.checkpoint + rng.randrange(STEPS_OF_A_LIFE))
            wait_a_moment(rng.uniform(0, MOMENT_SECONDS))
            life.kill(rng.choice(["trainer", "worker", "both"]))
        next_life(stack, life)

        final = wait_for_end(stack)
        assert (final["status"], final["attempt"]) == ("succeeded", KILLS + 4), final
        steps = steps_without_gap_or_double(stack)
        learnt = learnt_on_the_stack(stack)
        assert [step["step"] for step in steps] == list(range(1, STEPS + 1))
        page = visitor.get(f"/finetunes/{id_of_finetune(stack)}/").text
        assert steps_of_chart(page) == [step["step"] for step in steps]
        for folder, process in undisturbed.values():
            assert process.wait(timeout=PATIENCE) == 0
            assert [(step["step"], json.loads(step["data"])["loss"]) for step in steps] == steps_of(
                folder
            )
            assert learnt == learnt_by(folder)
    delete_finetune(stack, visitor)
