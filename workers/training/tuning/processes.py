"""Several processes that train together, started by a launcher such as ``accelerate launch``.

Each computes its share of a step's batches; sums of gradients make it one step. The first one
decides, writes and evaluates; the others do as it does.
"""

import os
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from workers.training.trainer import Alone
from workers.training.tuning.errors import LibraryMissing


class Together:
    """The processes of a launcher, over accelerate."""

    def __init__(self, *, cpu: bool) -> None:
        try:
            from accelerate import Accelerator
        except ImportError as error:
            raise LibraryMissing(
                "Several processes need the package accelerate, which is not installed. Install "
                "it, or start one process."
            ) from error
        self._accelerator = Accelerator(cpu=cpu)
        self.number: int = self._accelerator.process_index
        self.count: int = self._accelerator.num_processes
        self.device: torch.device = self._accelerator.device

    def share(self, batches: Sequence[Any]) -> Sequence[tuple[int, Any]]:
        """Every batch whose number is this process's, counted round."""
        return list(enumerate(batches))[self.number :: self.count]

    def add(self, tensors: Sequence[Tensor]) -> None:
        """Replace each tensor with its sum over the processes."""
        for dtype in dict.fromkeys(tensor.dtype for tensor in tensors):
            alike = [tensor for tensor in tensors if tensor.dtype == dtype]
            flat = torch.cat([tensor.flatten().to(self.device) for tensor in alike])
            summed = self._accelerator.reduce(flat, "sum")
            parts = summed.split([tensor.numel() for tensor in alike])
            for tensor, part in zip(alike, parts, strict=True):
                tensor.copy_(part.view_as(tensor))

    def first_says(self, numbers: Sequence[float]) -> list[float]:
        """What the first process says, for all."""
        said = torch.tensor(numbers if self.number == 0 else [0.0] * len(numbers))
        self.add([said])
        return [float(number) for number in said]

    def close(self) -> None:
        """Part from the others."""
        self._accelerator.end_training()
        torch.distributed.destroy_process_group()


class Single(Alone):
    """One process, which says to itself what to do."""

    number, count = 0, 1

    def __init__(self, device: torch.device) -> None:
        self.device = device

    def first_says(self, numbers: Sequence[float]) -> list[float]:
        """The same numbers."""
        return list(numbers)

    def close(self) -> None:
        """There is nobody to part from."""


def join_processes() -> Together | Single:
    """What a launcher started; the only process where none did."""
    cpu = not torch.cuda.is_available()
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        return Together(cpu=cpu)
    return Single(torch.device("cpu" if cpu else "cuda"))
