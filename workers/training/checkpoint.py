"""A training run's state on disk, so that a stopped run can be resumed."""

from pathlib import Path

import torch

from workers.training.files import atomic_write
from workers.training.trainer import Trainer


def save_checkpoint(trainer: Trainer, path: Path) -> None:
    """Replace the checkpoint, never leaving half of one."""
    with atomic_write(path) as beside:
        torch.save(trainer.state(), beside)


def resume_from_checkpoint(trainer: Trainer, path: Path) -> None:
    """Go on from a checkpoint, if there is one."""
    if path.exists():
        # weights_only: the file may hold tensors and plain values, and nothing that runs.
        trainer.restore(torch.load(path, weights_only=True))
