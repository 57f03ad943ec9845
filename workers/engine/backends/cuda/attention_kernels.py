# mypy: allow-untyped-defs, allow-incomplete-defs
# Triton reads annotations itself, and knows constexpr only.
"""Triton kernels of attention over a paged cache.

Shapes: N rows of the step, H heads, D head dimension, d = H * D. `wide` [N, >= 3d] holds q, k and v
of each row; its rows may be strided, its columns not. `pool` is one layer of the cache,
[positions, 2, H, D]. A sequence's position p lies at pool[table[p // block] * block + p % block].

Scores are kept in base 2: exp2 is one instruction, and the factor log2(e) goes into `scale`.
Softmax is online (Milakov and Gimelshein 2018), in fp32.
"""

from __future__ import annotations

import triton
import triton.language as tl

# Used for minus infinity where the difference of two of them must not be NaN.
LOWEST = tl.constexpr(-1.0e30)


@triton.jit
def rotate_and_store(
    wide,
    wide_stride,
    pool,
    rotations,
    rows,
    heads,
    head_dim: tl.constexpr,
    pairs: tl.constexpr,
    block_dim: tl.constexpr,
    block_pairs: tl.constexpr,
):
    """Rotates q in place; puts the rotated k, and v, into the pool. Grid (N, H).

    rotations: fp32 [n_positions, pairs, 2], cos and sin; channels 2j and 2j + 1 are a pair.
    rows: int32 [N, 2], each row's position and its place in the pool.
    block_dim, block_pairs: `head_dim` and `pairs` rounded up to powers of two.
    """
    row = tl.program_id(0).to(tl.int64)
    head = tl.program_id(1)
    position = tl.load(rows + 2 * row)
    place = tl.load(rows + 2 * row + 1).to(tl.int64)
    width = heads * head_dim

    pair = tl.arange(0, block_pairs)
    is_pair = pair < pairs
    angle = rotations + (position * pairs + pair) * 2
    cos = tl.load(angle, mask=is_pair, other=0.0)
    sin = tl.load(angle + 1, mask=is_pair, other=0.0)

    query = wide + row * wide_stride + head * head_dim
    even = tl.load(query + 2 * pair, mask=is_pair, other=0.0).to(tl.float32)
    odd = tl.load(query + 2 * pair + 1, mask=is_pair, other=0.0).to(tl.float32)
    tl.store(query + 2 * pair, even * cos - odd * sin, mask=is_pair)
    tl.store(query + 2 * pair + 1, even * sin + odd * cos, mask=is_pair)

    key = query + width
    kept = pool + (place * 2 * heads + head) * head_dim
    even = tl.load(key + 2 * pair, mask=is_pair, other=0.0).to(tl.float32)
    odd = tl.load(key + 2 * pair + 1, mask=is_pair, other=0.0).to(tl.float32)
    tl.store(kept + 2 * pair, even * cos - odd * sin, mask=is_pair)
    tl.store(kept + 2 * pair + 1, even * sin + odd * cos, mask=is_pair)

    column = tl.arange(0, block_dim)
    is_plain = (column >= 2 * pairs) & (column < head_dim)
    tl.store(kept + column, tl.load(key + column, mask=is_plain), mask=is_plain)
    is_column = column < head_dim
    value = tl.load(key + width + column, mask=is_column)
    tl.store(kept + width + column, value, mask=is_column)


@triton.jit
def attend_single(
    wide,
    wide_stride,
    pool,
    tables,
    singles,
    sums,
    stats,
    heads,
    scale,
    splits: tl.constexpr,
    head_dim: tl.constexpr,
    block_dim: tl.constexpr,
    block: tl.constexpr,
):
    """Attention of single rows, each over a past of its own, in `splits` parts that
    `combine_splits` puts together ("flash-decoding"). Grid (E, H, splits).

    singles: int32 [E, 3]: row, length of the past with the row itself, where its table begins.
    sums: fp32 [E, H, splits, D], each part's values, weighted and added up.
    stats: fp32 [E, H, splits, 2], each part's largest score and its sum of weights.
    A row's past is cut by its own length, so a row does not depend on its neighbours.
    """
    entry = tl.program_id(0)
    head = tl.program_id(1)
    split = tl.program_id(2)
    row = tl.load(singles + 3 * entry).to(tl.int64)
    length = tl.load(singles + 3 * entry + 1)
    table = tables + tl.load(singles + 3 * entry + 2)
    blocks = tl.cdiv(length, block)
    part = tl.cdiv(blocks, splits)
    first = split * part
    last = tl.minimum(first + part, blocks)

    column = tl.arange(0, block_dim)
    is_column = column < head_dim
    query = wide + row * wide_stride + head * head_dim + column
    q = tl.load(query, mask=is_column, other=0.0).to(tl.float32) * scale

    # Each place in a block keeps its own softmax: no thread waits for another within the loop.
    within = tl.arange(0, block)
    top = tl.full((block,), LOWEST, tl.float32)
    weight = tl.zeros((block,), tl.float32)
    total = tl.zeros((block, block_dim), tl.float32)
    for index in range(first, last):
        place = tl.load(table + index).to(tl.int64) * block + within
        is_past = index * block + within < length
        inside = is_past[:, None] & is_column[None, :]
        keys = pool + ((place * 2 * heads + head) * head_dim)[:, None] + column[None, :]
        k = tl.load(keys, mask=inside, other=0.0)
        v = tl.load(keys + heads * head_dim, mask=inside, other=0.0)
        score = tl.sum(q[None, :] * k.to(tl.float32), axis=1)
        score = tl.where(is_past, score, LOWEST)
        new_top = tl.maximum(top, score)
        fade = tl.exp2(top - new_top)
        share = tl.where(is_past, tl.exp2(score - new_top), 0.0)
        weight = weight * fade + share
        total = total * fade[:, None] + share[:, None] * v.to(tl.float32)
        top = new_top

    most = tl.max(top, axis=0)
    fade = tl.exp2(top - most)
    piece = (entry * heads + head).to(tl.int64) * splits + split
    tl.store(sums + piece * head_dim + column, tl.sum(total * fade[:, None], 0), mask=is_column)
    tl.store(stats + piece * 2, most)
    tl.store(stats + piece * 2 + 1, tl.sum(weight * fade, axis=0))


