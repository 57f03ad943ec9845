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
        keep = 1 - self.share

        def drop(x: Tensor) -> Tensor:
            mask = torch.empty_like(x).bernoulli_(keep, generator=generator)
            return x * mask.mul_(1 / keep)

        return drop
