"""Two processes of one training, started by the worker's own child through a launcher."""

import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from playground.core.processes import children_of
from tests.support.part import wait_until
from tests.training.tuning.jobs import end_of, make_job, record_of, steps_of, write_base
from workers.finetune.child import Child

SUPPORT = Path(__file__).parents[1] / "support"
ACCELERATE = (
    *(sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2"),
    *("--num_machines", "1", "--mixed_precision", "no", "--dynamo_backend", "no"),
    *("--main_process_port", "0"),
)
SRUN = (
    *(sys.executable, str(SUPPORT / "fake_srun.py"), "--ntasks", "2", "--kill-on-bad-exit=1"),
    sys.executable,
)
PATIENCE = 60.0
LEARNT = 20
"""Steps after which the tiny base ends its texts."""


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A job that would train for minutes."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    base = write_base(tmp_path / "base")
    return make_job(tmp_path / "job", base, epochs=5000, evaluate_every=5, patience=0, warmup=0)


def checkpoints_of(job: Path) -> list[int]:
    try:
        return [line["step"] for line in record_of(job) if line["kind"] == "checkpoint"]
    except (OSError, ValueError):
        # Not there yet, or a line is being written.
        return []


def start(job: Path, *, steps: int) -> Child:
    """A child that goes on after a checkpoint of at least so many steps."""
    child = Child(job, device="cpu")
    child.start()
    wait_until(
        lambda: (checkpoints_of(job) or [0])[-1] >= steps or child.poll() is not None,
        what="a checkpoint",
        timeout=PATIENCE,
    )
    assert child.poll() is None, (job / "output.log").read_text()
    return child


def wait_for(child: Child) -> int:
    wait_until(lambda: child.poll() is not None, what="the child's end", timeout=PATIENCE)
    status = child.poll()
    assert status is not None
    return status


def finish(job: Path, settings: Any) -> None:
    """Another life, of one process, which is to stop with the best so far."""
    settings.FINETUNE_LAUNCHER = ()
    (job / "control.json").write_text('{"stop": "keep_best"}')
    child = Child(job, device="cpu")
    child.start()
    assert wait_for(child) == 0, (job / "output.log").read_text()
    assert end_of(job)["status"] == "stopped", end_of(job)
    steps = [step for step, _ in steps_of(job)]
    assert steps == list(range(1, len(steps) + 1))


def trainers_of(job: Path) -> list[int]:
    """Processes of the two that train, however deep a launcher has put them."""
    found, looked_at = [], [os.getpid()]
    while looked_at:
        for child in children_of(looked_at.pop()):
            looked_at.append(child)
            arguments = Path(f"/proc/{child}/cmdline").read_text().split("\0")[:-1]
            # Those of launchers end alike, but are longer.
            if arguments[-2:] == ["workers.training.tuning", str(job)] and len(arguments) <= 5:
                found.append(child)
    return found


def number_of(process: int) -> str:
    environ = Path(f"/proc/{process}/environ").read_bytes().split(b"\0")
    values = dict(entry.split(b"=", 1) for entry in environ if b"=" in entry)
    return (values.get(b"RANK") or values[b"SLURM_PROCID"]).decode()


@pytest.mark.parametrize("launcher", [ACCELERATE, SRUN], ids=["accelerate", "srun"])
def test_two_processes_train_and_both_end_when_one_is_killed_or_they_hand_over(
    launcher: tuple[str, ...], job: Path, settings: Any
) -> None:
    settings.FINETUNE_LAUNCHER = launcher
    killed = start(job, steps=1)
    trainers = {number_of(process): process for process in trainers_of(job)}
    assert sorted(trainers) == ["0", "1"]
    assert "2 processes" in record_of(job)[0]["kernel"]

    os.kill(trainers["1"], signal.SIGKILL)

    assert wait_for(killed) not in (0, 75)
    assert trainers_of(job) == []
    saved = checkpoints_of(job)[-1]
    child = start(job, steps=max(saved + 1, LEARNT))
    assert f"Goes on from step {saved}." in [line.get("text") for line in record_of(job)]

    child.hand_over()

    # srun ends as its tasks did, or ends the slower one itself; accelerate has a way of its own.
    assert wait_for(child) in ((75, 128 + signal.SIGTERM) if launcher is SRUN else (1,))
    assert trainers_of(job) == []
    assert record_of(job)[-1]["kind"] == "checkpoint"
    finish(job, settings)
