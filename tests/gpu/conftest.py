"""The tiny models on a CUDA device. Run by `pytest -m gpu tests/gpu`."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from tests.engine.tiny import SIZES, Tiny, load_tiny_from
from tools.random_checkpoint import write
from workers.engine.checkpoint.spec import CheckpointSpec, Dtype, Kernels


@pytest.fixture(autouse=True, scope="session")
def device() -> torch.device:
    """fp32 means fp32: TF32 would hide errors of the size that these tests look for."""
    if not torch.cuda.is_available():
        pytest.fail("These tests need a CUDA device and a CUDA build of torch.")
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    return torch.device("cuda")


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Tiny]:
    """A random checkpoint by name, written once a session, loaded once for each way to run it."""
    folders: dict[str, Path] = {}
    made: dict[tuple[str, str, str, str], Tiny] = {}

    def get(
        name: str, kernels: Kernels = "auto", dtype: Dtype = "float32", device: str = "cuda"
    ) -> Tiny:
        if name not in folders:
            folders[name] = tmp_path_factory.mktemp(name)
            write(SIZES[name], folders[name])
        way = (name, kernels, dtype, device)
        if way not in made:
            spec = CheckpointSpec(folders[name], dtype=dtype, device=device, kernels=kernels)
            made[way] = load_tiny_from(spec)
        return made[way]

    return get


@pytest.fixture
def small(tiny: Callable[..., Tiny]) -> Tiny:
    return tiny("small")
