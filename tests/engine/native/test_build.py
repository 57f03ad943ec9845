"""The kernels' place in the process: torch's threads and nobody else's."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from pathlib import Path

import pytest

from workers.engine.native import build
from workers.engine.native.library import Unavailable, default_folder

# Runs a product large enough for several threads, beside one of torch, and tells what it finds.
PROCESS = """
import json, pathlib, sys, torch
from workers.engine.native import build
from workers.engine.native.linear import NativeLinear

def threads():
    return len(list(pathlib.Path("/proc/self/task").iterdir()))

torch.set_num_threads(int(sys.argv[1]))
linear = NativeLinear.of(torch.randn(4096, 512), None, "float32")
x = torch.randn(64, 512)
before = threads()
linear(x)
native = threads() - before
torch.set_num_threads(int(sys.argv[1]))
x @ torch.randn(512, 4096)
maps = pathlib.Path("/proc/self/maps").read_text().splitlines()
runtimes = {line.split()[-1] for line in maps if "omp" in line.rpartition("/")[2]}
print(json.dumps({"native": native, "both": threads() - before, "runtimes": sorted(runtimes)}))
"""


def observe(threads: int) -> dict[str, object]:
    import json

    done = subprocess.run(
        [sys.executable, "-c", PROCESS, str(threads)], capture_output=True, text=True, check=True
    )
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_kernels_are_there() -> None:
    assert build.load() is not None, build.reason()
    assert build.reason() is None


def test_one_openmp_runtime_serves_torch_and_the_kernels() -> None:
    found = observe(threads=3)

    assert len(found["runtimes"]) == 1  # type: ignore[arg-type]
    # Packing started the team before; neither the product nor torch's own adds a thread to it.
    assert found["native"] == found["both"] == 0


def test_a_compiler_that_computes_wrongly_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    kernels = build.load()
    assert kernels is not None
    broken = lambda *_: 0  # noqa: E731 - says it is done, and did nothing
    monkeypatch.setattr(
        build.Kernels, "of", classmethod(lambda cls, library: _with(kernels, broken))
    )

    with pytest.raises(Unavailable, match="compute wrongly"):
        build.build(default_folder())


def _with(kernels: build.Kernels, forward: object) -> build.Kernels:
    from dataclasses import replace

    return replace(kernels, linear_forward=forward)


def test_a_missing_runtime_is_a_reason(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(build.torch, "__file__", str(tmp_path / "torch" / "__init__.py"))

    with pytest.raises(Unavailable, match="OpenMP"):
        build.build(default_folder())


def test_structures_have_the_sizes_that_the_kernels_read() -> None:
    assert ctypes.sizeof(build.LinearLayer) == 5 * 8
    assert ctypes.sizeof(build.AttentionShape) == 5 * 8
    assert ctypes.sizeof(build.AttentionStep) == 8 * 8
    assert ctypes.sizeof(build.LoraWeights) == 4 * 8
