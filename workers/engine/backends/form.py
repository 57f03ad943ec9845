"""In which form a checkpoint's weights are held and multiplied: chosen from what was asked for, the
device, and whether this engine's own kernels can be built."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from workers.engine.backends.native import build
from workers.engine.backends.native.linear import NativeLinear
from workers.engine.backends.torch.linear import (
    Int8Linear,
    Linear,
    PackedLinear,
    PlainLinear,
    packs,
)
from workers.engine.checkpoint.spec import CheckpointSpec, Dtype
from workers.engine.errors import CheckpointUnsupported


class MakeLinear(Protocol):
    def __call__(self, weight: Tensor, bias: Tensor) -> Linear:
        """A dense layer of weight [out, in] and bias [out]."""


@dataclass(frozen=True, slots=True)
class Form:
    """dtype: as asked for.
    device: where the weights are.
    read: what matrices are read as, and what the embedding stays in.
    activations: what rows are computed in between products; biases and norms are of this dtype.
    cached: what keys and values are kept in.
    linear: makes a dense layer; `copies` says whether it leaves the weight it was given alone.
    native: whether attention runs in this engine's own kernels too.
    """

    dtype: Dtype
    device: torch.device
    read: torch.dtype
    activations: torch.dtype
    cached: torch.dtype
    linear: MakeLinear
    copies: bool
    native: bool = False

    @property
    def item_bytes(self) -> int:
        """Bytes of one weight of a matrix."""
        item_bytes: int = self.read.itemsize
        return 1 if self.dtype == "int8" else item_bytes


def choose_form(spec: CheckpointSpec, device: torch.device, stored: torch.dtype) -> Form:
    """stored: the dtype of the checkpoint's matrices, from which int8 is rounded."""
    dtype = spec.dtype
    read = stored if dtype == "int8" else getattr(torch, dtype)
    if device.type != "cpu":
        return _on_gpu(spec, device, read)
    kernels = build.load() if spec.kernels == "auto" else None
    if kernels is not None:

        def native(weight: Tensor, bias: Tensor) -> Linear:
            return NativeLinear.of(weight, bias, dtype)

        # Where weights are rounded, so may be what they give: half-precision numbers err less than
        # bf16 or int8 weights and are read twice as fast as fp32.
        cached = torch.float32 if dtype == "float32" else torch.float16
        return Form(dtype, device, read, torch.float32, cached, native, True, True)
    # torch's attention for a single query is several times slower in bf16 than in fp32.
    if dtype == "int8":
        return Form(dtype, device, read, torch.float32, torch.float32, Int8Linear.of, True)
    if packs(read, device):
        return Form(dtype, device, read, read, torch.float32, PackedLinear.of, True)
    return Form(dtype, device, read, read, torch.float32, PlainLinear, False)


def _on_gpu(spec: CheckpointSpec, device: torch.device, read: torch.dtype) -> Form:
    major, _ = torch.cuda.get_device_capability(device)
    if spec.dtype == "bfloat16" and major < 8:
        raise CheckpointUnsupported(
            "This GPU computes nothing in bfloat16. Choose float16 or int8.", dtype=spec.dtype
        )
    if spec.kernels == "torch":
        if spec.dtype == "int8":
            raise CheckpointUnsupported(
                "int8 on a GPU needs this engine's own kernels: choose kernels 'auto'.",
                dtype=spec.dtype,
            )
        return Form(spec.dtype, device, read, read, read, PlainLinear, False)
    # Triton comes with torch's CUDA build only.
    from workers.engine.backends.cuda.linear import CudaLinear, Int8CudaLinear

    if spec.dtype == "int8":
        half = torch.float16 if major < 8 or read is torch.float16 else torch.bfloat16
        return Form(spec.dtype, device, read, half, half, Int8CudaLinear.of, True, True)
    return Form(spec.dtype, device, read, read, read, CudaLinear.of, False, True)
