"""The kernels as functions: compiled at first use, given torch's threads, and checked.

Nothing but a C++ compiler is needed: no headers of torch or Python. Whatever is missing or fails
makes `load` return None, and `reason` say why; the caller then computes with torch.
"""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from workers.engine.backends.native.isa import target_options
from workers.engine.backends.native.library import (
    Unavailable,
    default_folder,
    find_compiler,
    open_library,
)

SOURCES = Path(__file__).parent / "kernels"


class LinearLayer(ctypes.Structure):
    """`LinearLayer` of linear.cpp."""

    _fields_ = (
        ("kind", ctypes.c_int64),
        ("inputs", ctypes.c_int64),
        ("outputs", ctypes.c_int64),
        ("packed", ctypes.c_void_p),
        ("bias", ctypes.c_void_p),
    )


class AttentionShape(ctypes.Structure):
    """`AttentionShape` of attention.h."""

    _fields_ = (
        ("heads", ctypes.c_int64),
        ("head_dim", ctypes.c_int64),
        ("rotary_pairs", ctypes.c_int64),
        ("halves", ctypes.c_int64),
        ("rotations", ctypes.c_void_p),
    )


class AttentionStep(ctypes.Structure):
    """`AttentionStep` of attention.h."""

    _fields_ = (
        ("spans", ctypes.c_void_p),
        ("tables", ctypes.c_void_p),
        ("tiles", ctypes.c_void_p),
        ("span_count", ctypes.c_int64),
        ("tile_count", ctypes.c_int64),
        ("rows", ctypes.c_int64),
        ("longest", ctypes.c_int64),
        ("decodes", ctypes.c_int64),
    )


class LoraWeights(ctypes.Structure):
    """`LoraWeights` of lora.cpp."""

    _fields_ = (
        ("a", ctypes.c_void_p),
        ("b", ctypes.c_void_p),
        ("rank", ctypes.c_int64),
        ("scale", ctypes.c_float),
    )


class LoraModule(ctypes.Structure):
    """`LoraModule` of lora.cpp."""

    _fields_ = (
        ("weights", ctypes.c_void_p),
        ("held", ctypes.c_int64),
        ("most_rank", ctypes.c_int64),
        ("inputs", ctypes.c_int64),
        ("x_from", ctypes.c_int64),
        ("outputs", ctypes.c_int64),
        ("y_from", ctypes.c_int64),
    )


@dataclass(frozen=True, slots=True)
class Kernels:
    """The functions of a loaded library; their arguments are documented where they are defined."""

    library: ctypes.CDLL
    large_pages: Any
    linear_packed_bytes: Any
    linear_pack: Any
    linear_forward: Any
    attention_plan: Any
    attention_layer: Any
    lora_packed_size: Any
    lora_pack: Any
    lora_add: Any

    @classmethod
    def of(cls, library: ctypes.CDLL) -> Kernels:
        # Addresses are passed as plain integers: a typed pointer costs a microsecond a call.
        address, i32, i64 = ctypes.c_void_p, ctypes.c_int32, ctypes.c_int64

        def function(name: str, result: Any, *arguments: Any) -> Any:
            found = library[name]
            found.restype, found.argtypes = result, arguments
            return found

        return cls(
            library=library,
            large_pages=function("kernels_large_pages", None, address, i64),
            linear_packed_bytes=function("linear_packed_bytes", i64, i32, i64, i64),
            linear_pack=function(
                "linear_pack", None, i32, i64, i64, address, i64, i64, i64, address, i32
            ),
            linear_forward=function(
                "linear_forward",
                *(i32, address, address, i64, i64, address, i64, i64, address, i64, i32),
            ),
            attention_plan=function("attention_plan", i64, address, i64, address),
            attention_layer=function(
                "attention_layer", i32, address, address, address, i64, address, i32
            ),
            lora_packed_size=function("lora_packed_size", i64, i64, i64),
            lora_pack=function("lora_pack", None, address, i64, i64, address),
            lora_add=function(
                "lora_add",
                *(i32, address, i64, address, i64, address, i64, address, i64, i64, i64, i32),
            ),
        )


