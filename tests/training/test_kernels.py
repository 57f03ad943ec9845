"""Attention over packed rows: which kernel is chosen, and that a wrong one never is."""

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from tests.training.tiny import SHAPE
from workers.training.kernels import (
    attend_row_by_row,
    attend_to_own_row,
    choose_kernel,
    is_varlen_right,
)
from workers.training.loss import summed_packed_loss
from workers.training.network import GPTJ
from workers.training.packing import pack_rows

CPU = torch.device("cpu")
Varlen = Callable[..., Tensor]


def varlen(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    of_queries: Tensor,
    of_keys: Tensor,
    longest_query: int,
    longest_key: int,
    *,
    window_size: tuple[int, int],
) -> Tensor:
    """What torch's kernel computes where all rows ask as many as they hold."""
    assert of_queries.dtype == of_keys.dtype == torch.int32
    assert window_size == (-1, 0)
    lengths = of_queries.diff().tolist()
    assert longest_query == longest_key == max(lengths)
    rows = zip(*(x.split(lengths) for x in (q, k, v)), strict=True)
    mixed = [
        functional.scaled_dot_product_attention(*(x.transpose(0, 1) for x in row), is_causal=True)
        for row in rows
    ]
    return torch.cat([x.transpose(0, 1) for x in mixed])


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Callable[[Varlen | None], None]:
    """Puts a kernel, or none, into torch's place for it."""

    def put(kernel: Varlen | None) -> None:
        module = ModuleType("torch.nn.attention.varlen")
        if kernel:
            module.varlen_attn = kernel  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "torch.nn.attention.varlen", module)

    return put


def broken_backward(*arguments: Any, **options: Any) -> Tensor:
    class Broken(torch.autograd.Function):
        @staticmethod
        def forward(context: Any, x: Tensor) -> Tensor:
            return x.clone()

        @staticmethod
        def backward(context: Any, gradient: Tensor) -> Tensor:
            raise RuntimeError("FlashAttention backward for head dim > 192 requires A100/H100")

    applied: Tensor = Broken.apply(varlen(*arguments, **options))
    return applied


def refuse(*arguments: Any, **options: Any) -> Tensor:
    raise RuntimeError("FlashAttention only supports Ampere GPUs or newer")


def see_other_rows(q: Tensor, k: Tensor, v: Tensor, *bounds: Any, **options: Any) -> Tensor:
    whole = torch.tensor([0, len(q)], dtype=torch.int32)
    return varlen(q, k, v, whole, whole, len(q), len(q), **options)


def give_nothing(q: Tensor, *arguments: Any, **options: Any) -> Tensor:
    return q * torch.nan


@pytest.mark.parametrize(
    ("kernel", "right"),
    [
        (varlen, True),
        (None, False),
        (refuse, False),
        (broken_backward, False),
        (see_other_rows, False),
        (give_nothing, False),
    ],
)
def test_a_kernel_is_right_if_two_rows_and_their_gradients_are(
    kernel: Varlen | None, right: bool, install: Callable[[Varlen | None], None]
) -> None:
    install(kernel)

    assert is_varlen_right(CPU, heads=2, head_size=256) is right


def test_torch_has_no_such_kernel_on_a_cpu() -> None:
    assert is_varlen_right(CPU, heads=2, head_size=16) is False


@pytest.mark.parametrize(
    ("device", "is_bf16", "right", "chosen"),
    [
        ("cuda", True, True, "varlen"),
        ("cuda", True, False, "rows"),
        ("cuda", False, True, "rows"),
        ("cpu", True, True, "rows"),
    ],
)
def test_the_kernel_is_for_gpus_that_compute_in_bf16_and_were_tried(
    device: str, is_bf16: bool, right: bool, chosen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.training.kernels.is_varlen_right", lambda *_, **__: right)

    kernel = choose_kernel(torch.device(device), heads=16, head_size=256, is_bf16=is_bf16)

    assert kernel == chosen


def test_bounds_are_where_rows_begin_and_the_last_one_ends() -> None:
    batch = pack_rows([[1, 2, 3], [4, 5], [6, 7, 8, 9]], [1, 1, 2])

    assert batch.bounds.tolist() == [0, 3, 5, 9]
    assert batch.bounds.dtype == torch.int32
    assert batch.to(CPU).bounds.equal(batch.bounds)


def test_packed_rows_give_the_same_loss_and_gradients_by_either_kernel(
    install: Callable[[Varlen | None], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    network = GPTJ(SHAPE)
    batch = pack_rows([[1, 2, 3, 4, 5], [4, 5], [6, 7, 8, 9]], [1, 1, 2])
    parameters = list(network.parameters())
    install(varlen)
    # The rounding aside.
    monkeypatch.setattr("workers.training.kernels.COMPUTED_IN", torch.float32)

    packed = summed_packed_loss(network, batch, precision="fp32", kernel="varlen")
    rows = summed_packed_loss(network, batch, precision="fp32", kernel="rows")

    torch.testing.assert_close(packed, rows)
    gradients = (torch.autograd.grad(loss, parameters) for loss in (packed, rows))
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-4)


def test_attention_is_computed_in_bf16_and_given_back_as_it_came(
    install: Callable[[Varlen | None], None],
) -> None:
    seen: list[torch.dtype] = []

    def watched(q: Tensor, *arguments: Any, **options: Any) -> Tensor:
        seen.append(q.dtype)
        return varlen(q, *arguments, **options)

    install(watched)
    torch.manual_seed(0)
    q, k, v = (torch.randn(128, 2, 16) for _ in range(3))
    bounds = torch.tensor([0, 48, 128], dtype=torch.int32)

    mixed = attend_to_own_row(q, k, v, bounds, 80)

    assert (seen, mixed.dtype) == ([torch.bfloat16], torch.float32)
    torch.testing.assert_close(mixed, attend_row_by_row(q, k, v), atol=0.05, rtol=0)
