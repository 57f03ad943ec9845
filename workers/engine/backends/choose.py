"""Which backend serves a checkpoint: chosen once, from what was asked for, the device, and whether
this engine's own kernels can be built. Nothing else asks for any of these."""

from __future__ import annotations

from functools import partial

import torch

from workers.engine.backends.devices import find_device, gpu_free_bytes
from workers.engine.backends.host_memory import available_bytes
from workers.engine.backends.interface import Backend, Precision
from workers.engine.backends.native import build
from workers.engine.backends.native.backend import NativeBackend
from workers.engine.backends.torch.adapters import GATHERED_BELOW_ON_CPU, GATHERED_BELOW_ON_GPU
from workers.engine.backends.torch.backend import MakeLinear, TorchBackend
from workers.engine.backends.torch.linear import Int8Linear, PackedLinear, PlainLinear, cpu_packs
from workers.engine.checkpoint.spec import CheckpointSpec
from workers.engine.errors import CheckpointUnsupported
from workers.engine.scheduling.blocks import BLOCK

CPU_PREFILL_ROWS = 512
GPU_PREFILL_ROWS = 2048
# This engine's own attention gives a row the same numbers in any chunk; torch's does not.
OWN_GRID = 8
TORCH_GRID = BLOCK


def choose_backend(spec: CheckpointSpec, stored: torch.dtype) -> Backend:
    """stored: the dtype of the checkpoint's matrices, from which int8 is rounded.

    Raises `CheckpointUnsupported`, or `DeviceMissing` while the device is not there.
    """
    device = find_device(spec.device)
    read: torch.dtype = stored if spec.dtype == "int8" else getattr(torch, spec.dtype)
    if device.type == "cuda":
        return _on_gpu(spec, device, read)
    if spec.kernels == "auto" and build.load() is not None:
        return _native(spec, device, read)
    return _torch_on_cpu(spec, device, read)


def _precision(
    spec: CheckpointSpec, read: torch.dtype, activations: torch.dtype, cached: torch.dtype
) -> Precision:
    item_bytes = 1 if spec.dtype == "int8" else read.itemsize
    return Precision(spec.dtype, read, activations, cached, item_bytes)


def _native(spec: CheckpointSpec, device: torch.device, read: torch.dtype) -> NativeBackend:
    # Where weights are rounded, their results may be too: half-precision numbers have smaller
    # errors than bf16 or int8 weights, and are read twice as fast as fp32.
    cached = torch.float32 if spec.dtype == "float32" else torch.float16
    return NativeBackend(
        device=device,
        precision=_precision(spec, read, torch.float32, cached),
        kernels="native",
        copies=True,
        chunk_grid=OWN_GRID,
        prefill_rows=CPU_PREFILL_ROWS,
        free_bytes=available_bytes,
    )


def _torch_on_cpu(spec: CheckpointSpec, device: torch.device, read: torch.dtype) -> TorchBackend:
    make_linear: MakeLinear
    if spec.dtype == "int8":
        make_linear, copies, activations = Int8Linear.of, True, torch.float32
    elif cpu_packs(read):
        make_linear, copies, activations = PackedLinear.of, True, read
    else:
        make_linear, copies, activations = PlainLinear, False, read
    reason = build.reason() if spec.kernels == "auto" else None
    return TorchBackend(
        device=device,
        # torch's attention for a single query is several times slower in bf16 than in fp32.
        precision=_precision(spec, read, activations, torch.float32),
        kernels=f"torch: {reason}" if reason else "torch",
        copies=copies,
        chunk_grid=TORCH_GRID,
        prefill_rows=CPU_PREFILL_ROWS,
        free_bytes=available_bytes,
        make_linear=make_linear,
        gathered_below=GATHERED_BELOW_ON_CPU,
    )


def _on_gpu(spec: CheckpointSpec, device: torch.device, read: torch.dtype) -> Backend:
    capability = torch.cuda.get_device_capability(device)
    if spec.dtype == "bfloat16" and capability < (8, 0):
        raise CheckpointUnsupported(
            "This GPU computes nothing in bfloat16. Choose float16 or int8.", dtype=spec.dtype
        )
    if spec.kernels == "torch":
        return _torch_on_gpu(spec, device, read)
    # Triton comes with torch's CUDA build only.
    from workers.engine.backends.cuda.backend import CudaBackend

    int8 = spec.dtype == "int8"
    activations = read
    if int8:
        halves = capability < (8, 0) or read is torch.float16
        activations = torch.float16 if halves else torch.bfloat16
    return CudaBackend(
        device=device,
        precision=_precision(spec, read, activations, activations),
        kernels="native",
        copies=int8,
        chunk_grid=OWN_GRID,
        prefill_rows=GPU_PREFILL_ROWS,
        free_bytes=partial(gpu_free_bytes, device),
        capability=capability,
        int8=int8,
    )


def _torch_on_gpu(spec: CheckpointSpec, device: torch.device, read: torch.dtype) -> TorchBackend:
    if spec.dtype == "int8":
        raise CheckpointUnsupported(
            "int8 on a GPU needs this engine's own kernels: choose kernels 'auto'.",
            dtype=spec.dtype,
        )
    return TorchBackend(
        device=device,
        precision=_precision(spec, read, read, read),
        kernels="torch",
        copies=False,
        chunk_grid=TORCH_GRID,
        prefill_rows=GPU_PREFILL_ROWS,
        free_bytes=partial(gpu_free_bytes, device),
        make_linear=PlainLinear,
        gathered_below=GATHERED_BELOW_ON_GPU,
    )
