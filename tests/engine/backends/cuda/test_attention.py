"""The kernels' attention, compared with plain arithmetic in fp64."""

import pytest
import torch

from tests.engine.backends.cuda.steps import (
    LAYER,
    Sizes,
    expected_attention,
    make_cache,
    place_of,
    random_wide,
    write_past,
)
from workers.engine.backends.cuda.graphs import DecodeInputs
from workers.engine.backends.cuda.shapes import Capability
from workers.engine.backends.interface import Span
from workers.engine.scheduling.blocks import BLOCK

TURING: Capability = (7, 5)
AMPERE: Capability = (8, 0)
HOPPER: Capability = (9, 0)
SIZES = {
    "gptj": Sizes(heads=1, dim=256, rotary=64),
    "narrow": Sizes(heads=1, dim=64, rotary=64),
    "odd": Sizes(heads=3, dim=24, rotary=6),
}
# Two sequences share their first blocks, no table is in order, and lengths are near the borders.
SHARED = [9, 3]
DECODING = [
    Span(0, 0, 1, [7]),
    Span(1, 31, 1, [5]),
    Span(2, 32, 1, [11, 1]),
    Span(3, 75, 1, [*SHARED, 6]),
    Span(4, 90, 1, [*SHARED, 0]),
    Span(5, 300, 1, [20, 19, 22, 12, 21, 18, 17, 16, 15, 14]),
]
# Beside a decoding row: a new prompt, a later chunk of one, and two that continue shared text.
MIXED = [
    Span(0, 40, 1, [7, 4]),
    Span(1, 0, 7, [2]),
    Span(8, 33, 20, [8, 1]),
    Span(28, 64, 2, [*SHARED, 0]),
    Span(30, 64, 1, [*SHARED, 11]),
]
# A chunk with more rows than a tile.
LONG = [Span(0, 33, 66, [8, 1, 6, 10]), Span(66, 0, 3, [5])]
TOLERANCE = {torch.float32: 2e-5, torch.float16: 4e-3}


def rows_of(spans: list[Span]) -> int:
    return spans[-1].row + spans[-1].count


@pytest.mark.parametrize(
    ("name", "spans", "dtype", "capability"),
    [
        pytest.param("gptj", DECODING, torch.float32, HOPPER, id="decoding"),
        pytest.param("narrow", DECODING, torch.float16, TURING, id="decoding fp16 narrow"),
        pytest.param("odd", MIXED, torch.float32, HOPPER, id="mixed fp32 odd"),
        pytest.param("narrow", MIXED, torch.float16, TURING, id="mixed turing narrow"),
        pytest.param("gptj", LONG, torch.float16, AMPERE, id="long ampere"),
        pytest.param("odd", MIXED, torch.float16, HOPPER, id="mixed hopper odd"),
    ],
)
def test_attention_equals_plain_arithmetic(
    name: str,
    spans: list[Span],
    dtype: torch.dtype,
    capability: Capability,
    device: torch.device,
) -> None:
    sizes = SIZES[name]
    torch.manual_seed(1)
    cache = make_cache(sizes, 23, dtype, device, capability)
    write_past(cache, spans)
    wide = random_wide(sizes, rows_of(spans), dtype, device)
    expected = expected_attention(cache, sizes, wide, spans)
    before = wide.clone()

    cache.step(spans)(LAYER, wide)

    found = wide[:, 2 * sizes.width : 3 * sizes.width].double().cpu()
    torch.testing.assert_close(found, expected, atol=TOLERANCE[dtype], rtol=0)
    assert torch.equal(wide[:, 3 * sizes.width :], before[:, 3 * sizes.width :])


@pytest.mark.usefixtures("few_splits")
def test_a_step_writes_only_its_own_places(device: torch.device) -> None:
    sizes = SIZES["narrow"]
    cache = make_cache(sizes, 23, torch.float32, device, HOPPER)
    write_past(cache, MIXED)
    before = cache.pool.clone()
    wide = random_wide(sizes, rows_of(MIXED), torch.float32, device)

    cache.step(MIXED)(LAYER, wide)

    own = {
        place_of(span, position)
        for span in MIXED
        for position in range(span.start, span.start + span.count)
    }
    changed = ~((cache.pool == before) | (cache.pool.isnan() & before.isnan())).all(-1).all(-1)
    assert not changed[0].any(), "another layer was written"
    assert set(changed[LAYER].all(-1).nonzero().flatten().tolist()) == own


@pytest.mark.usefixtures("few_splits")
def test_rows_of_a_graph_equal_plain_arithmetic_beside_unused_rows(
    device: torch.device,
) -> None:
    sizes = SIZES["narrow"]
    torch.manual_seed(2)
    cache = make_cache(sizes, 23, torch.float32, device, HOPPER)
    write_past(cache, DECODING)
    wide = random_wide(sizes, 8, torch.float32, device)
    expected = expected_attention(cache, sizes, wide, DECODING)
    before = cache.pool[LAYER].clone()
    inputs = DecodeInputs(cache, 8)
    inputs.fill(range(50, 56), [0, 3, 0, 0, 1, 0], DECODING)

    inputs.attention(LAYER, wide)

    found = wide[:6, 2 * sizes.width : 3 * sizes.width].double().cpu()
    torch.testing.assert_close(found, expected[:6], atol=2e-5, rtol=0)
    assert inputs.ids.tolist() == [50, 51, 52, 53, 54, 55, 0, 0]
    assert inputs.slots.tolist() == [0, 3, 0, 0, 1, 0, 0, 0]
    written = {place_of(span, span.start) for span in DECODING} | {cache.scratch * BLOCK}
    changed = ~((cache.pool[LAYER] == before) | before.isnan() & cache.pool[LAYER].isnan())
    assert set(changed.flatten(1).any(1).nonzero().flatten().tolist()) == written


@pytest.mark.usefixtures("few_splits")
def test_a_smaller_step_writes_nothing_with_its_unused_rows(device: torch.device) -> None:
    sizes = SIZES["narrow"]
    cache = make_cache(sizes, 23, torch.float32, device, HOPPER)
    write_past(cache, DECODING)
    inputs = DecodeInputs(cache, 8)
    inputs.fill(range(6), [2] * 6, DECODING)
    inputs.fill([9], [0], DECODING[:1])
    before = cache.pool.clone()

    inputs.attention(LAYER, random_wide(sizes, 8, torch.float32, device))

    assert inputs.slots.tolist() == [0] * 8
    changed = ~((cache.pool == before) | before.isnan() & cache.pool.isnan())
    places = set(changed[LAYER].flatten(1).any(1).nonzero().flatten().tolist())
    assert places == {7 * BLOCK, cache.scratch * BLOCK}


def test_a_copied_block_equals_its_source_in_every_layer(device: torch.device) -> None:
    cache = make_cache(SIZES["odd"], 4, torch.float32, device, HOPPER)
    cache.pool.copy_(torch.randn(cache.pool.shape))
    before = cache.pool.clone()

    cache.copy(2, 0)

    blocks = cache.pool.unflatten(1, (-1, BLOCK))
    assert torch.equal(blocks[:, 0], before.unflatten(1, (-1, BLOCK))[:, 2])
    assert torch.equal(cache.pool[:, BLOCK:], before[:, BLOCK:])
