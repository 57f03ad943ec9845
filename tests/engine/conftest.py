import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from tests.engine.tiny import SIZES, Tiny, make_tiny


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Tiny]:
    """A random checkpoint by name, written and loaded once a session."""
    made: dict[str, Tiny] = {}

    def get(name: str) -> Tiny:
        if name not in made:
            made[name] = make_tiny(SIZES[name], tmp_path_factory.mktemp(name))
        return made[name]

    return get


@pytest.fixture
def small(tiny: Callable[[str], Tiny]) -> Tiny:
    return tiny("small")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "checkpoint"
