"""Causal attention over a paged cache, with the rotary embedding and the cache write in one call.

A pool is fp32 or fp16 [layers, blocks, 2 * heads * head_dim * 32]; a block holds 32 positions of
one sequence: for each head keys transposed [head_dim, 32], then values [32, head_dim]. A row's
result is the same to the bit alone, in a batch, and whatever chunks its prompt came in.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import torch
from torch import Tensor

from workers.engine.backends.interface import Span
from workers.engine.backends.native import build
from workers.engine.scheduling.blocks import BLOCK


@dataclass(frozen=True, slots=True)
class Step:
    """The spans of one step, laid out for the kernel; made once, used by every layer.

    Blocks with a position from a span's start on belong to its sequence alone; earlier ones may be
    shared.
    """

    spans: Tensor
    tables: Tensor
    tiles: Tensor
    _step: build.AttentionStep
    address: int
    rows: int
    blocks: int
    longest: int

    @classmethod
    def of(cls, spans: Sequence[Span]) -> Self:
        kernels = build.require()
        numbers: list[int] = []
        tables: list[int] = []
        for span in spans:
            if span.count < 1 or span.start < 0 or span.row < 0:
                raise ValueError(f"a span has rows from 0 on, and one at least: {span}")
            blocks = -(-(span.start + span.count) // BLOCK)
            if len(span.table) < blocks:
                raise ValueError(
                    f"{len(span.table)} blocks do not hold {span.start + span.count} positions"
                )
            numbers += (span.row, span.count, span.start, len(tables))
            tables += span.table[:blocks]
        if tables and min(tables) < 0:
            raise ValueError("blocks are numbered from 0")
        rows = sum(span.count for span in spans)
        span_tensor = torch.tensor(numbers, dtype=torch.int32)
        table_tensor = torch.tensor(tables, dtype=torch.int32)
        tiles = torch.empty((rows, 4), dtype=torch.int32)
        count = kernels.attention_plan(span_tensor.data_ptr(), len(spans), tiles.data_ptr())
        step = build.AttentionStep(
            *(span_tensor.data_ptr(), table_tensor.data_ptr(), tiles.data_ptr()),
            *(len(spans), count, rows),
            max((span.start + span.count for span in spans), default=0),
            all(span.count == 1 for span in spans),
        )
        return cls(
            spans=span_tensor,
            tables=table_tensor,
            tiles=tiles,
            _step=step,
            address=ctypes.addressof(step),
            rows=max((span.row + span.count for span in spans), default=0),
            blocks=max(tables, default=-1) + 1,
            longest=step.longest,
        )


@dataclass(frozen=True, slots=True)
class NativeAttention:
    """Attention of a model's shape.

    rotations: complex64 [positions, rotary_dim / 2], cos + i sin of each position and pair.
    dtype: what keys and values are kept in, float32 or float16; numbers too large for float16
        become its largest.
    """

    heads: int
    head_dim: int
    positions: int
    dtype: torch.dtype
    rotations: Tensor
    _shape: build.AttentionShape
    _address: int
    _layer: Any

    @classmethod
    def of(
        cls, heads: int, head_dim: int, rotations: Tensor, dtype: torch.dtype = torch.float32
    ) -> Self:
        kernels = build.require()
        if dtype not in (torch.float32, torch.float16):
            raise ValueError(f"a pool is float32 or float16, not {dtype}")
        positions, pairs = rotations.shape
        if rotations.dtype is not torch.complex64 or not rotations.is_cpu:
            raise ValueError(f"rotations must be complex64 on the CPU: {rotations.dtype}")
        if heads < 1 or head_dim < 2 or head_dim % 2 or not 1 <= pairs <= head_dim // 2:
            raise ValueError(f"{heads} heads of {head_dim} channels cannot turn {pairs} pairs")
        rotations = rotations.contiguous()
        halves = dtype is torch.float16
        shape = build.AttentionShape(heads, head_dim, pairs, halves, rotations.data_ptr())
        return cls(
            heads=heads,
            head_dim=head_dim,
            positions=positions,
            dtype=dtype,
            rotations=rotations,
            _shape=shape,
            _address=ctypes.addressof(shape),
            _layer=kernels.attention_layer,
        )

    @property
    def block_size(self) -> int:
        """Numbers of one block of one layer."""
        return 2 * self.heads * self.head_dim * BLOCK

    def pool(self, layers: int, blocks: int) -> Tensor:
        """[layers, blocks, block_size], in large pages; committed only as it is written."""
        pool = torch.empty((layers, blocks, self.block_size), dtype=self.dtype)
        build.require().large_pages(pool.data_ptr(), pool.nbytes)
        return pool

    def __call__(self, pool: Tensor, wide: Tensor, step: Step) -> None:
        """One layer: stores keys and values of the step's rows in the pool, and attends; the
        result replaces v's columns, as `StepAttention` says.

        pool: [blocks, block_size] of this layer.
        wide: fp32 [N, >= 3 d], columns q, k, v (unturned); rows may be strided.
        """
        stride, one = wide.stride()
        if wide.dtype is not torch.float32 or one != 1 or not wide.is_cpu:
            raise ValueError("wide must be float32 rows on the CPU, each in one piece")
        if wide.shape[0] < step.rows or wide.shape[1] < 3 * self.heads * self.head_dim:
            raise ValueError(f"wide is {list(wide.shape)}; the step has rows up to {step.rows}")
        if pool.dtype is not self.dtype or not pool.is_contiguous():
            raise ValueError(f"pool must be {self.dtype} in one piece")
        if pool.numel() < step.blocks * self.block_size:
            raise ValueError(f"the pool has no block {step.blocks - 1}")
        if step.longest > self.positions:
            raise ValueError(f"there are rotations for {self.positions} positions only")
        failed = self._layer(
            self._address,
            *(pool.data_ptr(), wide.data_ptr(), stride, step.address, torch.get_num_threads()),
        )
        if failed:
            raise MemoryError("There is no memory for attention's scratch.")


def copy_block(pool: Tensor, source: int, target: int) -> None:
    """Copies a block of pool [layers, blocks, block_size] in every layer, all 32 positions: those
    that are not filled yet do no harm, as nothing reads them before they are written."""
    pool[:, target] = pool[:, source]
