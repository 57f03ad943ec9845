"""Kernels for weaker CPUs than this one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from workers.engine.backends.native import build
from workers.engine.backends.native.build import Kernels
from workers.engine.backends.native.isa import ISAS, runnable_isas, target_options
from workers.engine.backends.native.library import Unavailable
from workers.engine.backends.native.linear import NativeLinear

# Without fused multiplication the sums of blocks are rounded once more.
FUSED = [name for name in runnable_isas() if name != "v2"]


def product(kernels: Kernels, rows: int, monkeypatch: pytest.MonkeyPatch) -> Tensor:
    monkeypatch.setattr(build, "_loaded", kernels)
    draw = torch.Generator().manual_seed(rows)
    weight, x = torch.randn(97, 1030, generator=draw), torch.randn(rows, 1030, generator=draw)
    # What rounds to the ends of int8, of both signs, meets in every lane.
    weight[:, ::3] = weight[:, ::3].sign() * 4
    x[:, ::3] = x[:, ::3].sign() * 5
    return NativeLinear.of(weight, None, "int8")(x)


@pytest.mark.parametrize("rows", [1, 3, 4, 6, 13, 60])
def test_int8_has_the_same_bits_at_every_instruction_set(
    rows: int, build_kernels: Callable[[str], Kernels], monkeypatch: pytest.MonkeyPatch
) -> None:
    results = [product(build_kernels(name), rows, monkeypatch) for name in (*FUSED, "native")]

    assert all(torch.equal(result, results[0]) for result in results)


def test_the_variable_chooses_the_instruction_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in runnable_isas():
        monkeypatch.setenv("KERNELS_ISA", name)
        assert target_options() == ISAS[name].options
    monkeypatch.delenv("KERNELS_ISA")
    assert target_options()[0].endswith("=native")


def test_what_the_cpu_cannot_run_is_refused_with_what_it_can(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KERNELS_ISA", "v9")

    with pytest.raises(Unavailable, match=r"'v9'; this CPU can run .*v2"):
        target_options()
