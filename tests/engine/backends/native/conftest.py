from collections.abc import Callable, Iterator

import pytest
import torch

from workers.engine.backends.native import build
from workers.engine.backends.native.build import Kernels
from workers.engine.backends.native.isa import ISAS, runnable_isas
from workers.engine.backends.native.library import default_folder

# What this CPU's users get, and what those of weaker ones get, as far as it can run that. A lower
# optimisation level compiles in half the time; the arithmetic is the same.
TARGETS: dict[str, tuple[str, ...] | None] = {
    "native": None,
    **{name: (*ISAS[name].options, "-O1") for name in runnable_isas()},
}


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
