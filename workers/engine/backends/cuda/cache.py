"""Keys and values on a GPU, and the attention of a step over them by Triton's kernels.

Every sequence that decodes has a single row, and single rows go through kernels that read each past
in place. Chunks of prompts use such a kernel too where tensor cores serve it, and otherwise torch's
attention over a gathered past.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from workers.engine.backends.cuda.attention_kernels import (
    attend_single,
    attend_tile,
    combine_splits,
    rotate_and_store,
)
from workers.engine.backends.cuda.shapes import (
    AttentionTile,
    Capability,
    attention_tile,
    power_of_two,
    splits,
)
from workers.engine.backends.cuda.step_tables import Integers, step_tables, to_device
from workers.engine.backends.interface import CacheLayout, Span, StepAttention
from workers.engine.scheduling.blocks import BLOCK


class CudaCache:
    """A pool [L, (blocks + 1) * BLOCK, 2, H, D]; the last block is `scratch`, where rows that are
    for nobody may write.

    rotations: complex64 [n_positions, rotary / 2], see `gptj.rotation_table`.
    capability: of the device.
    """

    def __init__(
        self,
        layout: CacheLayout,
        rotations: Tensor,
        blocks: int,
        *,
        capability: Capability,
    ) -> None:
        shape = (layout.layers, (blocks + 1) * BLOCK, 2, layout.heads, layout.head_dim)
        self.layout = layout
        self.scratch = blocks
        self.positions = rotations.shape[0]
        self.rotations = torch.view_as_real(rotations).contiguous()
        self.pool = torch.empty(shape, dtype=layout.dtype, device=layout.device)
        self.tile = attention_tile(layout.dtype.itemsize, capability)

    def step(self, spans: Sequence[Span]) -> StepAttention:
        tables = step_tables(spans, self.tile.rows if self.tile else None)
        rows, singles, tiles, blocks = to_device(tables.parts, self.layout.device)
        chunks = [] if self.tile else _chunks(tables.tiles, blocks)
        return CudaAttention(self, rows, singles, tiles, blocks, chunks)

    def copy(self, source: int, target: int) -> None:
        places = self.pool.view(self.layout.layers, -1, BLOCK, *self.pool.shape[2:])
        places[:, target].copy_(places[:, source])


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Rows [row, row + count) over the positions `past` of the pool, as far as `mask` allows."""

    row: int
    count: int
    past: Tensor
    mask: Tensor


def _chunks(tiles: Integers, tables: Tensor) -> list[_Chunk]:
    """tiles: on the host; tables: on the device. Both as in `StepTables`."""
    found = []
    within = torch.arange(BLOCK, device=tables.device)
    for row, count, start, begin in tiles.tolist():
        end = start + count
        blocks = tables[begin : begin - (-end // BLOCK)]
        past = (blocks.long().unsqueeze(1) * BLOCK + within).flatten()[:end]
        mask = torch.ones(count, end, dtype=torch.bool, device=tables.device).tril_(start)
        found.append(_Chunk(row, count, past, mask))
    return found


class CudaAttention:
    """Attention of one step. rows, singles, tiles and tables are `StepTables`' parts on the device;
    `chunks` are the tiles once more, where torch attends."""

    def __init__(
        self,
        cache: CudaCache,
        rows: Tensor,
        singles: Tensor,
        tiles: Tensor,
        tables: Tensor,
        chunks: Sequence[_Chunk] = (),
    ) -> None:
        layout = cache.layout
        self._pool = cache.pool.unbind(0)
        self._rotations = cache.rotations
        self._tile = cache.tile
        self._heads, self._dim = layout.heads, layout.head_dim
        # Scores in base 2.
        self._scale = math.log2(math.e) / math.sqrt(layout.head_dim)
        self._rows, self._singles, self._tiles, self._tables = rows, singles, tiles, tables
        self._chunks = chunks
        self._splits = splits(max(1, singles.shape[0]), layout.heads)
        pieces = (singles.shape[0], layout.heads, self._splits)
        kind = {"dtype": torch.float32, "device": layout.device}
        self._sums = torch.empty(*pieces, layout.head_dim, **kind)
        self._stats = torch.empty(*pieces, 2, **kind)

    def __call__(self, layer: int, wide: Tensor) -> Tensor:
        pool = self._pool[layer]
        with torch.cuda.device_of(wide):
            self._rotate_and_store(wide, pool)
            if self._singles.shape[0]:
                self._attend_singles(wide, pool)
            if self._tile is not None and self._tiles.shape[0]:
                self._attend_tiles(wide, pool, self._tile)
        for chunk in self._chunks:
            self._attend_chunk(wide, pool, chunk)
        return wide[:, 2 * self._heads * self._dim :]

    def _rotate_and_store(self, wide: Tensor, pool: Tensor) -> None:
        pairs = self._rotations.shape[1]
        rotate_and_store[(self._rows.shape[0], self._heads)](
            wide,
            wide.stride(0),
            pool,
            self._rotations,
            self._rows,
            self._heads,
            self._dim,
            pairs,
            power_of_two(self._dim),
            power_of_two(pairs),
            num_warps=1,
        )

    def _attend_singles(self, wide: Tensor, pool: Tensor) -> None:
        entries = self._singles.shape[0]
        block_dim = power_of_two(self._dim)
        attend_single[(entries, self._heads, self._splits)](
            wide,
            wide.stride(0),
            pool,
            self._tables,
            self._singles,
            self._sums,
            self._stats,
            self._heads,
            self._scale,
            self._splits,
            self._dim,
            block_dim,
            BLOCK,
            num_warps=4,
        )
        combine_splits[(entries, self._heads)](
            wide,
            wide.stride(0),
            self._singles,
            self._sums,
            self._stats,
            self._heads,
            self._splits,
            self._dim,
            block_dim,
            num_warps=4,
        )

    def _attend_tiles(self, wide: Tensor, pool: Tensor, tile: AttentionTile) -> None:
        attend_tile[(self._tiles.shape[0], self._heads)](
            wide,
            wide.stride(0),
            pool,
            self._tables,
            self._tiles,
            self._heads,
            self._scale,
            self._dim,
            # Products take no side of fewer than 16.
            max(16, power_of_two(self._dim)),
            BLOCK,
            tile.rows,
            tile.keys,
            num_warps=tile.warps,
            num_stages=tile.stages,
        )

    def _attend_chunk(self, wide: Tensor, pool: Tensor, chunk: _Chunk) -> None:
        width = self._heads * self._dim
        rows = wide[chunk.row : chunk.row + chunk.count, : 3 * width]
        rows = rows.view(chunk.count, 3, self._heads, self._dim)
        past = pool[chunk.past]
        # [length, H, D] -> [1, H, length, D]
        result = scaled_dot_product_attention(
            rows[:, 0].transpose(0, 1).unsqueeze(0),
            past[:, 0].transpose(0, 1).unsqueeze(0),
            past[:, 1].transpose(0, 1).unsqueeze(0),
            attn_mask=chunk.mask,
        )
        rows[:, 2].copy_(result[0].transpose(0, 1))
