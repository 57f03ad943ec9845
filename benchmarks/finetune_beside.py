"""Generation on a CPU while a job trains on it, against the same generation alone.

The demo model generates in this process with all cores, as a worker does; the job is the child
process that the worker starts, with as many threads and as low a priority. Between the turns the
job is halted (SIGSTOP), so that both are measured on the same machine minute by minute.
"""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.adapters import tokens_per_second
from benchmarks.engine_report import Report, Target, spread
from benchmarks.tuned import DATASETS, make_job
from workers.engine.checkpoint.spec import CheckpointSpec
from workers.engine.engine import Engine

ROOT = Path(__file__).resolve().parent.parent
DEMO = ROOT / "models" / "demo"
STREAMS = (1, 4)
TURNS = 7
TOKENS = 256
SHARE = 0.5
# Enough to outlast the turns.
EPOCHS = 500.0
START_SECONDS = 120.0


def measure(report: Report, folder: Path) -> None:
    """The table, and a target for each number of streams."""
    engine = Engine.load(CheckpointSpec(DEMO), max_batch=16, cache_bytes=1 << 30)
    job = folder / "beside"
    threads = max((os.cpu_count() or 1) // 2, 1)
    make_job(DATASETS[0], job, {"epochs": EPOCHS, "patience": 0, "threads": threads})
    with training(job) as trainer:
        for streams in STREAMS:
            alone: list[float] = []
            beside: list[float] = []
            for turn in range(TURNS):
                for is_beside in (False, True) if turn % 2 else (True, False):
                    trainer.send_signal(signal.SIGCONT if is_beside else signal.SIGSTOP)
                    speed = tokens_per_second(engine, [None] * streams, TOKENS, turn)
                    (beside if is_beside else alone).append(speed)
            shares = [one / other for one, other in zip(beside, alone, strict=True)]
            report.table(
                (f"generation, {streams} at once", "tokens/s"),
                [
                    ("alone", spread(alone)),
                    ("beside a job", spread(beside)),
                    ("share", spread(shares, 3)),
                ],
            )
            name = f"generation beside a job, {streams} at once, against alone"
            report.targets.append(Target(name, statistics.median(shares), SHARE, "ratio"))
        trainer.send_signal(signal.SIGCONT)
        if trainer.poll() is not None:
            raise RuntimeError("The job ended before the measurement did.")


@contextmanager
def training(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The job of ``folder``, from its first step on; killed at the end."""
    command = [sys.executable, "-m", "workers.training.tuning", str(folder)]
    trainer = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + START_SECONDS
        while not _has_stepped(folder):
            if trainer.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("The job does not train.")
            time.sleep(0.2)
        yield trainer
    finally:
        trainer.kill()
        trainer.wait()


def _has_stepped(folder: Path) -> bool:
    try:
        lines = (folder / "record.jsonl").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return False
    return any(json.loads(line)["kind"] == "step" for line in lines[:-1])
