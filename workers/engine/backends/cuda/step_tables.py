"""Which rows of a step attend to which positions, as integers that one copy brings to the device.

Plain numpy: made on the host for each step, so loops go over sequences and never over tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from workers.engine.backends.interface import Span
from workers.engine.scheduling.blocks import BLOCK

Integers = npt.NDArray[np.int32]

# Kernels are compiled again for pointers of another alignment, so each part begins at 16 bytes.
_ALIGNED = 4


@dataclass(frozen=True, slots=True)
class StepTables:
    """int32, as the kernels of `attention_kernels` read them.

    rows [N, 2]: position, place in the pool.
    singles [E, 3]: row, length of its past with itself, begin of its table; spans of one row.
    tiles [T, 4]: first row, count, position of the first, begin of its table; the other spans, cut
        to at most `tile_rows` rows each.
    tables: the blocks of all spans, as far as they are read, one after the other.
    """

    rows: Integers
    singles: Integers
    tiles: Integers
    tables: Integers

    @property
    def parts(self) -> tuple[Integers, ...]:
        return self.rows, self.singles, self.tiles, self.tables


def step_tables(spans: Sequence[Span], tile_rows: int | None) -> StepTables:
    """tile_rows: None leaves spans of several rows uncut."""
    rows: list[Integers] = []
    singles: list[tuple[int, int, int]] = []
    tiles: list[tuple[int, int, int, int]] = []
    tables: list[Integers] = []
    begin = 0
    for span in spans:
        end = span.start + span.count
        blocks = -(-end // BLOCK)
        table = np.asarray(span.table[:blocks], dtype=np.int32)
        positions = np.arange(span.start, end, dtype=np.int32)
        places = table[positions // BLOCK] * np.int32(BLOCK) + positions % BLOCK
        rows.append(np.stack((positions, places), axis=1))
        if span.count == 1:
            singles.append((span.row, end, begin))
        else:
            step = tile_rows or span.count
            for first in range(0, span.count, step):
                count = min(step, span.count - first)
                tiles.append((span.row + first, count, span.start + first, begin))
        tables.append(table)
        begin += blocks
    return StepTables(
        rows=np.concatenate(rows),
        singles=np.array(singles, dtype=np.int32).reshape(-1, 3),
        tiles=np.array(tiles, dtype=np.int32).reshape(-1, 4),
        tables=np.concatenate(tables),
    )


def aligned(sizes: Sequence[int]) -> tuple[list[int], int]:
    """Where parts of these sizes begin in one array, and its length."""
    begins, end = [], 0
    for size in sizes:
        begins.append(end)
        end += size + -size % _ALIGNED
    return begins, end


def to_device(parts: Sequence[Integers], device: torch.device) -> list[Tensor]:
    """The arrays as views of one tensor on the device."""
    begins, length = aligned([part.size for part in parts])
    packed = np.zeros(length, dtype=np.int32)
    for part, begin in zip(parts, begins, strict=True):
        packed[begin : begin + part.size] = part.reshape(-1)
    whole = staged(torch.from_numpy(packed), device).to(device, non_blocking=True)
    return [
        whole[begin : begin + part.size].view(part.shape)
        for part, begin in zip(parts, begins, strict=True)
    ]


def staged(host: Tensor, device: torch.device) -> Tensor:
    """`host` where the device copies from without the host's waiting: in pinned memory, which torch
    holds until the copy is done. Where kernels are interpreted, the device is the host itself."""
    return host.pin_memory() if device.type == "cuda" else host
