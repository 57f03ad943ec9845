"""Two processes of a launcher learn what one learns."""

import os
import subprocess
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file

from tests.support.starts import ROOT
from tests.training.tuning.jobs import Trainers, end_of, make_job, record_of, steps_of

ADAPTER = Path("result", "adapter", "adapter_model.safetensors")


def launch(folder: Path) -> subprocess.CompletedProcess[str]:
    """As docs/finetuning.md says, two processes over gloo."""
    launcher = ["-m", "accelerate.commands.launch", "--cpu", "--num_processes", "2"]
    launcher += ["--num_machines", "1", "--mixed_precision", "no", "--dynamo_backend", "no"]
    return subprocess.run(
        [sys.executable, *launcher, "--module", "workers.training.tuning", str(folder)],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1", "MASTER_PORT": "0"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_two_processes_give_the_weights_of_one(
    tmp_path: Path, base_folder: Path, child: Trainers
) -> None:
    options = {"micro_batch": 2, "evaluate_every": 3}
    alone = make_job(tmp_path / "alone", base_folder, **options)
    together = make_job(tmp_path / "together", base_folder, **options)
    assert child.attempt(alone) == 0

    done = launch(together)

    assert done.returncode == 0, done.stderr
    assert end_of(together)["status"] == end_of(alone)["status"] == "succeeded"
    assert len(record_of(together)) == len(record_of(alone))
    for (step, loss), (other, expected) in zip(steps_of(together), steps_of(alone), strict=True):
        assert step == other
        assert abs(loss - expected) < 1e-3
    ours, theirs = load_file(together / ADAPTER), load_file(alone / ADAPTER)
    for name, tensor in theirs.items():
        torch.testing.assert_close(ours[name], tensor, atol=1e-4, rtol=1e-3)
