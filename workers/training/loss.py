"""The loss of a batch, in the precision that suits the processor."""

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from workers.training.batches import Batch
from workers.training.kernels import Kernel
from workers.training.network import GPTJ, NoiseOfLayer
from workers.training.packing import PackedBatch, label_states

Precision = Literal["bf16", "fp32"]
"""Of the products; sums and weights are fp32."""
LOGITS_AT_ONCE = 2**26
"""Numbers of logits that are kept for the gradient; beyond them they are computed twice."""


def best_precision(device: str = "cpu") -> Precision:
    """bf16 where the processor multiplies matrices of it (AMX, tensor cores), else fp32.

    Without AMX a bf16 product takes half as long again on a CPU as one in fp32.
    """
    if device == "cpu":
        return "bf16" if torch.cpu._is_amx_tile_supported() else "fp32"
    return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp32"


def autocast(device: torch.device, precision: Precision) -> torch.autocast:
    """Within it, products are of the precision."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bf16")


def summed_loss(network: GPTJ, batch: Batch, *, precision: Precision) -> Tensor:
    """Summed cross-entropy over the positions of a padded batch."""
    with autocast(batch.ids.device, precision):
        hidden = network.hidden(batch.ids).flatten(0, 1)
        logits = network.lm_head(hidden[batch.positions])
    return functional.cross_entropy(logits.float(), batch.targets, reduction="sum")


def summed_packed_loss(
    network: GPTJ,
    batch: PackedBatch,
    *,
    precision: Precision,
    noise_of_layer: NoiseOfLayer | None = None,
    recompute: bool = False,
    kernel: Kernel = "rows",
) -> Tensor:
    """Summed cross-entropy over the labels of a packed batch."""
    with autocast(batch.ids.device, precision):
        states = label_states(
            network, batch, noise_of_layer=noise_of_layer, recompute=recompute, kernel=kernel
        )
        at_once = max(1, LOGITS_AT_ONCE // network.shape.vocab_size)
        if len(batch.targets) <= at_once:
            return _head_loss(network, states, batch.targets)
        parts = zip(states.split(at_once), batch.targets.split(at_once), strict=True)
        losses = [
            checkpoint(_head_loss, network, *part, use_reentrant=False, preserve_rng_state=False)
            for part in parts
        ]
    return torch.stack(losses).sum()


def _head_loss(network: GPTJ, states: Tensor, targets: Tensor) -> Tensor:
    logits = network.lm_head(states)
    return functional.cross_entropy(logits.float(), targets, reduction="sum")
