"""The trainer of a fine-tune: what is trained, the batches of each step, and its state."""

from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor, nn

from workers.training.dropout import Dropout
from workers.training.loss import Precision, summed_packed_loss
from workers.training.optimizers import make_adamw
from workers.training.packing import PackedBatch, pack_rows
from workers.training.schedule import Cosine
from workers.training.trainer import Trainer
from workers.training.tuning.adapters import attach_adapter
from workers.training.tuning.base import Base
from workers.training.tuning.inference import EncodedRow
from workers.training.tuning.options import TuningOptions
from workers.training.tuning.order import epoch_batches, micro_batches, steps_of_epoch
from workers.training.tuning.processes import Single, Together

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
        self.device = processes.device
        self.lengths = [len(row.ids) for row in rows]
        self.micro_batch = options.micro_batch or options.batch
        self.trained = _choose_trained(base, options)
        self._optimizer = make_adamw(list(self.trained.values()), weight_decay=options.weight_decay)
        self.trainer = Trainer(
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
        return steps_of_epoch(len(self.rows), self.options.batch)

    def schedule(self, steps: int) -> Cosine:
        """The learning rates of a run of so many steps."""
        return Cosine(self.options.rate or 0.0, steps, self.options.warmup)

    def batches(self) -> Iterator[list[PackedBatch]]:
        """Those of each step from the trainer's next one on, without end."""
        step = self.trainer.step
        while True:
            epoch, index = divmod(step, self.steps_of_epoch)
            order = epoch_batches(
                self.lengths, batch=self.options.batch, seed=self.options.seed, epoch=epoch
            )
            for rows in order[index:]:
                yield [self._pack(part) for part in self._parts(rows)]
                step += 1

    def longest(self) -> list[PackedBatch]:
        """A step of the longest rows."""
        order = sorted(range(len(self.rows)), key=lambda row: -self.lengths[row])
        return [self._pack(part) for part in self._parts(order[: self.options.batch])]

    @property
    def parts_of_epoch(self) -> int:
        """Batches that are computed at once, in the first epoch."""
        options = self.options
        steps = epoch_batches(self.lengths, batch=options.batch, seed=options.seed, epoch=0)
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
        )

    def weights(self) -> dict[str, Tensor]:
        """A copy of what is trained, by the names of the network."""
        return {
            name: parameter.detach().to("cpu", copy=True)
            for name, parameter in self.trained.items()
        }

    def load_weights(self, weights: Mapping[str, Tensor]) -> None:
        """Replace what is trained; KeyError or RuntimeError where names or sizes differ."""
        with torch.no_grad():
            for name, parameter in self.trained.items():
                parameter.copy_(weights[name])

    def moments(self) -> dict[str, Tensor]:
        """The optimizer's state, by parameter and moment."""
        return {
            f"{name}|{moment}": value
            for name, parameter in self.trained.items()
            for moment, value in self._optimizer.state[parameter].items()
        }

    def load_moments(self, moments: Mapping[str, Tensor]) -> None:
        """Replace the optimizer's state."""
        for key, value in moments.items():
            name, moment = key.split("|")
            parameter = self.trained[name]
            device = "cpu" if moment == "step" and self.device.type == "cpu" else parameter.device
            self._optimizer.state[parameter][moment] = value.clone().to(device)


def _choose_trained(base: Base, options: TuningOptions) -> dict[str, nn.Parameter]:
    """Attach an adapter, or let all weights ask for gradients."""
    network = base.network
    if options.method == "full":
        network.requires_grad_(True)
    else:
        network.requires_grad_(False)
        attach_adapter(
            network, rank=options.rank or 1, alpha=options.alpha or 1.0, seed=options.seed
        )
    return {
        name: parameter for name, parameter in network.named_parameters() if parameter.requires_grad
    }
