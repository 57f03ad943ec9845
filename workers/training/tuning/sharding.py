"""A full fine-tune whose weights, gradients and moments are divided over the processes (FSDP2).

A layer is gathered while it computes. What is looked at, saved or written is gathered tensor by
tensor, so checkpoints do not depend on the number of processes.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import FSDPModule, fully_shard, register_fsdp_forward_method
from torch.distributed.tensor import DTensor, distribute_tensor

from workers.training.network import GPTJ
from workers.training.trainer import Learnable, Trainer
from workers.training.tuning.base import empty_network, replace_parameter
from workers.training.tuning.options import TuningOptions
from workers.training.tuning.processes import Single, Together


def must_shard(options: TuningOptions, processes: Single | Together) -> bool:
    """Whether a job divides its weights: a full fine-tune of several GPUs, unless it says else."""
    if options.method != "full" or processes.count == 1 or options.shard == "never":
        return False
    return options.shard == "always" or processes.device.type == "cuda"


def shard_network(network: GPTJ, processes: Single | Together) -> None:
    """Divide all parameters over the processes, by layer; what asks for gradients goes on to.

    The head is gathered with the embedding, for the whole of a pass: it may be computed in parts,
    and processes differ in how many.
    """
    mesh = init_device_mesh(processes.device.type, (processes.count,))
    for module in (*network.transformer["h"], network):
        fully_shard(module, mesh=mesh)
    # It computes what its `forward` does, without the head.
    register_fsdp_forward_method(network, "states")
    for module in network.modules():
        if isinstance(module, FSDPModule):
            # Sums, as over processes that are not divided, and not means.
            module.set_gradient_divide_factor(1.0)
            module.set_force_sum_reduction_for_comms(True)


def whole_tensor(tensor: Tensor) -> Tensor:
    """A tensor gathered from all processes, which all take part."""
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


def divide_like(whole: Tensor, place: Tensor) -> Tensor:
    """The first process's tensor, divided as ``place`` is; the same where that is whole."""
    if not isinstance(place, DTensor):
        return whole
    there = whole.to(place.device, place.dtype)
    return distribute_tensor(there, place.device_mesh, place.placements)


def gather_network(network: GPTJ, *, wanted: bool) -> GPTJ | None:
    """A whole network beside a divided one, where it is ``wanted``; all processes take part."""
    whole = empty_network(network.shape) if wanted else None
    for name, parameter in network.named_parameters():
        tensor = whole_tensor(parameter.detach())
        if whole is not None:
            replace_parameter(whole, name, nn.Parameter(tensor, requires_grad=False))
    if whole is not None:
        whole.table = network.table
    return whole


class ShardedTrainer(Trainer):
    """A trainer of a divided network: all processes compute equally often, one batch at a time."""

    _processes: Together

    def _set_gradients(self, batches: Sequence[Learnable], positions: int) -> float:
        """Leave the mean gradient in the parameters; the summed loss of the batches."""
        self._forget_gradients()
        own = self._processes.share(batches)
        summed = 0.0
        for number, batch in own:
            loss = self._loss_of_batch(batch, step=self.step, number=number)
            (loss / positions).backward()
            summed += loss.item()
        if len(own) < -(-len(batches) // self._processes.count):
            # Others have a batch more, and need this process for it.
            (self._loss_of_batch(batches[0], step=self.step, number=0) * 0).backward()
        total = torch.tensor(summed, dtype=torch.float64)
        self._processes.add([total])
        return float(total)

    def _clip_gradients(self) -> float:
        norm = nn.utils.clip_grad_norm_(self._trained(), self.clip)
        return float(whole_tensor(norm))

    def gradients(
        self, numbered: Sequence[tuple[int, Any]]
    ) -> Iterator[tuple[float, Sequence[Tensor]]]:
        """Summed loss of each batch; the gradients are computed and thrown away."""
        for number, batch in numbered:
            loss = self._loss_of_batch(batch, step=self.step, number=number)
            loss.backward()
            self._forget_gradients()
            yield loss.item(), ()

    def _forget_gradients(self) -> None:
        for parameter in self._trained():
            parameter.grad = None
