"""Without a GPU, Triton runs the kernels on CPU tensors; with one, on the GPU."""

from pathlib import Path

import pytest
import torch

from tests.engine.tiny import Tiny, load_tiny_from
from tools.random_checkpoint import RandomCheckpoint, write
from workers.engine.checkpoint.spec import CheckpointSpec, ModelConfig


@pytest.fixture(scope="session")
def device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


@pytest.fixture(scope="session")
def one_head(tmp_path_factory: pytest.TempPathFactory, device: torch.device) -> Tiny:
    """A model with one head: the interpreter takes milliseconds for each row and head."""
    folder: Path = tmp_path_factory.mktemp("one_head")
    write(RandomCheckpoint(ModelConfig(300, 512, 32, 2, 1, 8, 1e-5), "float32", 5, 0.3), folder)
    return load_tiny_from(CheckpointSpec(folder, device=device.type, kernels="torch"))


@pytest.fixture
def few_splits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer programs to interpret, for tests that are not about the split of a row."""
    monkeypatch.setattr("workers.engine.backends.cuda.cache.splits", lambda entries, heads: 2)
