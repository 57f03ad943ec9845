"""Runs a benchmark as on a CPU with fewer instructions, its peers too.

    python -m benchmarks.at_isa v3 benchmarks.engine        # or: make bench-engine ISA=v3

An empty name changes nothing. The variables must be there before torch is imported, so the
benchmark begins after they are set.
"""

from __future__ import annotations

import os
import runpy
import sys

# By our name: those of torch's operators, oneDNN, MKL and CTranslate2.
_PEERS = {
    "v2": ("default", "SSE41", "SSE4_2", "GENERIC"),
    "v3": ("avx2", "AVX2", "AVX2", "AVX2"),
    "v3-vnni": ("avx2", "AVX2_VNNI", "AVX2", "AVX2"),
    "v4": ("avx512", "AVX512_CORE", "AVX512", "AVX512"),
    "v4-vnni": ("avx512", "AVX512_CORE_VNNI", "AVX512", "AVX512"),
}
_VARIABLES = (
    "ATEN_CPU_CAPABILITY",
    "ONEDNN_MAX_CPU_ISA",
    "MKL_ENABLE_INSTRUCTIONS",
    "CT2_FORCE_CPU_ISA",
)


def limits_of(isa: str) -> dict[str, str]:
    """The variables that hold this engine and its peers to an instruction set."""
    return {"KERNELS_ISA": isa, **dict(zip(_VARIABLES, _PEERS[isa], strict=True))}


def main() -> None:
    isa, module, *arguments = sys.argv[1:]
    if isa and isa not in _PEERS:
        sys.exit(f"ISA={isa} is none of {', '.join(_PEERS)}.")
    if isa:
        os.environ |= limits_of(isa)
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
