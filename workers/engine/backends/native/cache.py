"""The cache that native attention reads."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from workers.engine.backends.interface import CacheLayout, Span, StepAttention
from workers.engine.backends.native.attention import NativeAttention, Step, copy_block


class NativeCache:
    """A pool of blocks on the CPU in the layout's dtype, see `native.attention`.

    rotations: complex64 [positions, rotary / 2], see `gptj.rotation_table`.
    """

    def __init__(self, layout: CacheLayout, rotations: Tensor, blocks: int) -> None:
        self._attention = NativeAttention.of(layout.heads, layout.head_dim, rotations, layout.dtype)
        self._pool = self._attention.pool(layout.layers, blocks)
        self._layers = self._pool.unbind(0)

    def step(self, spans: Sequence[Span]) -> StepAttention:
        step = Step.of(spans)
        attention, layers = self._attention, self._layers
        values = 2 * attention.heads * attention.head_dim

        def attend(layer: int, wide: Tensor) -> Tensor:
            attention(layers[layer], wide, step)
            return wide[:, values:]

        return attend

    @torch.inference_mode()
    def copy(self, source: int, target: int) -> None:
        copy_block(self._pool, source, target)
