"""Keys and values of earlier tokens in torch tensors, and the attention that reads them.

The cache is one pool of blocks for all sequences. A position's keys and values are side by side,
[2, H, D], so storing a step's rows is one indexed copy, and a sequence whose blocks follow one
another in the pool is read in place; others are gathered first.
Shapes: L layers, H heads, D head dimension, N rows of the step, d = H * D.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from workers.engine.backends.interface import CacheLayout, Span, StepAttention
from workers.engine.scheduling.blocks import BLOCK


class TorchCache:
    """A pool [L, blocks * BLOCK, 2, H, D]; a CPU commits its pages only as they are written.

    rotations: complex64 [positions, rotary / 2], see `gptj.rotation_table`.
    """

    def __init__(self, layout: CacheLayout, rotations: Tensor, blocks: int) -> None:
        shape = (layout.layers, blocks * BLOCK, 2, layout.heads, layout.head_dim)
        self.layout = layout
        self.rotations = rotations
        self.pool = torch.empty(shape, dtype=layout.dtype, device=layout.device)

    def step(self, spans: Sequence[Span]) -> StepAttention:
        return TorchAttention(self, spans)

    def copy(self, source: int, target: int) -> None:
        places = self.pool.view(self.layout.layers, -1, BLOCK, *self.pool.shape[2:])
        places[:, target].copy_(places[:, source])


@dataclass(frozen=True, slots=True)
class _Query:
    """Rows [row, row + count) against a past of `length` positions: a slice of the pool from
    `first` on, or the positions `gathered`."""

    row: int
    count: int
    length: int
    first: int
    gathered: Tensor | None
    mask: Tensor | None


class TorchAttention:
    """Attention of one step, sequence by sequence, by torch's own operators."""

    def __init__(self, cache: TorchCache, spans: Sequence[Span]) -> None:
        layout = cache.layout
        self._pool = cache.pool.unbind(0)
        self._heads = layout.heads
        self._head_dim = layout.head_dim
        self._dtype = layout.dtype
        positions = [span.start + offset for span in spans for offset in range(span.count)]
        slots = [
            span.table[position // BLOCK] * BLOCK + position % BLOCK
            for span in spans
            for position in range(span.start, span.start + span.count)
        ]
        device = layout.device
        self._slots = torch.tensor(slots, device=device)
        self._rotations = cache.rotations[torch.tensor(positions, device=device)].unsqueeze(1)
        self._queries = [query for span in spans for query in _queries(span, device)]

    def __call__(self, layer: int, wide: Tensor) -> Tensor:
        rows, heads, dim = wide.shape[0], self._heads, self._head_dim
        width = heads * dim
        qkv = wide[:, : 3 * width].float()
        rotary = 2 * self._rotations.shape[-1]
        rotated = qkv[:, : 2 * width].view(rows, 2 * heads, dim)
        pairs = rotated[..., :rotary].view(rows, 2 * heads, -1, 2)
        torch.view_as_complex(pairs).mul_(self._rotations)
        pool = self._pool[layer]
        new = qkv[:, width:].to(self._dtype).view(rows, 2, heads, dim)
        pool.index_copy_(0, self._slots, new)

        queries = qkv[:, :width].to(self._dtype).view(rows, heads, dim)
        results = wide[:, 2 * width : 3 * width].view(rows, heads, dim)
        for query in self._queries:
            past = (
                pool[query.first : query.first + query.length]
                if query.gathered is None
                else pool[query.gathered]
            )
            end = query.row + query.count
            # [length, H, D] -> [1, H, length, D]
            result = scaled_dot_product_attention(
                queries[query.row : end].transpose(0, 1).unsqueeze(0),
                past[:, 0].transpose(0, 1).unsqueeze(0),
                past[:, 1].transpose(0, 1).unsqueeze(0),
                attn_mask=query.mask,
            )
            results[query.row : end].copy_(result[0].transpose(0, 1))
        return wide[:, 2 * width :]


def _queries(span: Span, device: torch.device) -> list[_Query]:
    """A span's rows in pieces whose arithmetic depends on the sequence alone: row by row, or in
    chunks that end at multiples of `BLOCK`, whatever else the span holds."""
    end = span.start + span.count
    blocks = -(-end // BLOCK)
    table = list(span.table[:blocks])
    follows = all(b == a + 1 for a, b in pairwise(table))
    places = None
    if not follows:
        starts = torch.tensor(table, device=device).unsqueeze(1) * BLOCK
        places = (starts + torch.arange(BLOCK, device=device)).flatten()
    found = []
    position = span.start
    while position < end:
        stop = position + 1 if span.row_by_row else min(end, (position // BLOCK + 1) * BLOCK)
        count = stop - position
        mask = None
        if count > 1:
            mask = torch.ones(count, stop, dtype=torch.bool, device=device).tril_(position)
        found.append(
            _Query(
                row=span.row + position - span.start,
                count=count,
                length=stop,
                first=table[0] * BLOCK,
                gathered=None if places is None else places[:stop],
                mask=mask,
            )
        )
        position = stop
    return found
