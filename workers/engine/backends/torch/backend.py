"""A backend of torch's own operators, on a CPU or a GPU."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from workers.engine.backends.interface import Backend, Linear
from workers.engine.backends.torch.adapters import StackStore
from workers.engine.backends.torch.cache import TorchCache
from workers.engine.checkpoint.spec import ModelConfig


class MakeLinear(Protocol):
    def __call__(self, weight: Tensor, bias: Tensor) -> Linear: ...


@dataclass(frozen=True)
class TorchBackend(Backend):
    """make_linear: one of the classes in `linear`; gathered_below: see `StackStore`."""

    make_linear: MakeLinear
    gathered_below: int

    def linear(self, weight: Tensor, bias: Tensor) -> Linear:
        return self.make_linear(weight, bias)

    def cache(self, config: ModelConfig, rotations: Tensor, blocks: int) -> TorchCache:
        return TorchCache(self.cache_layout(config), rotations, blocks)

    def adapter_store(self, config: ModelConfig) -> StackStore:
        return StackStore(config, self.device, self.precision.activations, self.gathered_below)
