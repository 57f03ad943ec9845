"""Steps over a cache with random keys and values, and the attention that must result."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from workers.engine.backends.cuda.cache import CudaCache
from workers.engine.backends.cuda.shapes import Capability
from workers.engine.backends.interface import CacheLayout, Span
from workers.engine.checkpoint.spec import ModelConfig
from workers.engine.model.gptj import rotation_table
from workers.engine.scheduling.blocks import BLOCK

LAYERS, LAYER = 2, 1


@dataclass(frozen=True)
class Sizes:
    heads: int
    dim: int
    rotary: int

    @property
    def width(self) -> int:
        return self.heads * self.dim


def make_cache(
    sizes: Sizes, blocks: int, dtype: torch.dtype, device: torch.device, capability: Capability
) -> CudaCache:
    """A cache in which every number is NaN, so that a read before the write shows."""
    config = ModelConfig(300, 2048, sizes.width, LAYERS, sizes.heads, sizes.rotary, 1e-5)
    layout = CacheLayout(LAYERS, sizes.heads, sizes.dim, dtype, device)
    cache = CudaCache(layout, rotation_table(config, device), blocks, capability=capability)
    cache.pool.fill_(float("nan"))
    return cache


def write_past(cache: CudaCache, spans: Sequence[Span]) -> None:
    """Random keys and values for all positions before each span."""
    for span in spans:
        for position in range(span.start):
            place = cache.pool[LAYER, place_of(span, position)]
            if place.isnan().any():
                place.copy_(torch.randn(place.shape))


def place_of(span: Span, position: int) -> int:
    return span.table[position // BLOCK] * BLOCK + position % BLOCK


def random_wide(sizes: Sizes, rows: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """[rows, 7d]: q, k, v, and columns that attention must not change."""
    return torch.randn(rows, 7 * sizes.width).to(dtype).to(device)


def expected_attention(
    cache: CudaCache, sizes: Sizes, wide: Tensor, spans: Sequence[Span]
) -> Tensor:
    """[N, d] in fp64, from `wide` and the pool before the step, in plain arithmetic."""
    pool = cache.pool[LAYER].double().cpu()
    angles = torch.view_as_complex(cache.rotations.double().cpu())
    q, k, v = (
        part.double().cpu().unflatten(1, (sizes.heads, sizes.dim))
        for part in wide[:, : 3 * sizes.width].chunk(3, dim=1)
    )
    for span in spans:
        for offset in range(span.count):
            row, position = span.row + offset, span.start + offset
            for part in (q, k):
                pairs = part[row, :, : sizes.rotary].unflatten(1, (-1, 2)).contiguous()
                turned = torch.view_as_complex(pairs) * angles[position]
                part[row, :, : sizes.rotary] = torch.view_as_real(turned).flatten(1)
            pool[place_of(span, position)] = torch.stack((k[row], v[row]))
    results = torch.empty_like(v)
    for span in spans:
        for offset in range(span.count):
            row, position = span.row + offset, span.start + offset
            past = pool[[place_of(span, earlier) for earlier in range(position + 1)]]
            scores = (past[:, 0] * q[row]).sum(-1) / math.sqrt(sizes.dim)
            results[row] = (scores.softmax(0).unsqueeze(-1) * past[:, 1]).sum(0)
    return results.flatten(1)
