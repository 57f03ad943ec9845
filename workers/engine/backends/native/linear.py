"""y = x W^T + b over fp32 rows, with weights in fp32, bf16, fp16 or int8.

A row's result is the same to the bit whatever other rows are in the call and however many threads
compute it: each output is summed in one order, inputs in blocks of 256, whatever the tile.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any, Literal, Self

import torch
from torch import Tensor

from workers.engine.backends.native import build

Kind = Literal["float32", "bfloat16", "float16", "int8"]
KINDS: tuple[Kind, ...] = ("float32", "bfloat16", "float16", "int8")

_SLAB_BYTES = 8 * 2**20
_PANEL = 32


@dataclass(frozen=True, slots=True)
class NativeLinear:
    """A packed weight [outputs, inputs] with its bias.

    kind: what weights are held in. int8 is symmetric with one scale for each output and 256 inputs;
        where the CPU multiplies bytes (AVX512-VNNI, AVX-VNNI) activations are rounded to int8 as
        well, with one scale for each row and 256 inputs, and sums are exact within those.
    packed: uint8, laid out as weights.h says for this CPU; not to be kept in files.
    """

    inputs: int
    outputs: int
    kind: Kind
    packed: Tensor
    bias: Tensor | None
    _layer: build.LinearLayer
    _address: int
    _forward: Any

    @classmethod
    def of(cls, weight: Tensor, bias: Tensor | None, kind: Kind) -> Self:
        """Packs a weight [outputs, inputs] of any float dtype (its rows may be strided) and copies
        the bias [outputs]. The weight can then be dropped."""
        kernels = build.require()
        outputs, inputs = weight.shape
        if not weight.is_cpu or weight.dtype not in (torch.float32, torch.bfloat16, torch.float16):
            raise ValueError(
                f"weight must be float32, bfloat16 or float16 on the CPU: {weight.dtype}"
            )
        if bias is not None:
            if bias.shape != (outputs,):
                raise ValueError(f"bias must be [{outputs}]; it is {list(bias.shape)}")
            bias = bias.detach().to(torch.float32, copy=True).contiguous()
        number = KINDS.index(kind)
        size = kernels.linear_packed_bytes(number, inputs, outputs)
        packed = torch.empty(size, dtype=torch.uint8)
        kernels.large_pages(packed.data_ptr(), size)
        # Converted a slab at a time, so that no second copy of the weight is ever whole.
        dtype = torch.float32 if kind == "int8" else getattr(torch, kind)
        step = max(_SLAB_BYTES // (inputs * 4) // _PANEL, 1) * _PANEL
        for first in range(0, outputs, step):
            slab = weight[first : first + step].detach().to(dtype)
            if slab.stride(1) != 1:
                slab = slab.contiguous()
            kernels.linear_pack(
                *(number, inputs, outputs, slab.data_ptr(), slab.stride(0), first, slab.shape[0]),
                *(packed.data_ptr(), torch.get_num_threads()),
            )
        layer = build.LinearLayer(
            number, inputs, outputs, packed.data_ptr(), None if bias is None else bias.data_ptr()
        )
        return cls(
            inputs=inputs,
            outputs=outputs,
            kind=kind,
            packed=packed,
            bias=bias,
            _layer=layer,
            _address=ctypes.addressof(layer),
            _forward=kernels.linear_forward,
        )

    def __call__(
        self, x: Tensor, *, gelu_from: int | None = None, residual: Tensor | None = None
    ) -> Tensor:
        """fp32 [N, inputs] -> [N, outputs].

        x, residual: rows may be strided.
        gelu_from: columns from this one on pass GELU (tanh form).
        residual: [N, outputs], added last.
        """
        rows = x.shape[0]
        if x.shape[1] != self.inputs:
            raise ValueError(f"x must be [N, {self.inputs}]; it is {list(x.shape)}")
        y = torch.empty((rows, self.outputs))
        failed = self._forward(
            self._address,
            *_place(x),
            rows,
            *(y.data_ptr(), self.outputs),
            self.outputs if gelu_from is None else gelu_from,
            *((None, 0) if residual is None else _place(residual, y.shape)),
            torch.get_num_threads(),
        )
        if failed:
            raise MemoryError("There is no memory for a product's scratch.")
        return y


def _place(rows: Tensor, shape: torch.Size | None = None) -> tuple[int, int]:
    """Address and row stride of fp32 rows on the CPU."""
    stride, step = rows.stride()
    if rows.dtype is not torch.float32 or not rows.is_cpu or (step != 1 and rows.shape[1] != 1):
        raise ValueError(
            f"rows must be float32 on the CPU, each in one piece; these are {rows.dtype} on "
            f"{rows.device} with strides {list(rows.stride())}"
        )
    if shape is not None and rows.shape != shape:
        raise ValueError(f"residual must be {list(shape)}; it is {list(rows.shape)}")
    return rows.data_ptr(), stride
