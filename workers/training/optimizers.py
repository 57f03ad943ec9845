"""What changes the weights: of a network that is trained from its first step, or tuned."""

from collections.abc import Sequence

import torch
from torch import nn

from workers.training.network import GPTJ


def make_optimizers(network: GPTJ, *, rate: float) -> list[torch.optim.Optimizer]:
    """Muon for the layers' matrices, AdamW for embedding, head, biases and norms.

    A Muon for each layer: they do not depend on each other, so all threads have some to do.
    """
    matrices_by_layer = [
        [parameter for parameter in block.parameters() if parameter.dim() == 2]
        for block in network.transformer["h"]
    ]
    in_layers = {id(parameter) for matrices in matrices_by_layer for parameter in matrices}
    rest = [parameter for parameter in network.parameters() if id(parameter) not in in_layers]
    return [
        *(
            torch.optim.Muon(matrices, lr=rate, weight_decay=0.05, adjust_lr_fn="match_rms_adamw")
            for matrices in matrices_by_layer
        ),
        torch.optim.AdamW(rest, lr=rate, betas=(0.9, 0.95), weight_decay=0.0),
    ]


def make_adamw(parameters: Sequence[nn.Parameter], *, weight_decay: float) -> torch.optim.AdamW:
    """AdamW for weights that were trained before; norms and biases do not decay."""
    matrices = [parameter for parameter in parameters if parameter.dim() > 1]
    vectors = [parameter for parameter in parameters if parameter.dim() <= 1]
    groups = [
        {"params": matrices, "weight_decay": weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW([group for group in groups if group["params"]], fused=True)


def step_optimizer(optimizer: torch.optim.Optimizer, *, rate: float) -> None:
    """Change the optimizer's parameters by their gradients, at a learning rate."""
    for group in optimizer.param_groups:
        group["lr"] = rate
    optimizer.step()
