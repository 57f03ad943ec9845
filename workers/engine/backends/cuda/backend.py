"""A backend of Triton's kernels and CUDA graphs, on a GPU."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from workers.engine.adapters.bank import AdapterBank
from workers.engine.backends.cuda.cache import CudaCache
from workers.engine.backends.cuda.graphs import CudaCapture, GraphedDecode
from workers.engine.backends.cuda.linear import CudaLinear, Int8CudaLinear
from workers.engine.backends.cuda.shapes import Capability
from workers.engine.backends.interface import Backend, Cache, Linear, Network
from workers.engine.backends.torch.adapters import GATHERED_BELOW_ON_GPU, StackStore
from workers.engine.checkpoint.spec import ModelConfig


@dataclass(frozen=True)
class CudaBackend(Backend):
    """capability: of the device; int8: whether weights are rounded."""

    capability: Capability
    int8: bool

    def linear(self, weight: Tensor, bias: Tensor) -> Linear:
        make = Int8CudaLinear.of if self.int8 else CudaLinear
        return make(weight, bias, self.capability)

    def cache(self, config: ModelConfig, rotations: Tensor, blocks: int) -> CudaCache:
        layout = self.cache_layout(config)
        return CudaCache(layout, rotations, blocks, capability=self.capability)

    def adapter_store(self, config: ModelConfig) -> StackStore:
        activations = self.precision.activations
        return StackStore(config, self.device, activations, GATHERED_BELOW_ON_GPU)

    @torch.inference_mode()
    def capture(
        self, network: Network, cache: Cache, adapters: AdapterBank, most_rows: int
    ) -> GraphedDecode:
        if not isinstance(cache, CudaCache):
            raise TypeError(f"the cache is another backend's: {type(cache).__name__}")
        capture = CudaCapture(self.device)
        graphs = GraphedDecode(network, cache, capture, adapters, most_rows=most_rows)
        graphs.prepare()
        return graphs
