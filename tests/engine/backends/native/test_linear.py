from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn.functional import gelu

from workers.engine.backends.native.linear import KINDS, Kind, NativeLinear

pytestmark = pytest.mark.usefixtures("target")

FLOATS = KINDS[:3]
# (rows, inputs, outputs): one and several tiles, panels and blocks, each complete and incomplete.
SHAPES = [(1, 8, 8), (2, 5, 1), (3, 40, 50), (7, 300, 33), (17, 769, 97), (60, 1030, 70)]
GROUP = 256


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def stored_weight(weight: Tensor, kind: Kind) -> Tensor:
    """The weight in fp64 after rounding to the kind."""
    return weight.to(getattr(torch, kind)).double()


def rounded_to_int8(x: Tensor) -> tuple[Tensor, Tensor]:
    """Rows in fp64 after rounding by blocks of 256 columns, and half a step of each block."""
    values, halves = [], []
    for block in x.double().split(GROUP, dim=1):
        step = block.abs().amax(1, keepdim=True) / 127
        values.append((block / step.clamp(min=1e-30)).round() * step)
        halves.append((step / 2).expand_as(block))
    return torch.cat(values, 1), torch.cat(halves, 1)


def magnitude(x: Tensor, weight: Tensor) -> Tensor:
    """The scale of a product's rounding errors: the sum of |x| |w|."""
    return x.double().abs() @ weight.double().abs().T + 1e-30


@pytest.mark.parametrize(("rows", "inputs", "outputs"), SHAPES)
@pytest.mark.parametrize("kind", FLOATS)
def test_float_products_are_exact_to_rounding(
    kind: Kind, rows: int, inputs: int, outputs: int
) -> None:
    weight, bias = normal(outputs, inputs, seed=1), normal(outputs, seed=2)
    x = normal(rows, inputs, seed=3)

    y = NativeLinear.of(weight, bias, kind)(x)

    wanted = x.double() @ stored_weight(weight, kind).T + bias.double()
    assert ((y - wanted).abs() / (magnitude(x, weight) + bias.abs())).max() < 5e-7


@pytest.mark.parametrize(("rows", "inputs", "outputs"), SHAPES)
def test_int8_products_stay_within_the_rounding_of_rows_and_weights(
    rows: int, inputs: int, outputs: int
) -> None:
    weight, x = normal(outputs, inputs, seed=1), normal(rows, inputs, seed=3)

    y = NativeLinear.of(weight, None, "int8")(x)

    # The kernel rounds weights, and also rows where the CPU multiplies bytes.
    w, w_half = rounded_to_int8(weight)
    _, x_half = rounded_to_int8(x)
    error = (y - x.double() @ w.T).abs()
    assert (error <= x_half @ w.abs().T * 1.001 + magnitude(x, weight) * 1e-6).all()
    assert ((w - weight).abs() <= w_half * 1.001).all()


def test_int8_is_more_accurate_than_one_scale_a_row() -> None:
    weight, x = normal(300, 2048, seed=1), normal(20, 2048, seed=2)
    x[:, 7] *= 20  # Trained models have such channels.
    exact = x.double() @ weight.double().T

    def whole(t: Tensor) -> Tensor:
        step = t.abs().amax(1, keepdim=True) / 127
        return ((t / step).round() * step).double()

    def error(y: Tensor) -> float:
        return float((y - exact).norm() / exact.norm())

    ours = error(NativeLinear.of(weight, None, "int8")(x))

    assert ours < 0.8 * error(whole(x) @ whole(weight).T)


@pytest.mark.parametrize("kind", KINDS)
def test_a_row_has_the_same_bits_beside_any_others(kind: Kind) -> None:
    linear = NativeLinear.of(normal(100, 700, seed=1), normal(100, seed=2), kind)
    x = normal(300, 700, seed=3)
    alone = torch.cat([linear(row[None]) for row in x])

    for rows in (2, 3, 4, 7, 14, 15, 16, 29, 43, 255, 300):
        for first in {0, 300 - rows}:
            assert torch.equal(linear(x[first : first + rows]), alone[first : first + rows])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rows", [1, 5, 40])
def test_threads_change_no_bit(kind: Kind, rows: int, threads: Callable[[int], None]) -> None:
    weight, x = normal(2000, 300, seed=1), normal(rows, 300, seed=2)
    results = []

    for count in (1, 2, 3, 5):
        threads(count)
        results.append(NativeLinear.of(weight, None, kind)(x))

    assert all(torch.equal(result, results[0]) for result in results)


@pytest.mark.parametrize("start", [0, 5, 32, 49, 60])
def test_gelu_from_a_column_on(start: int) -> None:
    weight, x = normal(61, 30, seed=1), normal(9, 30, seed=2)
    linear = NativeLinear.of(weight, None, "float32")
    plain = linear(x)

    y = linear(x, gelu_from=start)

    wanted = gelu(plain[:, start:].double(), approximate="tanh")
    assert torch.equal(y[:, :start], plain[:, :start])
    torch.testing.assert_close(y[:, start:].double(), wanted, rtol=1e-6, atol=1e-6)


