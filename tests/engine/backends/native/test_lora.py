from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from workers.engine.backends.native.build import LoraModule
from workers.engine.backends.native.linear import NativeLinear
from workers.engine.backends.native.lora import LoraCall, NativeLora

pytestmark = pytest.mark.usefixtures("target")

INPUTS, OUTPUTS = 131, 1041
RANKS = {1: 3, 2: 16, 5: 8}
SCALES = {1: 2.0, 2: 0.25, 5: 1.5}
SLOTS = torch.tensor([0, 1, 2, 5, 0, 2, 1, 5, 5], dtype=torch.int32)


def normal(*shape: int, seed: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def weights(slot: int) -> tuple[Tensor, Tensor]:
    rank = RANKS[slot]
    return normal(rank, INPUTS, seed=slot), normal(OUTPUTS, rank, seed=slot + 100)


@pytest.fixture
def lora() -> NativeLora:
    made = NativeLora(INPUTS, OUTPUTS)
    for slot in RANKS:
        made.set(slot, *weights(slot), SCALES[slot])
    return made


def expected_change(x: Tensor, y: Tensor, slots: Tensor) -> Tensor:
    rows = []
    for row, before, slot in zip(x.double(), y.double(), slots.tolist(), strict=True):
        a, b = weights(slot) if slot else (torch.zeros(1, INPUTS), torch.zeros(OUTPUTS, 1))
        rows.append(before + SCALES.get(slot, 0.0) * (b.double() @ (a.double() @ row)))
    return torch.stack(rows)


def test_each_row_gets_its_own_adapter(lora: NativeLora) -> None:
    x, y = normal(9, INPUTS, seed=1), normal(9, OUTPUTS, seed=2)
    expected, before = expected_change(x, y, SLOTS), y.clone()

    lora.add(x, y, SLOTS)

    torch.testing.assert_close(y.double(), expected, rtol=1e-5, atol=1e-4)
    assert torch.equal(y[SLOTS == 0], before[SLOTS == 0])


def test_a_row_has_the_same_bits_alone(lora: NativeLora) -> None:
    x, y = normal(9, INPUTS, seed=1), normal(9, OUTPUTS, seed=2)
    alone = y.clone()

    lora.add(x, y, SLOTS)
    for row in range(9):
        lora.add(x[row : row + 1], alone[row : row + 1], SLOTS[row : row + 1])

    assert torch.equal(y, alone)


def test_threads_change_no_bit(lora: NativeLora, threads: Callable[[int], None]) -> None:
    x, y = normal(9, INPUTS, seed=1), normal(9, OUTPUTS, seed=2)
    results = []

    for count in (1, 2, 5):
        threads(count)
        results.append(y.clone())
        lora.add(x, results[-1], SLOTS)

    assert all(torch.equal(result, results[0]) for result in results)


def test_rows_may_be_strided(lora: NativeLora) -> None:
    x, y = normal(9, 3 * INPUTS, seed=1), normal(9, 2 * OUTPUTS, seed=2)
    part = slice(100, 100 + INPUTS)
    expected, before = expected_change(x[:, part], y[:, 5 : 5 + OUTPUTS], SLOTS), y.clone()

    lora.add(x[:, part], y[:, 5 : 5 + OUTPUTS], SLOTS)

    torch.testing.assert_close(y[:, 5 : 5 + OUTPUTS].double(), expected, rtol=1e-5, atol=1e-4)
    assert torch.equal(y[:, :5], before[:, :5])
    assert torch.equal(y[:, 5 + OUTPUTS :], before[:, 5 + OUTPUTS :])


def test_gelu_has_the_bits_of_the_product_s_own(lora: NativeLora) -> None:
    """So that a row without an adapter is the same beside one that has it."""
    x = normal(9, INPUTS, seed=1)
    linear = NativeLinear.of(normal(OUTPUTS, INPUTS, seed=2), normal(OUTPUTS, seed=3), "float32")
    y, expected = linear(x), linear(x, gelu_from=3)
    added = y.clone()
    lora.add(x[:, :INPUTS], added, SLOTS)

    call([lora.module(0, 0)], x, y, gelu_from=0)

    without = SLOTS == 0
    assert torch.equal(y[without][:, 3:], expected[without][:, 3:])
    activated = torch.nn.functional.gelu(added.double(), approximate="tanh")
    torch.testing.assert_close(y.double(), activated, rtol=1e-5, atol=1e-5)


def test_modules_of_one_call_are_added_as_one_by_one(lora: NativeLora) -> None:
    x, y = normal(9, 2 * INPUTS, seed=1), normal(9, 2 * OUTPUTS + 70, seed=2)
    alone = y.clone()
    lora.add(x[:, :INPUTS], alone[:, :OUTPUTS], SLOTS)
    lora.add(x[:, INPUTS:], alone[:, OUTPUTS : 2 * OUTPUTS], SLOTS)
    lora.add(x[:, :INPUTS], alone[:, OUTPUTS : 2 * OUTPUTS], SLOTS)
    plain = alone[:, 2 * OUTPUTS :].double()
    alone[:, 2 * OUTPUTS :] = y[:, 2 * OUTPUTS :]

    modules = [lora.module(0, 0), lora.module(INPUTS, OUTPUTS), lora.module(0, OUTPUTS)]
    call(modules, x, y, gelu_from=2 * OUTPUTS)

    assert torch.equal(y[:, : 2 * OUTPUTS], alone[:, : 2 * OUTPUTS])
    activated = torch.nn.functional.gelu(plain, approximate="tanh")
    torch.testing.assert_close(y[:, 2 * OUTPUTS :].double(), activated, rtol=1e-5, atol=1e-5)


def call(modules: list[LoraModule], x: Tensor, y: Tensor, *, gelu_from: int) -> None:
    LoraCall(modules, x_width=x.shape[1], y_width=y.shape[1], gelu_from=gelu_from)(x, y, SLOTS)


def test_a_slot_that_was_dropped_or_never_set_adds_nothing(lora: NativeLora) -> None:
    x, y = normal(4, INPUTS, seed=1), normal(4, OUTPUTS, seed=2)
    before = y.clone()
    lora.drop(2)

    lora.add(x, y, torch.tensor([2, 3, 99, -1], dtype=torch.int32))

    assert torch.equal(y, before)


def test_a_slot_can_be_set_again(lora: NativeLora) -> None:
    x, y = normal(1, INPUTS, seed=1), torch.zeros(1, OUTPUTS)
    a, b = weights(2)
    lora.drop(2)

    lora.set(2, a[:4], b[:, :4], 1.0)
    lora.add(x, y, torch.tensor([2], dtype=torch.int32))

    torch.testing.assert_close(y, x @ a[:4].T @ b[:, :4].T, rtol=1e-5, atol=1e-4)


def test_weights_that_do_not_fit_are_refused(lora: NativeLora) -> None:
    a, b = weights(1)
    for slot, wrong_a, wrong_b in ((0, a, b), (1, a[:, 1:], b), (1, a, b[1:]), (1, a[:2], b)):
        with pytest.raises(ValueError, match="do not fit"):
            lora.set(slot, wrong_a, wrong_b, 1.0)
    with pytest.raises(ValueError, match="int32"):
        lora.add(normal(2, INPUTS, seed=1), normal(2, OUTPUTS, seed=2), torch.tensor([1, 1]))
