"""Rows of numbers over the vocabulary, in tiles of 32 columns.

A maximum, a sum or a search over 50,400 columns is a pass over all of them and then a few small
operations: by tile, over the tiles, within one tile. Every function works row by row in an order
that the row's length alone decides, so a row's result is the same to the bit whatever rows are
beside it (on a CPU; on a GPU to rounding).
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import pad

# Reductions over fewer columns, or over no multiple of 32, miss torch's vectorised loops.
TILE = 32


def tiled(rows: Tensor) -> Tensor:
    """[R, vocab] as [R, tiles, TILE]; a last tile that is not full ends in -inf."""
    missing = -rows.shape[1] % TILE
    if missing:
        rows = pad(rows, (0, missing), value=float("-inf"))
    return rows.unflatten(1, (-1, TILE))


def argmax(tiles: Tensor) -> Tensor:
    """[R] column of the largest number of each row, the first of equal ones."""
    maxima = tiles.amax(dim=-1)
    tile = maxima.argmax(dim=-1, keepdim=True)
    inner = _tile(tiles, tile).argmax(dim=-1)
    return tile.squeeze(1) * TILE + inner


def largest(tiles: Tensor, maxima: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Values [R, count], descending, and columns [R, count] of the largest numbers of each row.

    `maxima` [R, tiles] are the tiles' own. A row with fewer columns gets -inf for the rest. Which
    of several equal numbers come last is undefined, but the same for equal rows.
    """
    columns = tiles.shape[1] * TILE
    if count > columns:
        values, ids = tiles.flatten(1).sort(dim=-1, descending=True)
        return pad(values, (0, count - columns), value=float("-inf")), pad(
            ids, (0, count - columns)
        )
    if count >= tiles.shape[1]:
        found = tiles.flatten(1).topk(count, dim=-1)
        return found.values, found.indices
    # The `count` tiles of the largest maxima hold at least `count` numbers that no tile outside
    # has any above.
    best = maxima.topk(count, dim=-1, sorted=False).indices
    picked = tiles.gather(1, best.unsqueeze(-1).expand(-1, -1, TILE)).flatten(1)
    found = picked.topk(count, dim=-1)
    places = found.indices
    return found.values, best.gather(1, places // TILE) * TILE + places % TILE


def running_sums(tiles: Tensor) -> Tensor:
    """fp64 [R, tiles] sum of each row up to the end of each tile. A tile is summed in fp32: it is
    as exact as its numbers, and five times as fast."""
    return tiles.sum(dim=-1).cumsum(dim=-1, dtype=torch.float64)


def crossing(tiles: Tensor, cumulative: Tensor, target: Tensor, *, reaches: bool) -> Tensor:
    """[R] first column at which each row's running sum passes `target` [R, 1].

    The numbers are not negative; `cumulative` [R, tiles] are their `running_sums`.
    reaches: whether to equal the target is to pass it. Where it is not, the target must be from 0
        to less than the row's sum, and the column then holds more than 0.
    """
    tile = torch.searchsorted(cumulative, target, right=not reaches)
    # A row with NaN finds no place; it must not fail its neighbours.
    tile.clamp_(max=cumulative.shape[1] - 1)
    before = torch.where(tile > 0, cumulative.gather(1, (tile - 1).clamp_(min=0)), 0.0)
    running = _tile(tiles, tile).cumsum(dim=-1, dtype=torch.float64)
    # The tile's sum and its running sum differ in fp32's last bits.
    end = running[:, -1:]
    if not reaches:
        end = torch.nextafter(end, torch.zeros_like(end))
    inner = torch.searchsorted(running, torch.minimum(target - before, end), right=not reaches)
    return (tile * TILE + inner.clamp_(max=TILE - 1)).squeeze(1)


def _tile(tiles: Tensor, index: Tensor) -> Tensor:
    """[R, TILE] the tile that `index` [R, 1] names in each row."""
    return tiles.gather(1, index.unsqueeze(-1).expand(-1, -1, TILE)).squeeze(1)
