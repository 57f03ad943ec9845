from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from workers.engine.backends.native import build
from workers.engine.backends.native.build import Kernels
from workers.engine.backends.native.library import default_folder


def _runnable() -> dict[str, tuple[str, ...] | None]:
    """Targets that this CPU can run: the one its users get, and those of weaker CPUs."""
    targets: dict[str, tuple[str, ...] | None] = {"native": None}
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.is_file() else []
    flags = set(next((line for line in lines if line.startswith("flags")), "").split())
    # A lower optimisation level compiles in half the time; the arithmetic is the same.
    if "sse4_2" in flags:
        targets["x86-64-v2"] = ("-march=x86-64-v2", "-O1")
    if {"avx2", "fma", "f16c"} <= flags:
        targets["x86-64-v3"] = ("-march=x86-64-v3", "-O1")
    if {"avx2", "fma", "f16c", "avx_vnni"} <= flags:
        targets["avx-vnni"] = ("-march=x86-64-v3", "-mavxvnni", "-O1")
    if {"avx512f", "avx512bw", "avx512dq", "avx512vl"} <= flags:
        targets["x86-64-v4"] = ("-march=x86-64-v4", "-O1")
    return targets


TARGETS = _runnable()


@pytest.fixture(scope="session")
def build_kernels() -> Callable[[str], Kernels]:
    """Kernels of a target, compiled once (and kept, as for users, until the sources change)."""
    made: dict[str, Kernels] = {}

    def get(name: str) -> Kernels:
        if name not in made:
            made[name] = build.build(default_folder(), target=TARGETS[name])
        return made[name]

    return get


@pytest.fixture(params=list(TARGETS))
def target(
    request: pytest.FixtureRequest,
    build_kernels: Callable[[str], Kernels],
    monkeypatch: pytest.MonkeyPatch,
) -> str:
    """Runs the test with the kernels of each target in turn."""
    name = str(request.param)
    monkeypatch.setattr(build, "_loaded", build_kernels(name))
    return name


@pytest.fixture
def threads() -> Iterator[Callable[[int], None]]:
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)
