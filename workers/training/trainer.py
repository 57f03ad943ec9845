"""The training step, and the state that it changes; knows nothing of files or records."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from workers.training.batches import Batch
from workers.training.loss import Precision, loss_and_gradients, summed_loss
from workers.training.network import GPTJ
from workers.training.optimizers import step_optimizer
from workers.training.schedule import Schedule

MAX_GRADIENT_NORM = 1.0


@dataclass(frozen=True)
class StepResult:
    """The result of a step: summed loss, number of positions, tokens read."""

    loss: float
    positions: int
    tokens: int


class Trainer:
    """A network with its optimizers, and how far it has come.

    The optimizers hold all parameters of the network between them.
    """

    def __init__(
        self,
        network: GPTJ,
        optimizers: Sequence[torch.optim.Optimizer],
        schedule: Schedule,
        *,
        threads: int,
        precision: Precision = "fp32",
    ) -> None:
        self.network = network
        self.schedule = schedule
        self.precision = precision
        self.step, self.tokens = 0, 0
        self._optimizers = optimizers
        # Threads of one core each, not one with several: none waits for another's slow core.
        torch.set_num_threads(1)
        self._threads = ThreadPoolExecutor(
            threads, initializer=torch.set_num_threads, initargs=(1,)
        )

    @property
    def is_finished(self) -> bool:
        """Whether the schedule has no further step."""
        return self.step >= self.schedule.steps

    def train_step(self, batches: Sequence[Batch]) -> StepResult:
        """Learn from the batches of one step."""
        positions = sum(len(batch.targets) for batch in batches)
        losses = self._set_gradients(batches, positions)
        nn.utils.clip_grad_norm_(self.network.parameters(), MAX_GRADIENT_NORM)
        rate = self.schedule.rate(self.step)
        list(self._threads.map(partial(step_optimizer, rate=rate), self._optimizers))
        tokens = sum(batch.tokens for batch in batches)
        self.step += 1
        self.tokens += tokens
        return StepResult(sum(losses), positions, tokens)

    def _set_gradients(self, batches: Sequence[Batch], positions: int) -> list[float]:
        """Leave the mean gradient in the parameters; the summed loss of each batch.

        Gradients are added in the order of the batches, whoever is ready first: a sum
        must not depend on time.
        """
        parameters = list(self.network.parameters())
        sums = [torch.zeros_like(parameter) for parameter in parameters]
        losses = []
        for loss, gradients in self._threads.map(self._loss_and_gradients, batches):
            for total, gradient in zip(sums, gradients, strict=True):
                total.add_(gradient, alpha=1 / positions)
            losses.append(loss)
        for parameter, total in zip(parameters, sums, strict=True):
            parameter.grad = total
        return losses

    def _loss_and_gradients(self, batch: Batch) -> tuple[float, Sequence[Tensor]]:
        return loss_and_gradients(self.network, batch, precision=self.precision)

    def mean_loss(self, batches: Sequence[Batch]) -> float:
        """Loss over the positions of batches that are not learnt from."""
        losses = self._threads.map(self._loss, batches)
        total: float = sum(losses)
        return total / sum(len(batch.targets) for batch in batches)

    @torch.inference_mode()
    def _loss(self, batch: Batch) -> float:
        loss: float = summed_loss(self.network, batch, precision=self.precision).item()
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
