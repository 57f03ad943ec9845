"""The instruction sets that the kernels can be compiled for.

They are compiled for the machine's own CPU unless `KERNELS_ISA` names a weaker one: tests and
benchmarks see with it what other CPUs get. The names are those of x86-64's levels, with "-vnni" for
the products of bytes that some CPUs of a level have.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass

from workers.engine.backends.native.library import Unavailable, cpu_flags


@dataclass(frozen=True, slots=True)
class Isa:
    """Options of GCC and clang, and the flags of /proc/cpuinfo without which a CPU cannot run the
    result."""

    options: tuple[str, ...]
    flags: frozenset[str]


_V2 = frozenset({"ssse3", "sse4_1", "sse4_2"})
_V3 = _V2 | {"avx2", "fma", "f16c", "bmi2"}
_V4 = _V3 | {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"}

ISAS: Mapping[str, Isa] = {
    "v2": Isa(("-march=x86-64-v2",), _V2),
    "v3": Isa(("-march=x86-64-v3",), _V3),
    "v3-vnni": Isa(("-march=x86-64-v3", "-mavxvnni"), _V3 | {"avx_vnni"}),
    "v4": Isa(("-march=x86-64-v4",), _V4),
    "v4-vnni": Isa(("-march=x86-64-v4", "-mavx512vnni"), _V4 | {"avx512_vnni"}),
}


def runnable_isas() -> list[str]:
    """The names of those that this CPU can run, the weakest first."""
    flags = set(cpu_flags().split())
    return [name for name, isa in ISAS.items() if isa.flags <= flags]


def isa_in_use() -> str:
    """The name that `KERNELS_ISA` gives, or the widest one that this CPU can run."""
    return os.environ.get("KERNELS_ISA", "") or (runnable_isas() or ["unknown"])[-1]


def target_options() -> tuple[str, ...]:
    """The compiler's options for the CPU: this one, or what `KERNELS_ISA` names.

    Raises `Unavailable` if this CPU cannot run that.
    """
    name = os.environ.get("KERNELS_ISA", "")
    if not name:
        # clang knows -march=native on x86-64 alone.
        x86 = platform.machine().lower() in ("x86_64", "amd64")
        return ("-march=native",) if x86 else ("-mcpu=native",)
    if name not in runnable_isas():
        here = ", ".join(runnable_isas()) or "none of them"
        raise Unavailable(f"KERNELS_ISA is {name!r}; this CPU can run {here}.")
    return ISAS[name].options
