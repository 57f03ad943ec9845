"""The trainer of a fine-tune: what is trained, the batches of each step, and its state."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from workers.training.dropout import Dropout
from workers.training.kernels import choose_kernel
from workers.training.loss import Precision, summed_packed_loss
from workers.training.optimizers import make_adamw
from workers.training.packing import PackedBatch, pack_rows
from workers.training.schedule import Cosine
from workers.training.trainer import Trainer
from workers.training.tuning.adapters import attach_adapter
from workers.training.tuning.base import Base, load_base
from workers.training.tuning.inference import EncodedRow
from workers.training.tuning.options import TuningOptions
from workers.training.tuning.order import epoch_batches, micro_batches, steps_of_epoch
from workers.training.tuning.processes import Single, Together
from workers.training.tuning.quantizing import forget_base
from workers.training.tuning.sharding import (
    ShardedTrainer,
    divide_like,
    gather_network,
    must_shard,
    shard_network,
    whole_tensor,
)

CPU_TOKENS = 1024
"""Of a part on a CPU."""


class Learner:
    """A base with what is trained in it; ``options`` are resolved."""

    def __init__(
        self,
        base: Base,
        options: TuningOptions,
        rows: Sequence[EncodedRow],
        *,
        processes: Single | Together,
        precision: Precision,
    ) -> None:
        self.base, self.options, self.rows = base, options, rows
        self.precision = precision
        self.device, self.is_first = processes.device, processes.number == 0
        self.is_sharded = must_shard(options, processes)
        shape = base.network.shape
        self.kernel = choose_kernel(
            self.device,
            heads=shape.n_head,
            head_size=shape.n_embd // shape.n_head,
            is_bf16=precision == "bf16" and options.packing,
        )
        self.lengths = [len(row.ids) for row in rows]
        self.batch = options.batch or 1
        self.micro_batch = options.micro_batch or self.batch
        _attach_trained(base, options)
        if self.is_sharded:
            shard_network(base.network, processes)
        self.trained = {
            name: parameter
            for name, parameter in base.network.named_parameters()
            if parameter.requires_grad
        }
        self._optimizer = make_adamw(list(self.trained.values()), weight_decay=options.weight_decay)
        self.trainer = (ShardedTrainer if self.is_sharded else Trainer)(
            base.network,
            [self._optimizer],
            self.schedule(1),
            threads=options.threads if self.device.type == "cpu" else 1,
            precision=precision,
            loss=self._loss,
            clip=options.clip,
            processes=processes,
        )

    @property
    def steps_of_epoch(self) -> int:
        """How many steps see every row once."""
        return steps_of_epoch(len(self.rows), self.batch)

    def schedule(self, steps: int) -> Cosine:
        """The learning rates of a run of so many steps."""
        return Cosine(self.options.rate or 0.0, steps, self.options.warmup)

    def batches(self) -> Iterator[list[PackedBatch]]:
        """Those of each step from the trainer's next one on, without end."""
        step = self.trainer.step
        while True:
            epoch, index = divmod(step, self.steps_of_epoch)
            order = epoch_batches(
                self.lengths, batch=self.batch, seed=self.options.seed, epoch=epoch
            )
            for rows in order[index:]:
                yield [self._pack(part) for part in self._parts(rows)]
                step += 1

    def longest(self) -> list[PackedBatch]:
        """A step of the longest rows."""
        order = sorted(range(len(self.rows)), key=lambda row: -self.lengths[row])
        return [self._pack(part) for part in self._parts(order[: self.batch])]

    @property
    def parts_of_epoch(self) -> int:
        """Batches that are computed at once, in the first epoch."""
        steps = epoch_batches(self.lengths, batch=self.batch, seed=self.options.seed, epoch=0)
        return sum(len(self._parts(rows)) for rows in steps)

    @property
    def tokens_at_once(self) -> int | None:
        """Tokens of a part on a CPU: more make it no faster there, and each core has a part."""
        return CPU_TOKENS if self.device.type == "cpu" else None

    def _parts(self, rows: Sequence[int]) -> list[list[int]]:
        return micro_batches(
            rows, self.lengths, at_most=self.micro_batch, tokens=self.tokens_at_once
        )

    def _pack(self, numbers: Sequence[int]) -> PackedBatch:
        chosen = [self.rows[number] for number in numbers]
        return pack_rows(
            [row.ids for row in chosen],
            [row.begin for row in chosen],
            padded=not self.options.packing,
        )

    def _loss(self, batch: PackedBatch, *, step: int, number: int) -> Tensor:
        options = self.options
        noise = None
        if options.method == "lora" and options.dropout:
            noise = Dropout(options.dropout, options.seed, step, number, self.device)
        return summed_packed_loss(
            self.base.network,
            batch.to(self.device),
            precision=self.precision,
            noise_of_layer=noise,
            recompute=options.gradient_checkpointing,
            kernel=self.kernel,
        )

    # Of a divided network all processes take part in these; the first one has what is gathered.

    def weights(self) -> dict[str, Tensor]:
        """A copy of what is trained, by the names of the network."""
        tensors = {name: parameter.detach() for name, parameter in self.trained.items()}
        return self._gathered(tensors, copy=True)

    def load_weights(self, weights: Mapping[str, Tensor]) -> None:
        """Replace what is trained; KeyError or RuntimeError where names or sizes differ."""
        with torch.no_grad():
            for name, parameter in self.trained.items():
                whole = weights[name] if self._holds_whole else torch.empty(parameter.shape)
                parameter.copy_(divide_like(whole, parameter))

    def moments(self) -> dict[str, Tensor]:
        """The optimizer's state, by parameter and moment."""
        return self._gathered(
            {
                f"{name}|{moment}": value
                for name, parameter in self.trained.items()
                for moment, value in self._optimizer.state[parameter].items()
            },
            copy=False,
        )

    @property
    def _holds_whole(self) -> bool:
        return self.is_first or not self.is_sharded

    def _gathered(self, tensors: Mapping[str, Tensor], *, copy: bool) -> dict[str, Tensor]:
        found = {}
        for name, tensor in tensors.items():
            whole = whole_tensor(tensor)
            if self._holds_whole:
                found[name] = whole.to("cpu", copy=copy)
        return found

    def base_to_look_at(self) -> Base | None:
        """The base as it computes now, whole, in the first process."""
        if not self.is_sharded:
            return self.base if self.is_first else None
        network = gather_network(self.base.network, wanted=self.is_first)
        return replace(self.base, network=network) if network else None

    def base_of_result(self) -> Base | None:
        """The base with what was learnt, in the first process: the base as it is, in no 4 bits."""
        if self.options.quantize == "none" or not self.is_first:
            return self.base_to_look_at()
        learnt, dtype = self.weights(), self.base.network.lm_head.weight.dtype
        forget_base(self.base)
        base = load_base(self.base.folder, device=self.device, dtype=dtype)
        _attach_trained(base, self.options)
        with torch.no_grad():
            for name, tensor in learnt.items():
                base.network.get_parameter(name).copy_(tensor)
        return base

    def load_moments(self, moments: Mapping[str, Tensor]) -> None:
        """Replace the optimizer's state."""
        for key, value in moments.items():
            name, moment = key.split("|")
            parameter = self.trained[name]
            if moment == "step":
                value = value.clone().to(self.device)
            else:
                value = divide_like(value.clone().to(self.device), parameter)
            self._optimizer.state[parameter][moment] = value


def _attach_trained(base: Base, options: TuningOptions) -> None:
    """Attach an adapter, or let all weights ask for gradients."""
    network = base.network
    if options.method == "full":
        network.requires_grad_(True)
    else:
        network.requires_grad_(False)
        attach_adapter(
            network, rank=options.rank or 1, alpha=options.alpha or 1.0, seed=options.seed
        )
