"""The kernels use torch's threads and no others."""

from __future__ import annotations

import ctypes
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TypedDict

import pytest
import torch

from workers.engine.backends.native import build
from workers.engine.backends.native.library import Unavailable, default_folder

# Runs a product large enough for several threads, then one of torch, and prints what it observes.
PROCESS = """
import json, pathlib, sys, torch
from workers.engine.backends.native.linear import NativeLinear

def threads():
    return len(list(pathlib.Path("/proc/self/task").iterdir()))

torch.set_num_threads(1)
weight, x = torch.ones(4096, 512), torch.ones(64, 512)
torch.set_num_threads(int(sys.argv[1]))
before = threads()
NativeLinear.of(weight, None, "float32")(x)
native = threads() - before
x @ weight.T
torch.exp(torch.ones(1000000))
maps = pathlib.Path("/proc/self/maps").read_text().splitlines()
runtimes = {line.split()[-1] for line in maps if "omp" in line.rpartition("/")[2]}
print(json.dumps({"native": native, "both": threads() - before, "runtimes": sorted(runtimes)}))
"""


class Found(TypedDict):
    """Threads of the kernels, threads of both together, and the OpenMP runtimes in memory."""

    native: int
    both: int
    runtimes: list[str]


def observe(threads: int) -> Found:
    done = subprocess.run(
        [sys.executable, "-c", PROCESS, str(threads)], capture_output=True, text=True, check=True
    )
    found: Found = json.loads(done.stdout)
    return found


def test_kernels_are_built() -> None:
    assert build.load() is not None, build.reason()
    assert build.reason() is None


@pytest.mark.parametrize("threads", [1, 3])
def test_kernels_and_torch_share_one_team_of_torchs_size(threads: int) -> None:
    found = observe(threads)

    assert len(found["runtimes"]) == 1
    assert found["native"] == found["both"] == threads - 1


def test_a_compiler_with_wrong_results_is_detected(monkeypatch: pytest.MonkeyPatch) -> None:
    kernels = build.require()

    def does_nothing(*_: object) -> int:
        return 0

    broken = replace(kernels, linear_forward=does_nothing)
    monkeypatch.setattr(build.Kernels, "of", lambda library: broken)

    with pytest.raises(Unavailable, match="compute wrongly"):
        build.build(default_folder())


def test_a_missing_runtime_gives_a_reason(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(torch, "__file__", str(tmp_path / "torch" / "__init__.py"))

    with pytest.raises(Unavailable, match="OpenMP"):
        build.build(default_folder())


def test_structures_have_the_sizes_that_the_kernels_expect() -> None:
    assert ctypes.sizeof(build.LinearLayer) == 5 * 8
    assert ctypes.sizeof(build.AttentionShape) == 5 * 8
    assert ctypes.sizeof(build.AttentionStep) == 8 * 8
    assert ctypes.sizeof(build.LoraWeights) == 4 * 8
