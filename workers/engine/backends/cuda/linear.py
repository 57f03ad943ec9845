"""y = x W^T + b over the rows of a step on an NVIDIA GPU.

    CudaLinear       weights in the activations' dtype
    Int8CudaLinear   int8 weights with a scale for each output; activations are not rounded

Few rows take a kernel that reads the weights once and includes the work after the product; many
rows are cuBLAS's.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import triton
from torch import Tensor

from workers.engine.backends.cuda.product_kernels import few_rows, row_by_row
from workers.engine.backends.cuda.shapes import Capability, ProductTile, product_tile
from workers.engine.backends.torch.linear import finish

# Rows of a matrix that are rounded at a time: rounding needs a few copies in fp32.
_ROUNDED_ROWS = 4096


@dataclass(frozen=True, slots=True)
class CudaLinear:
    """capability: of the weight's device, in both."""

    weight: Tensor
    bias: Tensor
    capability: Capability

    def __call__(
        self, x: Tensor, *, gelu_from: int | None = None, residual: Tensor | None = None
    ) -> Tensor:
        outputs = self.weight.shape[0]
        tile = product_tile(x.shape[0], outputs, self.capability, int8=False)
        if tile is None or x.dtype == torch.float32:
            y = torch.nn.functional.linear(x, self.weight, self.bias)
            return finish(y, gelu_from, residual)
        return _product(x, self.weight, None, self.bias, gelu_from, residual, tile)


@dataclass(frozen=True, slots=True)
class Int8CudaLinear:
    """weight int8 [out, in]; scales fp32 [out], the largest magnitude of a row over 127."""

    weight: Tensor
    scales: Tensor
    bias: Tensor
    capability: Capability

    @classmethod
    def of(cls, weight: Tensor, bias: Tensor, capability: Capability) -> Int8CudaLinear:
        """Rounds a copy, on the weight's own device."""
        rounded, scales = round_to_int8(weight)
        return cls(rounded, scales, bias, capability)

    def __call__(
        self, x: Tensor, *, gelu_from: int | None = None, residual: Tensor | None = None
    ) -> Tensor:
        outputs = self.weight.shape[0]
        tile = product_tile(x.shape[0], outputs, self.capability, int8=True)
        if tile is None:
            # With its scale, as a sum of whole numbers could pass the largest of fp16.
            wide = self.weight * self.scales.to(x.dtype).unsqueeze(1)
            y = torch.nn.functional.linear(x, wide, self.bias)
            return finish(y, gelu_from, residual)
        return _product(x, self.weight, self.scales, self.bias, gelu_from, residual, tile)


def round_to_int8(weight: Tensor) -> tuple[Tensor, Tensor]:
    """int8 [out, in] and fp32 scales [out] of weight [out, in]."""
    rounded = torch.empty(weight.shape, dtype=torch.int8, device=weight.device)
    scales = torch.empty(weight.shape[0], dtype=torch.float32, device=weight.device)
    for first in range(0, weight.shape[0], _ROUNDED_ROWS):
        part = weight[first : first + _ROUNDED_ROWS].float()
        scale = part.abs().amax(dim=1).clamp_(min=1e-12) / 127.0
        scales[first : first + _ROUNDED_ROWS] = scale
        rounded[first : first + _ROUNDED_ROWS] = (part / scale.unsqueeze(1)).round_()
    return rounded, scales


def _product(
    x: Tensor,
    weight: Tensor,
    scales: Tensor | None,
    bias: Tensor,
    gelu_from: int | None,
    residual: Tensor | None,
    tile: ProductTile,
) -> Tensor:
    rows, (outputs, inputs) = x.shape[0], weight.shape
    y = torch.empty(rows, outputs, dtype=x.dtype, device=x.device)
    # A kernel needs a pointer for each; one that it does not read replaces a missing tensor.
    added = y if residual is None else residual
    scaled = bias if scales is None else scales
    arguments = (x, x.stride(0), weight, scaled, bias, added, added.stride(0), y)
    sizes = (outputs, inputs, outputs if gelu_from is None else gelu_from)
    flags = (scales is not None, residual is not None)
    programs = triton.cdiv(outputs, tile.outputs)
    with torch.cuda.device_of(x):
        if tile.rows == 1:
            row_by_row[(rows, programs)](
                *arguments, *sizes, *flags, tile.outputs, tile.inputs, num_warps=tile.warps
            )
        else:
            few_rows[(programs,)](
                *arguments,
                rows,
                *sizes,
                *flags,
                tile.rows,
                tile.outputs,
                tile.inputs,
                num_warps=tile.warps,
                num_stages=tile.stages,
            )
    return y
