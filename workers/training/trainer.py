"""One training run's state and its step; knows nothing of files or logs."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from workers.training.batches import Batch
from workers.training.network import GPTJ, Shape

Precision = Literal["bf16", "fp32"]


@dataclass(frozen=True)
class Schedule:
    """The learning rate's way: up, level, and down to nothing; once for each round.

    ends: the steps at which the rounds end, rising. A run that has ended goes on as one that
    was meant to have another round from the start.
    """

    full: float = 3e-3
    ends: tuple[int, ...] = (3000,)
    warm_up: int = 100
    decays: tuple[float, ...] = (0.35,)
    """Share of each round's steps over which the rate falls; the last holds for further rounds."""

    @property
    def steps(self) -> int:
        """How many there are in all."""
        return self.ends[-1]

    def rate(self, step: int) -> float:
        """Learning rate of a step."""
        round_ = min(bisect_right(self.ends, step), len(self.ends) - 1)
        begin, end = (0, *self.ends)[round_], self.ends[round_]
        if step - begin < self.warm_up:
            return self.full * (step - begin + 1) / self.warm_up
        decay = self.decays[min(round_, len(self.decays) - 1)]
        left = (end - step) / ((end - begin) * decay)
        return self.full * min(1.0, max(0.0, left))


@dataclass(frozen=True)
class StepResult:
    """What a step saw: summed loss, positions it was taken at, tokens read."""

    loss: float
    positions: int
    tokens: int


class Training:
    """A network with its optimizers, and how far it has come."""

    def __init__(
        self,
        shape: Shape,
        schedule: Schedule,
        *,
        seed: int,
        threads: int,
        precision: Precision = "fp32",
    ) -> None:
        torch.manual_seed(seed)
        self.network = GPTJ(shape)
        self.schedule = schedule
        self.precision = precision
        self.step, self.tokens = 0, 0
        self._optimizers = optimizers(self.network, rate=schedule.full)
        # Workers of one thread each, not one with several: none waits for another's slow core.
        torch.set_num_threads(1)
        self._workers = ThreadPoolExecutor(
            threads, initializer=torch.set_num_threads, initargs=(1,)
        )

    def train_step(self, batches: Sequence[Batch]) -> StepResult:
        """Learn from the batches of one step."""
        positions = sum(len(batch.targets) for batch in batches)
        losses = self._gradients(batches, positions)
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        list(
            self._workers.map(partial(_apply, rate=self.schedule.rate(self.step)), self._optimizers)
        )
        tokens = sum(batch.tokens for batch in batches)
        self.step += 1
        self.tokens += tokens
        return StepResult(sum(losses), positions, tokens)

    def _gradients(self, batches: Sequence[Batch], positions: int) -> list[float]:
        """Leave the mean gradient in the parameters; the summed loss of each batch.

        Gradients are added in the order of the batches, whoever is ready first: a sum
        must not depend on time.
        """
        parameters = list(self.network.parameters())
        sums = [torch.zeros_like(parameter) for parameter in parameters]
        losses = []
        for loss, grads in self._workers.map(self._gradient, batches):
            for total, grad in zip(sums, grads, strict=True):
                total.add_(grad, alpha=1 / positions)
            losses.append(loss)
        for parameter, total in zip(parameters, sums, strict=True):
            parameter.grad = total
        return losses

    def _gradient(self, batch: Batch) -> tuple[float, Iterable[Tensor]]:
        return gradients(self.network, batch, precision=self.precision)

    def loss(self, batches: Sequence[Batch]) -> float:
        """Mean loss over the positions of batches that are not learnt from."""
        losses = self._workers.map(self._loss, batches)
        total: float = sum(losses)
        return total / sum(len(batch.targets) for batch in batches)

    @torch.inference_mode()
    def _loss(self, batch: Batch) -> float:
        loss: float = loss_of(self.network, batch, precision=self.precision).item()
        return loss

    def state(self) -> dict[str, Any]:
        """All that a later run needs to go on."""
        return {
            "network": self.network.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self._optimizers],
            "step": self.step,
            "tokens": self.tokens,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a `state`."""
        self.network.load_state_dict(state["network"])
        for optimizer, content in zip(self._optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(content)
        self.step, self.tokens = state["step"], state["tokens"]


def best_precision() -> Precision:
    """bf16 where the processor multiplies matrices of it (AMX), else fp32.

    Without AMX a bf16 product takes half as long again as one in fp32.
    """
    return "bf16" if torch.cpu._is_amx_tile_supported() else "fp32"


def loss_of(network: GPTJ, batch: Batch, *, precision: Precision) -> Tensor:
    """Summed cross-entropy over the positions of a batch; ``precision`` is that of the products."""
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bf16"):
        hidden = network.hidden(batch.ids).flatten(0, 1)
        logits = network.lm_head(hidden[batch.positions])
    return functional.cross_entropy(logits.float(), batch.targets, reduction="sum")


def gradients(
    network: GPTJ, batch: Batch, *, precision: Precision
) -> tuple[float, Iterable[Tensor]]:
    """Summed loss of a batch and its gradient for each parameter."""
    loss = loss_of(network, batch, precision=precision)
    return loss.item(), torch.autograd.grad(loss, list(network.parameters()))


def optimizers(network: GPTJ, *, rate: float) -> list[torch.optim.Optimizer]:
    """Muon for the layers' matrices, AdamW for embedding, head, biases and norms.

    A Muon for each layer: they do not depend on each other, so all workers have some to do.
    """
    within = [
        [parameter for parameter in block.parameters() if parameter.dim() == 2]
        for block in network.transformer["h"]
    ]
    inner = {id(parameter) for matrices in within for parameter in matrices}
    rest = [parameter for parameter in network.parameters() if id(parameter) not in inner]
    return [
        *(
            torch.optim.Muon(matrices, lr=rate, weight_decay=0.05, adjust_lr_fn="match_rms_adamw")
            for matrices in within
        ),
        torch.optim.AdamW(rest, lr=rate, betas=(0.9, 0.95), weight_decay=0.0),
    ]


def _apply(optimizer: torch.optim.Optimizer, rate: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = rate
    optimizer.step()
