from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from workers.engine.backends.interface import Span
from workers.engine.backends.native.attention import NativeAttention, Step, copy_block
from workers.engine.scheduling.blocks import BLOCK

pytestmark = pytest.mark.usefixtures("target")

POSITIONS = 700


@dataclass(frozen=True)
class Shape:
    heads: int
    dim: int
    rotary: int

    @property
    def width(self) -> int:
        return self.heads * self.dim


# Head dimensions that are whole vectors and not, and the real ones, 64 and 256.
SHAPES = [
    Shape(3, 8, 4),
    Shape(2, 6, 2),
    Shape(2, 64, 64),
    Shape(1, 80, 32),
    Shape(2, 256, 64),
    Shape(2, 24, 6),
]
SMALL = Shape(3, 24, 8)


def rotations(pairs: int) -> Tensor:
    angles = torch.arange(POSITIONS)[:, None] * 10000.0 ** (-torch.arange(pairs) / pairs)
    return torch.polar(torch.ones_like(angles), angles)


def attention(shape: Shape, dtype: torch.dtype = torch.float32) -> NativeAttention:
    return NativeAttention.of(shape.heads, shape.dim, rotations(shape.rotary // 2), dtype)


def empty_pool(native: NativeAttention, blocks: int) -> Tensor:
    """One layer in which a read of an unwritten place would show in the result."""
    return native.pool(1, blocks)[0].fill_(float("nan"))


def rows_of(shape: Shape, count: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(count, 3 * shape.width, generator=generator)


def reference(shape: Shape, rows: Tensor) -> Tensor:
    """fp64 attention [N, d] of a whole sequence, by complex rotation and torch's own attention."""
    count = rows.shape[0]
    heads = rows.double().view(count, 3, shape.heads, shape.dim)
    turned = heads[:, :2, :, : shape.rotary].unflatten(-1, (-1, 2)).contiguous()
    table = rotations(shape.rotary // 2)[:count, None, None].to(torch.complex128)
    turned = torch.view_as_real(torch.view_as_complex(turned) * table).flatten(-2)
    qk = torch.cat([turned, heads[:, :2, :, shape.rotary :]], -1)
    q, k, v = (part.transpose(0, 1)[None] for part in (qk[:, 0], qk[:, 1], heads[:, 2]))
    result = scaled_dot_product_attention(q, k, v, is_causal=True)
    return result[0].transpose(0, 1).reshape(count, shape.width)


def run(
    native: NativeAttention, shape: Shape, pool: Tensor, rows: Tensor, spans: Sequence[Span]
) -> Tensor:
    """The result [N, d]; the input rows do not change."""
    wide = rows.clone()
    native(pool, wide, Step.of(spans))
    assert torch.equal(wide[:, : 2 * shape.width], rows[:, : 2 * shape.width])
    return wide[:, 2 * shape.width :]


def blocks_for(positions: int) -> int:
    return -(-positions // BLOCK)


def by_chunks(native: NativeAttention, shape: Shape, rows: Tensor, sizes: Sequence[int]) -> Tensor:
    """One sequence in chunks of the given sizes, alone in its pool."""
    pool = empty_pool(native, blocks_for(len(rows)))
    blocks = list(range(pool.shape[0]))
    results, start = [], 0
    for size in sizes:
        part = rows[start : start + size]
        results.append(run(native, shape, pool, part, [Span(0, start, size, blocks)]))
        start += size
    return torch.cat(results)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("count", [1, 2, 31, 33, 150])
def test_a_prompt_attends_as_in_torch(shape: Shape, count: int) -> None:
    rows = rows_of(shape, count)

    result = by_chunks(attention(shape), shape, rows, [count])

    torch.testing.assert_close(result.double(), reference(shape, rows), rtol=0, atol=2e-6)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_half_precision_keys_and_values_cost_little(shape: Shape) -> None:
    rows = rows_of(shape, 150)

    result = by_chunks(attention(shape, torch.float16), shape, rows, [150])

    torch.testing.assert_close(result.double(), reference(shape, rows), rtol=0, atol=4e-3)


def test_half_precision_rounds_as_torch_does_and_stays_finite() -> None:
    native, rows = attention(SMALL, torch.float16), rows_of(SMALL, BLOCK)
    values = rows[:, 2 * SMALL.width :]
    values[0, :6] = torch.tensor([1e-8, 3e-5, -6.1e-5, 65519.0, 1e6, float("-inf")])
    values[1, 0] = float("nan")
    pool = empty_pool(native, 1)

    run_rows = rows.clone()
    native(pool, run_rows, Step.of([Span(0, 0, BLOCK, [0])]))

    head = pool[0].view(SMALL.heads, 2, SMALL.dim * BLOCK)
    stored = head[:, 1].reshape(SMALL.heads, BLOCK, SMALL.dim).transpose(0, 1)
    expected = values.clamp(-65504, 65504).half().view(BLOCK, SMALL.heads, SMALL.dim)
    torch.testing.assert_close(stored, expected, rtol=0, atol=0, equal_nan=True)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16], ids=str)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_chunks_of_any_size_change_no_bit(shape: Shape, dtype: torch.dtype) -> None:
    native, rows = attention(shape, dtype), rows_of(shape, 150)
    whole = by_chunks(native, shape, rows, [150])

    assert torch.equal(by_chunks(native, shape, rows, [1] * 150), whole)
    assert torch.equal(by_chunks(native, shape, rows, [100, 1, 17, 1, 31]), whole)
    assert torch.equal(by_chunks(native, shape, rows, [7, 143]), whole)


def test_a_long_context_is_right_to_its_end() -> None:
    rows = rows_of(SMALL, POSITIONS)

    result = by_chunks(attention(SMALL), SMALL, rows, [POSITIONS - 1, 1])

    torch.testing.assert_close(result.double(), reference(SMALL, rows), rtol=0, atol=2e-6)


def test_sequences_side_by_side_equal_each_alone() -> None:
    """Prompts, chunks and single tokens of sequences whose blocks are mixed in the pool."""
    native, chance = attention(SMALL), random.Random(5)
    lengths = [1, 5, 32, 40, 64, 97, 200, 33]
    rows = [rows_of(SMALL, length, seed=length) for length in lengths]
    alone = [by_chunks(native, SMALL, each, [len(each)]) for each in rows]
    pool = empty_pool(native, 40)
    free = list(range(40))
    chance.shuffle(free)
    tables = [[free.pop() for _ in range(blocks_for(length))] for length in lengths]
    done = [0] * len(lengths)
    found: list[list[Tensor]] = [[] for _ in lengths]

    while any(at < length for at, length in zip(done, lengths, strict=True)):
        spans, parts, owners, row = [], [], [], 0
        for index, length in enumerate(lengths):
            count = min(chance.choice([1, 1, 2, 13, 50]), length - done[index])
            if count and chance.random() < 0.7:
                spans.append(Span(row, done[index], count, tables[index]))
                parts.append(rows[index][done[index] : done[index] + count])
                owners.append(index)
                row += count
                done[index] += count
        if spans:
            result = run(native, SMALL, pool, torch.cat(parts), spans)
            for owner, span in zip(owners, spans, strict=True):
                found[owner].append(result[span.row : span.row + span.count])

    assert all(torch.equal(torch.cat(got), want) for got, want in zip(found, alone, strict=True))


def test_a_step_of_decoding_has_the_bits_of_the_prompt() -> None:
    native, count = attention(SMALL), 70
    rows = [rows_of(SMALL, count, seed=seed) for seed in range(64)]
    wanted = [by_chunks(native, SMALL, each, [count])[-1] for each in rows]
    size = blocks_for(count)
    pool = empty_pool(native, 64 * size)
    tables = [list(range(index * size, (index + 1) * size)) for index in range(64)]
    for each, table in zip(rows, tables, strict=True):
        run(native, SMALL, pool, each[:-1], [Span(0, 0, count - 1, table)])

    last = torch.stack([each[-1] for each in rows])
    result = run(
        native, SMALL, pool, last, [Span(i, count - 1, 1, t) for i, t in enumerate(tables)]
    )

    assert torch.equal(result, torch.stack(wanted))


def test_branches_share_the_blocks_of_their_prefix() -> None:
    native, rows = attention(SMALL), rows_of(SMALL, 64)
    pool = empty_pool(native, 4)
    run(native, SMALL, pool, rows, [Span(0, 0, 64, [0, 1])])
    tails = [rows_of(SMALL, 10, seed=seed) for seed in (1, 2)]
    kept = pool[:2].clone()

    result = run(
        native,
        SMALL,
        pool,
        torch.cat(tails),
        [Span(0, 64, 10, [0, 1, 2]), Span(10, 64, 10, [0, 1, 3])],
    )

    for tail, found in zip(tails, result.split(10), strict=True):
        wanted = by_chunks(native, SMALL, torch.cat([rows, tail]), [74])[64:]
        assert torch.equal(found, wanted)
    assert torch.equal(pool[:2], kept)


def test_a_sequence_continues_on_a_copied_block() -> None:
    native, rows = attention(SMALL), rows_of(SMALL, 40)
    wanted = by_chunks(native, SMALL, rows, [40])[20:]
    pools = native.pool(2, 4).fill_(float("nan"))
    run(native, SMALL, pools[1], rows[:20], [Span(0, 0, 20, [0])])

    copy_block(pools, 0, 3)

    result = run(native, SMALL, pools[1], rows[20:], [Span(0, 20, 20, [3, 1])])
    assert torch.equal(result, wanted)


def test_threads_change_no_bit(threads: Callable[[int], None]) -> None:
    native, rows = attention(SMALL), rows_of(SMALL, 150)
    results = []

    for count in (1, 2, 5):
        threads(count)
        results.append(by_chunks(native, SMALL, rows, [100, 1, 49]))

    assert all(torch.equal(result, results[0]) for result in results)


def test_a_value_that_is_not_finite_shows_only_from_its_row_on() -> None:
    native, rows = attention(SMALL), rows_of(SMALL, 60)
    clean = by_chunks(native, SMALL, rows, [60])
    rows[41, 2 * SMALL.width :] = float("nan")

    result = by_chunks(native, SMALL, rows, [60])

    assert torch.equal(result[:41], clean[:41])
    assert result[41:].isnan().all()


def test_a_query_that_is_not_finite_shows_only_in_its_row() -> None:
    native, rows = attention(SMALL), rows_of(SMALL, 60)
    clean = by_chunks(native, SMALL, rows, [60])
    rows[30, : SMALL.width] = float("inf")

    result = by_chunks(native, SMALL, rows, [60])

    others = torch.arange(60) != 30
    assert result[30].isnan().all()
    assert torch.equal(result[others], clean[others])


def test_scores_far_apart_do_not_overflow() -> None:
    rows = rows_of(SMALL, 50) * 30

    result = by_chunks(attention(SMALL), SMALL, rows, [50])

    torch.testing.assert_close(result.double(), reference(SMALL, rows), rtol=0, atol=2e-3)


def test_rows_may_be_part_of_wider_ones() -> None:
    native, rows = attention(SMALL), rows_of(SMALL, 50)
    wanted = by_chunks(native, SMALL, rows, [50])
    wide = torch.full((53, 9 * SMALL.width), 7.0)
    wide[2:52, SMALL.width : 4 * SMALL.width] = rows

    native(empty_pool(native, 2), wide[2:, SMALL.width :], Step.of([Span(0, 0, 50, [1, 0])]))

    assert torch.equal(wide[2:52, 3 * SMALL.width : 4 * SMALL.width], wanted)
    assert (wide[2:, 4 * SMALL.width :] == 7).all()
    assert (wide[52] == 7).all()


def test_a_step_of_no_spans_does_nothing() -> None:
    native = attention(SMALL)

    native(empty_pool(native, 1), rows_of(SMALL, 0), Step.of([]))


def test_misshapen_arguments_are_refused() -> None:
    native = attention(SMALL)
    pool, rows = empty_pool(native, 2), rows_of(SMALL, 4)
    step = Step.of([Span(0, 0, 4, [1])])

    with pytest.raises(ValueError, match="do not hold"):
        Step.of([Span(0, 0, 40, [1])])
    with pytest.raises(ValueError, match="one at least"):
        Step.of([Span(0, 0, 0, [1])])
    with pytest.raises(ValueError, match="numbered from 0"):
        Step.of([Span(0, 0, 1, [-1])])
    with pytest.raises(ValueError, match="no block 1"):
        native(pool[:1], rows, step)
    with pytest.raises(ValueError, match="rows up to 4"):
        native(pool, rows[:3], step)
    with pytest.raises(ValueError, match="rows up to 4"):
        native(pool, rows[:, :-1], step)
    with pytest.raises(ValueError, match="float32"):
        native(pool, rows.double(), step)
    with pytest.raises(ValueError, match="positions only"):
        native(empty_pool(native, 23), rows, Step.of([Span(0, POSITIONS, 1, range(23))]))
    with pytest.raises(ValueError, match="cannot turn"):
        NativeAttention.of(2, 4, rotations(3))
