"""Keys and values of earlier tokens, and the attention that reads them.

Each sequence owns one buffer, as long as its prompt and its `max_tokens` need; nothing is padded to
a common length, so a long neighbour costs a short one nothing and no row is masked. Dense layers
run over all rows of a step at once (`model`); attention runs for each sequence over its own buffer.
Shapes: L layers, H heads, D head dimension, N rows of the step, d = H * D.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from workers.engine.checkpoint import ModelConfig
from workers.engine.host_memory import available_bytes


@dataclass(frozen=True, slots=True)
class CacheLayout:
    """Geometry and place of every sequence's buffer."""

    layers: int
    heads: int
    head_dim: int
    dtype: torch.dtype
    device: torch.device

    @classmethod
    def of(cls, config: ModelConfig, dtype: torch.dtype, device: torch.device) -> CacheLayout:
        # On a CPU attention runs in fp32 whatever the weights are: bf16 attention for a single
        # query is several times slower there.
        cached = torch.float32 if device.type == "cpu" else dtype
        return cls(config.n_layer, config.n_head, config.head_dim, cached, device)

    @property
    def bytes_per_position(self) -> int:
        item_bytes: int = self.dtype.itemsize
        return 2 * self.layers * self.heads * self.head_dim * item_bytes

    def allocate(self, positions: int) -> Tensor:
        """Buffer [L, 2, H, positions, D]; a CPU commits its pages only as they are written."""
        shape = (self.layers, 2, self.heads, max(positions, 1), self.head_dim)
        return torch.empty(shape, dtype=self.dtype, device=self.device)


def default_cache_bytes(layout: CacheLayout, most_positions: int) -> int:
    """Half of what is free now on the layout's device, and no more than `most_positions` need."""
    if layout.device.type == "cuda":
        free: int | None = torch.cuda.mem_get_info(layout.device)[0]
    else:
        free = available_bytes()
    most = most_positions * layout.bytes_per_position
    return most if free is None else min(most, free // 2)


@dataclass(frozen=True, slots=True)
class Span:
    """`count` consecutive rows of a step, from `row`, that are the tokens of one sequence from
    position `start` on.

    row_by_row: attention for each row alone rather than for the chunk at once. The sums are then
    those of decoding, bit for bit.
    """

    buffer: Tensor
    row: int
    start: int
    count: int
    row_by_row: bool


@dataclass(frozen=True, slots=True)
class _Chunk:
    row: int
    count: int
    written: tuple[Tensor, ...]


@dataclass(frozen=True, slots=True)
class _Query:
    row: int
    count: int
    keys: tuple[Tensor, ...]
    values: tuple[Tensor, ...]
    mask: Tensor | None


class Attention:
    """Attention of one step. The views of all layers are made once, in `__init__`: a step of a
    small model is bound by the number of torch calls."""

    def __init__(self, layout: CacheLayout, spans: Sequence[Span]) -> None:
        self._heads = layout.heads
        self._head_dim = layout.head_dim
        self._dtype = layout.dtype
        self._written_rows: list[tuple[int, tuple[Tensor, ...]]] = []
        self._written_chunks: list[_Chunk] = []
        self._row_queries: list[_Query] = []
        self._chunk_queries: list[_Query] = []
        for span in spans:
            self._add(span)

    def _add(self, span: Span) -> None:
        end = span.start + span.count
        written = span.buffer[:, :, :, span.start : end].unbind(0)
        if span.count == 1:
            self._written_rows.append((span.row, written))
        else:
            self._written_chunks.append(_Chunk(span.row, span.count, written))
        if span.row_by_row or span.count == 1:
            for offset in range(span.count):
                keys, values = self._past(span.buffer, span.start + offset + 1)
                self._row_queries.append(_Query(span.row + offset, 1, keys, values, None))
        else:
            keys, values = self._past(span.buffer, end)
            mask = torch.ones(span.count, end, dtype=torch.bool, device=span.buffer.device)
            mask = mask.tril_(span.start)
            self._chunk_queries.append(_Query(span.row, span.count, keys, values, mask))

    @staticmethod
    def _past(buffer: Tensor, length: int) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
        """Keys and values [1, H, length, D] of each layer."""
        return buffer[:, 0:1, :, :length].unbind(0), buffer[:, 1:2, :, :length].unbind(0)

    def __call__(self, layer: int, qkv: Tensor, out: Tensor) -> None:
        """Stores the keys and values of qkv [N, 3d], attends, and writes the result to out [N, d].

        `out` may be the values' own place: they are stored before it is written.
        """
        rows, heads, dim = qkv.shape[0], self._heads, self._head_dim
        width = heads * dim
        key_value = qkv[:, width:].view(rows, 2, heads, dim)
        if self._written_rows:
            singles = key_value.unsqueeze(3).unbind(0)
            for row, written in self._written_rows:
                written[layer].copy_(singles[row])
        for chunk in self._written_chunks:
            new = key_value[chunk.row : chunk.row + chunk.count]
            chunk.written[layer].copy_(new.permute(1, 2, 0, 3))

        queries = qkv[:, :width].to(self._dtype).view(rows, heads, dim)
        results = out.view(rows, heads, dim)
        if self._row_queries:
            single_queries = queries.view(rows, 1, heads, 1, dim).unbind(0)
            single_results = results.view(rows, 1, heads, 1, dim).unbind(0)
            for query in self._row_queries:
                single_results[query.row].copy_(
                    scaled_dot_product_attention(
                        single_queries[query.row], query.keys[layer], query.values[layer]
                    )
                )
        for query in self._chunk_queries:
            chunk_rows = slice(query.row, query.row + query.count)
            result = scaled_dot_product_attention(
                queries[chunk_rows].transpose(0, 1).unsqueeze(0),
                query.keys[layer],
                query.values[layer],
                attn_mask=query.mask,
            )
            results[chunk_rows].copy_(result[0].transpose(0, 1))
