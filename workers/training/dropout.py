"""Dropout whose draws are a function of seed, step and place, whatever was drawn before."""

import hashlib
from dataclasses import dataclass

import torch
from torch import Tensor

from workers.training.network import Noise


@dataclass(frozen=True)
class Dropout:
    """What is dropped in one batch of one step. Call it with a layer for that layer's dropout."""

    share: float
    seed: int
    step: int
    number: int
    """Of the batch within the step."""
    device: torch.device

    def __call__(self, layer: int) -> Noise:
        """The dropout of a layer, from its first draw."""
        place = f"{self.seed} {self.step} {self.number} {layer}"
        seed = int.from_bytes(hashlib.sha256(place.encode()).digest()[:7])
        generator = torch.Generator(self.device).manual_seed(seed)
        kept_from = round(self.share * 2**16) - 2**15

        def drop(x: Tensor) -> Tensor:
            # Four numbers of 16 bits from each that is drawn: half the time of a draw for each.
            drawn = torch.empty(-(-x.numel() // 4), dtype=torch.int64, device=x.device)
            drawn.random_(-(2**63), None, generator=generator)
            numbers = drawn.view(torch.int16)[: x.numel()].view(x.shape)
            kept = (numbers >= kept_from).to(x.dtype)
            return x * kept.mul_(1 / (1 - self.share))

        return drop
