"""y = x W^T + b over the rows of a step, in the layout the device likes."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

# Rows that weights are packed for. Packed for one row they are several times slower at many.
PACKED_ROWS = 16


@dataclass(frozen=True, slots=True)
class Linear:
    """weight [out, in], bias [out]. A packed weight is in oneDNN's own layout and nothing else."""

    weight: Tensor
    bias: Tensor
    packed: bool

    @classmethod
    def of(cls, weight: Tensor, bias: Tensor) -> Linear:
        """Packs on a CPU; the caller must then drop `weight` or fill it anew, as two copies are
        twice the memory.

        Packed products are 1.5 to 4 times faster at 1 to 16 rows than plain ones, and in fp32 a
        row's result is the same to the bit for any number of rows from two on (`row_padding`).
        """
        if packs(weight.dtype, weight.device):
            packed = torch.ops.mkldnn._reorder_linear_weight(weight, PACKED_ROWS)
            return cls(weight=packed, bias=bias, packed=True)
        return cls(weight=weight, bias=bias, packed=False)

    def __call__(self, x: Tensor) -> Tensor:
        """[N, in] -> [N, out]; rows of x may be strided."""
        if self.packed:
            return torch.ops.mkldnn._linear_pointwise(x, self.weight, self.bias, "none", [], "")
        return torch.nn.functional.linear(x, self.weight, self.bias)


def packs(dtype: torch.dtype, device: torch.device) -> bool:
    """Whether `Linear.of` copies such weights into another layout."""
    if device.type != "cpu" or not torch.backends.mkldnn.is_available():
        return False
    if dtype is torch.bfloat16:
        return torch.ops.mkldnn._is_mkldnn_bf16_supported() is True
    return dtype is torch.float32
