"""A backend of this engine's own kernels, on a CPU."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from workers.engine.backends.interface import Backend
from workers.engine.backends.native.adapters import NativeStore
from workers.engine.backends.native.cache import NativeCache
from workers.engine.backends.native.linear import NativeLinear
from workers.engine.checkpoint.spec import ModelConfig


@dataclass(frozen=True)
class NativeBackend(Backend):
    """A row's numbers are the same to the bit in any chunk and any batch."""

    def linear(self, weight: Tensor, bias: Tensor) -> NativeLinear:
        return NativeLinear.of(weight, bias, self.precision.dtype)

    def cache(self, config: ModelConfig, rotations: Tensor, blocks: int) -> NativeCache:
        return NativeCache(self.cache_layout(config), rotations, blocks)

    def adapter_store(self, config: ModelConfig) -> NativeStore:
        return NativeStore(config)
