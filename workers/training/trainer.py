"""The training step, and the state that it changes; knows nothing of files or records."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from workers.training.loss import Precision, summed_loss
from workers.training.network import GPTJ
from workers.training.optimizers import step_optimizer
from workers.training.schedule import RateOfStep

MAX_GRADIENT_NORM = 1.0


class Learnable(Protocol):
    """What the trainer knows of a batch."""

    @property
    def targets(self) -> Tensor:
        """The tokens that are learnt, one for each position of the loss."""

    @property
    def tokens(self) -> int:
        """Tokens that are not padding."""


class LossOfBatch(Protocol):
    """How a network is judged on a batch."""

    def __call__(self, batch: Any, *, step: int, number: int) -> Tensor:
        """Summed loss over the positions of the batch with this number within the step."""


class Processes(Protocol):
    """Those that train together; each computes its share of every step."""

    def share(self, batches: Sequence[Any]) -> Sequence[tuple[int, Any]]:
        """The batches of this process, with their numbers within the step."""

    def add(self, tensors: Sequence[Tensor]) -> None:
        """Replace each tensor with its sum over the processes."""


class Alone:
    """One process."""

    def share(self, batches: Sequence[Any]) -> Sequence[tuple[int, Any]]:
        """All of them."""
        return list(enumerate(batches))

    def add(self, tensors: Sequence[Tensor]) -> None:
        """There is nothing to add."""


@dataclass(frozen=True)
class StepResult:
    """The result of a step: summed loss, number of positions, tokens read.

    gradient_norm: the length of the mean gradient before it was clipped.
    """

    loss: float
    positions: int
    tokens: int
    gradient_norm: float


class Trainer:
    """A network with its optimizers, and how far it has come.

    The optimizers hold all parameters that are trained between them.
    """

    def __init__(
        self,
        network: GPTJ,
        optimizers: Sequence[torch.optim.Optimizer],
        schedule: RateOfStep,
        *,
        threads: int,
        precision: Precision = "fp32",
        loss: LossOfBatch | None = None,
        clip: float = MAX_GRADIENT_NORM,
        processes: Processes | None = None,
    ) -> None:
        self.network = network
        self.schedule = schedule
        self.precision = precision
        self.clip = clip
        self.step, self.tokens = 0, 0
        self._optimizers = optimizers
        self._loss_of_batch = loss or self._padded_loss
        self._processes = processes or Alone()
        # Threads of one core each, not one with several: none waits for another's slow core.
        torch.set_num_threads(1)
        self._threads = ThreadPoolExecutor(
            threads, initializer=torch.set_num_threads, initargs=(1,)
        )

    @property
    def is_finished(self) -> bool:
        """Whether the schedule has no further step."""
        return self.step >= self.schedule.steps

    def train_step(self, batches: Sequence[Learnable]) -> StepResult:
        """Learn from the batches of one step."""
        positions = sum(len(batch.targets) for batch in batches)
        loss = self._set_gradients(batches, positions)
        norm = self._clip_gradients()
        rate = self.schedule.rate(self.step)
        list(self._threads.map(partial(step_optimizer, rate=rate), self._optimizers))
        tokens = sum(batch.tokens for batch in batches)
        self.step += 1
        self.tokens += tokens
        return StepResult(loss, positions, tokens, norm)

    def _trained(self) -> list[nn.Parameter]:
        return [parameter for parameter in self.network.parameters() if parameter.requires_grad]

    def _set_gradients(self, batches: Sequence[Learnable], positions: int) -> float:
        """Leave the mean gradient in the parameters; the summed loss of the batches.

        Gradients are added in the order of the batches, whoever is ready first: a sum
        must not depend on time.
        """
        parameters = self._trained()
        sums = [torch.zeros_like(parameter) for parameter in parameters]
        losses = []
        for loss, gradients in self.gradients(self._processes.share(batches)):
            for total, gradient in zip(sums, gradients, strict=True):
                total.add_(gradient, alpha=1 / positions)
            losses.append(loss)
        summed = torch.tensor(sum(losses), dtype=torch.float64)
        self._processes.add([*sums, summed])
        for parameter, total in zip(parameters, sums, strict=True):
            parameter.grad = total
        return float(summed)

    def _clip_gradients(self) -> float:
        """Shorten the gradient to ``clip``; how long it was."""
        return float(nn.utils.clip_grad_norm_(self._trained(), self.clip))

    def gradients(
        self, numbered: Sequence[tuple[int, Learnable]]
    ) -> Iterator[tuple[float, Sequence[Tensor]]]:
        """Summed loss of each batch and its gradient for each trained parameter, in order."""
        return self._threads.map(self._loss_and_gradients, numbered)

    def _loss_and_gradients(
        self, numbered: tuple[int, Learnable]
    ) -> tuple[float, Sequence[Tensor]]:
        number, batch = numbered
        loss = self._loss_of_batch(batch, step=self.step, number=number)
        return loss.item(), torch.autograd.grad(loss, self._trained())

    def _padded_loss(self, batch: Any, *, step: int, number: int) -> Tensor:
        return summed_loss(self.network, batch, precision=self.precision)

    def mean_loss(self, batches: Sequence[Learnable]) -> float:
        """Loss over the positions of batches that are not learnt from."""
        losses = self._threads.map(self._loss, batches)
        total: float = sum(losses)
        return total / sum(len(batch.targets) for batch in batches)

    @torch.inference_mode()
    def _loss(self, batch: Any) -> float:
        return float(self._padded_loss(batch, step=self.step, number=0))

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
