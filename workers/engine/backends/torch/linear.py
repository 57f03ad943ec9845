"""y = x W^T + b over the rows of a step, by torch.

PlainLinear    torch's own product: GPUs, fp16 on a CPU, CPUs without oneDNN
PackedLinear   weights in oneDNN's layout: fp32 and bf16 on a CPU
Int8Linear     int8 weights, activations rounded to int8 row by row: a CPU
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

# Rows that weights are packed for. Packed for one row they are several times slower at many.
PACKED_ROWS = 16


def finish(y: Tensor, gelu_from: int | None, residual: Tensor | None) -> Tensor:
    """The work after a product, see `Linear`; in place, on a `y` without other references."""
    if gelu_from is not None:
        torch.ops.aten.gelu_(y[:, gelu_from:], approximate="tanh")
    return y if residual is None else y.add_(residual)


@dataclass(frozen=True, slots=True)
class PlainLinear:
    weight: Tensor
    bias: Tensor

    def __call__(
        self, x: Tensor, *, gelu_from: int | None = None, residual: Tensor | None = None
    ) -> Tensor:
        y = torch.nn.functional.linear(x, self.weight, self.bias)
        return finish(y, gelu_from, residual)


@dataclass(frozen=True, slots=True)
class PackedLinear:
    """Packed products are 1.5 to 4 times faster at 1 to 16 rows than plain ones, and in fp32 a
    row's result is the same to the bit for any number of rows from two on; a single row takes
    another kernel, so in fp32 it runs twice."""

    weight: Tensor
    bias: Tensor

    @classmethod
    def of(cls, weight: Tensor, bias: Tensor) -> PackedLinear:
        """Copies: the caller must drop `weight` or fill it again, or memory doubles."""
        return cls(torch.ops.mkldnn._reorder_linear_weight(weight, PACKED_ROWS), bias)

    def __call__(
        self, x: Tensor, *, gelu_from: int | None = None, residual: Tensor | None = None
    ) -> Tensor:
        rows = x.shape[0]
        if rows == 1 and x.dtype == torch.float32:
            x = x.expand(2, -1).contiguous()
        y = torch.ops.mkldnn._linear_pointwise(x, self.weight, self.bias, "none", [], "")
        return finish(y[:rows], gelu_from, residual)


@dataclass(frozen=True, slots=True)
class Int8Linear:
    """int8 weights with a scale for each output; each row of x is scaled by its own largest value
    and rounded to 8 bits, so no row depends on another. Packed for fbgemm."""

    packed: Any
    bias: Tensor

    @classmethod
    def of(cls, weight: Tensor, bias: Tensor) -> Int8Linear:
        """Copies, a quarter of fp32."""
        weight = weight.float()
        scales = weight.abs().amax(dim=1).clamp_(min=1e-12) / 127.0
        zeros = torch.zeros(weight.shape[0], dtype=torch.int64)
        with warnings.catch_warnings():
            # torch announces that quantised dtypes will go one day; its version is pinned here.
            warnings.simplefilter("ignore")
            quantised = torch.quantize_per_channel(weight, scales, zeros, 0, torch.qint8)
            packed = torch.ops.quantized.linear_prepack(quantised, None)
        return cls(packed, bias)

    def __call__(
        self, x: Tensor, *, gelu_from: int | None = None, residual: Tensor | None = None
    ) -> Tensor:
        largest = torch.linalg.vector_norm(x, torch.inf, 1, True).clamp_(min=1e-12)
        y = torch.ops.quantized.linear_with_input_q_dq_qweight_dq_output_fp32(
            x / largest, 1.0 / 127.0, 128, self.packed
        )
        return finish(torch.addcmul(self.bias, y, largest), gelu_from, residual)


def cpu_packs(dtype: torch.dtype) -> bool:
    """Whether `PackedLinear` serves weights of this dtype on this CPU."""
    if not torch.backends.mkldnn.is_available():
        return False
    if dtype is torch.bfloat16:
        return torch.ops.mkldnn._is_mkldnn_bf16_supported() is True
    return dtype is torch.float32