@triton.jit
def combine_splits(
    wide,
    wide_stride,
    singles,
    sums,
    stats,
    heads,
    splits: tl.constexpr,
    head_dim: tl.constexpr,
    block_dim: tl.constexpr,
):
    """Puts the parts of `attend_single` together and writes over v's columns of `wide`.
    Grid (E, H)."""
    entry = tl.program_id(0)
    head = tl.program_id(1)
    row = tl.load(singles + 3 * entry).to(tl.int64)
    column = tl.arange(0, block_dim)
    is_column = column < head_dim
    split = tl.arange(0, splits)
    piece = (entry * heads + head).to(tl.int64) * splits + split
    top = tl.load(stats + piece * 2)
    fade = tl.exp2(top - tl.max(top, axis=0))
    weight = tl.sum(tl.load(stats + piece * 2 + 1) * fade, axis=0)
    parts = tl.load(
        sums + piece[:, None] * head_dim + column[None, :], mask=is_column[None, :], other=0.0
    )
    result = tl.sum(parts * fade[:, None], axis=0) / weight
    place = wide + row * wide_stride + (2 * heads + head) * head_dim + column
    tl.store(place, result, mask=is_column)


@triton.jit
def attend_tile(
    wide,
    wide_stride,
    pool,
    tables,
    tiles,
    heads,
    scale,
    head_dim: tl.constexpr,
    block_dim: tl.constexpr,
    block: tl.constexpr,
    tile_rows: tl.constexpr,
    tile_keys: tl.constexpr,
):
    """Attention of consecutive rows of one sequence, each over the positions up to its own, and
    writes over v's columns of `wide`. Grid (T, H).

    tiles: int32 [T, 4]: first row, how many (at most `tile_rows`), position of the first, where
        the sequence's table begins.
    """
    tile = tl.program_id(0)
    head = tl.program_id(1)
    first = tl.load(tiles + 4 * tile).to(tl.int64)
    count = tl.load(tiles + 4 * tile + 1)
    start = tl.load(tiles + 4 * tile + 2)
    table = tables + tl.load(tiles + 4 * tile + 3)
    length = start + count

    within = tl.arange(0, tile_rows)
    column = tl.arange(0, block_dim)
    is_column = column < head_dim
    inside = (within < count)[:, None] & is_column[None, :]
    query = wide + (first + within)[:, None] * wide_stride + head * head_dim + column[None, :]
    q = tl.load(query, mask=inside, other=0.0)

    top = tl.full((tile_rows,), LOWEST, tl.float32)
    weight = tl.zeros((tile_rows,), tl.float32)
    total = tl.zeros((tile_rows, block_dim), tl.float32)
    for begin in range(0, length, tile_keys):
        position = begin + tl.arange(0, tile_keys)
        is_past = position < length
        place = tl.load(table + position // block, mask=is_past, other=0).to(tl.int64)
        place = (place * block + position % block) * 2 * heads + head
        keys = pool + (place * head_dim)[:, None] + column[None, :]
        has_key = is_past[:, None] & is_column[None, :]
        k = tl.load(keys, mask=has_key, other=0.0)
        v = tl.load(keys + heads * head_dim, mask=has_key, other=0.0)
        score = tl.dot(q, tl.trans(k), input_precision="ieee") * scale
        # Position 0 is before every row, so `top` is a number from the first round on.
        is_seen = position[None, :] <= (start + within)[:, None]
        score = tl.where(is_seen & is_past[None, :], score, LOWEST)
        new_top = tl.maximum(top, tl.max(score, axis=1))
        fade = tl.exp2(top - new_top)
        share = tl.exp2(score - new_top[:, None])
        weight = weight * fade + tl.sum(share, axis=1)
        total = total * fade[:, None]
        total += tl.dot(share.to(v.dtype), v, input_precision="ieee")
        top = new_top

    result = query + 2 * heads * head_dim
    tl.store(result, total / weight[:, None], mask=inside)
