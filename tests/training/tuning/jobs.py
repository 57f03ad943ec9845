"""A base so small that it trains in a second, folders of jobs, and processes that train them."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.starts import ROOT
from tools.random_checkpoint import RandomCheckpoint, write
from workers.engine.checkpoint.spec import ModelConfig

CONFIG = ModelConfig(
    vocab_size=264,
    n_positions=128,
    n_embd=32,
    n_layer=2,
    n_head=2,
    rotary_dim=8,
    layer_norm_epsilon=1e-5,
)
ANSWERS = {"apple": " red", "leaf": " green", "sky": " blue"}


def write_base(folder: Path, *, dtype: str = "float32", shard_bytes: int = 2 * 10**9) -> Path:
    """Random weights, sharp enough that an adapter can choose a token."""
    checkpoint = RandomCheckpoint(CONFIG, dtype=dtype, seed=3, spread=0.3, shard_bytes=shard_bytes)
    write(checkpoint, folder)
    return folder


def make_rows(count: int) -> list[dict[str, Any]]:
    """Rows of different lengths, each with an answer that its prompt gives away."""
    things = list(ANSWERS)
    rows = []
    for number in range(1, count + 1):
        thing = things[number % 3]
        prompt = f"{'the ' * (number % 5)}{thing}?"
        row = {"row": number, "line": number, "prompt": prompt, "completion": ANSWERS[thing]}
        rows.append(row)
    return rows


def write_rows(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")


def make_job(
    folder: Path, base: Path, *, train: int = 20, held_out: int = 4, **options: Any
) -> Path:
    """A job of a few steps that saves after each of them."""
    folder.mkdir(parents=True)
    rows = make_rows(train + held_out)
    write_rows(folder / "train.jsonl", rows[:train])
    write_rows(folder / "held_out.jsonl", rows[train:])
    job = {
        "format": 1,
        "base": str(base),
        "rank": 4,
        "rate": 0.02,
        "epochs": 4,
        "batch": 8,
        "evaluate_every": 3,
        "save_seconds": 1e-6,
        "nice": 0,
        "task": "classification",
        "dataset_sha256": "of the file",
        **options,
    }
    (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
    return folder


def change_job(folder: Path, **options: Any) -> None:
    path = folder / "job.json"
    job = json.loads(path.read_text(encoding="utf-8")) | options
    changed = path.with_name("job.json.changed")
    changed.write_text(json.dumps(job), encoding="utf-8")
    # Whoever reads it meanwhile has the whole of one or the other.
    changed.replace(path)


def record_of(folder: Path) -> list[dict[str, Any]]:
    """The lines of a job's record; fails where their numbers have a gap or a double."""
    text = (folder / "record.jsonl").read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    assert [line["n"] for line in lines] == list(range(1, len(lines) + 1))
    return lines


def steps_of(folder: Path) -> list[tuple[int, float]]:
    return [(line["step"], line["loss"]) for line in record_of(folder) if line["kind"] == "step"]


def end_of(folder: Path) -> dict[str, Any]:
    last = record_of(folder)[-1]
    assert last["kind"] == "end", last
    return last


def learnt_by(folder: Path) -> bytes:
    return (folder / "result" / "adapter" / "adapter_model.safetensors").read_bytes()


class Trainers:
    """A process that has imported everything and divides itself for each attempt at a job."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.training.tuning.attempts"],
            cwd=ROOT,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def attempt(self, folder: Path, **fault: Any) -> int:
        """The exit status, or minus the signal, of one attempt; see ``attempts.py`` for faults."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps({"folder": str(folder), **fault}) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def finish(self, folder: Path) -> int:
        """Attempts until one ends by itself; how many it took."""
        for number in range(1, 4):
            if self.attempt(folder) == 0:
                return number
        raise AssertionError(record_of(folder)[-3:])

    def close(self) -> None:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._process.stdout.close()


@contextmanager
def trainers() -> Iterator[Trainers]:
    process = Trainers()
    try:
        yield process
    finally:
        process.close()


KILLED = -signal.SIGKILL