_lock = threading.Lock()
_loaded: Kernels | None = None
_reason: str | None = None


def load() -> Kernels | None:
    """The kernels, compiled if need be; None where they cannot be had (`reason`). The answer of
    the first call stays."""
    global _loaded, _reason
    with _lock:
        if _loaded is None and _reason is None:
            try:
                _loaded = build(default_folder())
            except Unavailable as error:
                _reason = str(error)
        return _loaded


def reason() -> str | None:
    """Why `load` gave None; None before it was called, and when all is well."""
    return _reason


def require() -> Kernels:
    """The kernels; a `RuntimeError` where there are none."""
    kernels = load()
    if kernels is None:
        raise RuntimeError(f"There are no native kernels: {_reason}")
    return kernels


def build(
    folder: Path, *, compiler: Sequence[str] | None = None, target: Sequence[str] | None = None
) -> Kernels:
    """Kernels from the cache in `folder`, or compiled into it.

    compiler: command and its options; found by default.
    target: the options that choose the CPU, which must be able to run them; by default this one, or
    what `KERNELS_ISA` names.
    Raises `Unavailable`.
    """
    # No -ffast-math, and no contraction except where the source asks for it: results must not
    # depend on the optimiser's choices.
    options = [
        *("-std=c++17", "-O3", *(target_options() if target is None else target)),
        *(
            "-fno-math-errno",
            "-fno-trapping-math",
            "-ffp-contract=off",
            "-fvisibility=hidden",
            "-w",
        ),
    ]
    library = open_library(SOURCES, folder, compiler or find_compiler(), options)
    _connect_openmp(library)
    kernels = Kernels.of(library)
    _check(kernels)
    return kernels


def _connect_openmp(library: ctypes.CDLL) -> None:
    """Gives the kernels the threads of the runtime that torch is linked to: looked up through
    torch's own library, it is that one whatever else the process has loaded."""
    torch_library = Path(torch.__file__).parent / "lib" / "libtorch_cpu.so"
    try:
        runtime = ctypes.CDLL(str(torch_library), mode=os.RTLD_NOLOAD | os.RTLD_LAZY)
        entries = [
            ctypes.cast(runtime[name], ctypes.c_void_p)
            for name in ("GOMP_parallel", "GOMP_barrier")
        ]
        connect = library["kernels_use_openmp"]
    except (OSError, AttributeError) as error:
        raise Unavailable(f"torch's OpenMP runtime was not found: {error}.") from error
    connect.restype, connect.argtypes = None, (ctypes.c_void_p, ctypes.c_void_p)
    connect(*entries)


def _check(kernels: Kernels) -> None:
    """A product of whole numbers, which must come out exactly: a compiler may be broken."""
    rows, inputs, outputs, threads = 3, 300, 40, torch.get_num_threads()
    numbers = torch.arange(outputs * inputs, dtype=torch.float32)
    weight = numbers.remainder(7).sub(3).view(outputs, inputs)
    x = torch.arange(rows * inputs, dtype=torch.float32).remainder(5).view(rows, inputs)
    packed = torch.empty(kernels.linear_packed_bytes(0, inputs, outputs), dtype=torch.uint8)
    y = torch.empty(rows, outputs)
    kernels.linear_pack(
        0, inputs, outputs, weight.data_ptr(), inputs, 0, outputs, packed.data_ptr(), threads
    )
    layer = LinearLayer(0, inputs, outputs, packed.data_ptr(), None)
    failed = kernels.linear_forward(
        ctypes.addressof(layer),
        *(x.data_ptr(), inputs, rows, y.data_ptr(), outputs, outputs, None, 0, threads),
    )
    if failed or not torch.equal(y.double(), x.double() @ weight.double().T):
        raise Unavailable("The compiled kernels compute wrongly; try another compiler in $CXX.")
