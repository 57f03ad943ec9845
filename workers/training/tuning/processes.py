"""Several processes that train together, started by accelerate, torchrun or srun.

Each computes its share of a step's batches; sums of gradients make it one step. The first one
decides, writes and evaluates; the others do as it does.
"""

import os
import re
from collections.abc import MutableMapping, Sequence
from typing import Any

import torch
from torch import Tensor

from workers.training.trainer import Alone
from workers.training.tuning.errors import LibraryMissing

FIRST_PORT, PORTS = 20_000, 10_000
"""Ports at which the processes of srun meet: one for each step of a SLURM job."""


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
        own = numbers if self.number == 0 else [0.0] * len(numbers)
        said = torch.tensor(own, dtype=torch.float64)
        self.add([said])
        return [float(number) for number in said]

    def close(self) -> None:
        """Part from the others, all of which do so now."""
        self._accelerator.end_training()


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
    """What a launcher started; the only process where none did. Raises LibraryMissing."""
    take_place_of_task(os.environ, devices=torch.cuda.device_count())
    cpu = not torch.cuda.is_available()
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        return Together(cpu=cpu)
    return Single(torch.device("cpu" if cpu else "cuda"))


def is_first_process() -> bool:
    """Whether a launcher, if any, started this process first; also where they could not join."""
    return os.environ.get("RANK", "0") == "0"


def take_place_of_task(environ: MutableMapping[str, str], *, devices: int) -> None:
    """Write a task's place in its step, which srun names, as torch's launchers name it.

    Does nothing where such a launcher started the process. MASTER_ADDR and MASTER_PORT say where
    the tasks meet; else it is the first host of the step. A task may see all ``devices`` of its
    host, or its own alone.
    """
    tasks = environ.get("SLURM_STEP_NUM_TASKS", "1")
    if "RANK" in environ or tasks == "1":
        return
    environ["WORLD_SIZE"], environ["RANK"] = tasks, environ["SLURM_PROCID"]
    environ["LOCAL_RANK"] = str(int(environ["SLURM_LOCALID"]) % max(1, devices))
    hosts = environ.get("SLURM_STEP_NODELIST", "")
    alone = environ.get("SLURM_STEP_NUM_NODES", "1") == "1"
    environ.setdefault("MASTER_ADDR", "127.0.0.1" if alone else first_host(hosts))
    step = int(environ.get("SLURM_JOB_ID", "0")) + int(environ.get("SLURM_STEP_ID", "0"))
    environ.setdefault("MASTER_PORT", str(FIRST_PORT + step % PORTS))


def first_host(hosts: str) -> str:
    """Of a list as SLURM writes it: ``gpu[03-07,09],login`` begins with ``gpu03``."""
    found = re.match(r"([^\[,]*)(?:\[(\w+))?", hosts)
    return "".join(part or "" for part in found.groups()) if found else hosts
