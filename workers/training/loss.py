"""The loss of a batch and its gradient, in the precision that suits the processor."""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from workers.training.batches import Batch
from workers.training.network import GPTJ

Precision = Literal["bf16", "fp32"]
"""Of the products; sums and weights are fp32."""


def best_precision() -> Precision:
    """bf16 where the processor multiplies matrices of it (AMX), else fp32.

    Without AMX a bf16 product takes half as long again as one in fp32.
    """
    return "bf16" if torch.cpu._is_amx_tile_supported() else "fp32"


def summed_loss(network: GPTJ, batch: Batch, *, precision: Precision) -> Tensor:
    """Summed cross-entropy over the positions of a batch."""
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bf16"):
        hidden = network.hidden(batch.ids).flatten(0, 1)
        logits = network.lm_head(hidden[batch.positions])
    return functional.cross_entropy(logits.float(), batch.targets, reduction="sum")


def loss_and_gradients(
    network: GPTJ, batch: Batch, *, precision: Precision
) -> tuple[float, Sequence[Tensor]]:
    """Summed loss of a batch and its gradient for each parameter."""
    loss = summed_loss(network, batch, precision=precision)
    return loss.item(), torch.autograd.grad(loss, list(network.parameters()))