def test_gelu_over_its_whole_range() -> None:
    linear = NativeLinear.of(torch.eye(1), None, "float32")
    x = torch.cat([torch.linspace(-50, 50, 20001), torch.tensor([-1e30, 0.0, 1e-30, 1e30])])

    y = linear(x[:, None], gelu_from=0)[:, 0]

    wanted = gelu(x.double(), approximate="tanh")
    torch.testing.assert_close(y.double(), wanted, rtol=2e-6, atol=1e-7)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rows", [1, 20])
def test_rows_may_be_strided_and_the_residual_is_added_last(kind: Kind, rows: int) -> None:
    linear = NativeLinear.of(normal(70, 90, seed=1), normal(70, seed=2), kind)
    wide = normal(rows, 200, seed=3)
    residual = normal(rows, 150, seed=4)
    plain = linear(wide[:, 50:140].contiguous(), gelu_from=40)

    y = linear(wide[:, 50:140], gelu_from=40, residual=residual[:, 3:73])

    assert torch.equal(y, plain + residual[:, 3:73])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_value_that_is_not_finite_shows_only_in_its_row(kind: Kind, bad: float) -> None:
    linear = NativeLinear.of(normal(40, 600, seed=1), None, kind)
    x = normal(20, 600, seed=2)
    clean = linear(x)
    x[3, 500] = bad

    y = linear(x)

    assert not y[3].isfinite().any()
    assert torch.equal(y[torch.arange(20) != 3], clean[torch.arange(20) != 3])


@pytest.mark.parametrize("kind", KINDS)
def test_a_weight_that_is_not_finite_shows_in_its_output(kind: Kind) -> None:
    weight = normal(40, 600, seed=1)
    weight[5, 300] = float("nan")

    y = NativeLinear.of(weight, None, kind)(normal(4, 600, seed=2))

    assert y[:, 5].isnan().all()
    assert y[:, [column for column in range(40) if column != 5]].isfinite().all()


@pytest.mark.parametrize("kind", KINDS)
def test_zero_rows_and_zero_blocks(kind: Kind) -> None:
    weight = normal(40, 600, seed=1)
    weight[3, :256] = 0
    linear = NativeLinear.of(weight, None, kind)

    assert linear(torch.zeros(0, 600)).shape == (0, 40)
    assert torch.equal(linear(torch.zeros(2, 600)), torch.zeros(2, 40))


def test_half_precision_keeps_every_number() -> None:
    """All finite fp16 numbers, subnormal ones too, pass through a product unchanged."""
    bits = torch.arange(-(2**15), 2**15, dtype=torch.int32).to(torch.int16)
    numbers = bits.view(torch.float16)
    numbers = numbers[numbers.isfinite()]

    y = NativeLinear.of(numbers[:, None], None, "float16")(torch.ones(1, 1))

    assert torch.equal(y[0], numbers.float())


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("kind", KINDS)
def test_weights_of_other_dtypes_and_strides_are_accepted(kind: Kind, dtype: torch.dtype) -> None:
    weight, x = normal(50, 80, seed=1).to(dtype), normal(3, 80, seed=2)

    strided = NativeLinear.of(torch.cat([weight, weight], 1)[:, 80:], None, kind)
    turned = NativeLinear.of(weight.t().contiguous().t(), None, kind)

    plain = NativeLinear.of(weight.float(), None, kind)
    assert torch.equal(strided(x), plain(x))
    assert torch.equal(turned(x), plain(x))


def test_a_large_weight_is_packed_by_slabs() -> None:
    weight, x = normal(3000, 1500, seed=1), normal(2, 1500, seed=2)

    y = NativeLinear.of(weight, None, "bfloat16")(x)

    wanted = x.double() @ stored_weight(weight, "bfloat16").T
    assert ((y - wanted).abs() / magnitude(x, weight)).max() < 5e-7


def test_packed_weights_take_no_more_memory_than_needed() -> None:
    linear = {kind: NativeLinear.of(normal(64, 1024), None, kind) for kind in KINDS}

    sizes = [linear[kind].packed.nbytes / (64 * 1024) for kind in KINDS]

    assert sizes == [4, 2, 2, 1 + 4 / GROUP]


def test_misshapen_arguments_are_refused() -> None:
    linear = NativeLinear.of(normal(20, 30), None, "float32")

    for x in (normal(2, 31), normal(2, 30).double(), normal(30, 2).t()):
        with pytest.raises(ValueError, match="must be"):
            linear(x)
    with pytest.raises(ValueError, match="residual must be"):
        linear(normal(2, 30), residual=normal(3, 20))
    with pytest.raises(ValueError, match="weight must be"):
        NativeLinear.of(normal(20, 30).double(), None, "float32")
    with pytest.raises(ValueError, match="bias must be"):
        NativeLinear.of(normal(20, 30), normal(30), "float32")
