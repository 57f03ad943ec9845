import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

# Triton reads this when its kernels are defined, and PEFT, which tests of adapters use, loads
# Triton.
if not torch.cuda.is_available():
    os.environ["TRITON_INTERPRET"] = "1"

from tests.engine.tiny import SIZES, Tiny, load_tiny
from tools.random_checkpoint import write
from workers.engine.checkpoint.spec import Dtype, Kernels


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Tiny]:
    """A random checkpoint by name, written once a session, loaded once for each way to run it."""
    folders: dict[str, Path] = {}
    made: dict[tuple[str, str, str], Tiny] = {}

    def get(name: str, kernels: Kernels = "auto", dtype: Dtype = "float32") -> Tiny:
        if name not in folders:
            folders[name] = tmp_path_factory.mktemp(name)
            write(SIZES[name], folders[name])
        way = (name, kernels, dtype)
        if way not in made:
            made[way] = load_tiny(folders[name], kernels, dtype)
        return made[way]

    return get


@pytest.fixture
def small(tiny: Callable[..., Tiny]) -> Tiny:
    return tiny("small")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "checkpoint"


@pytest.fixture(scope="session")
def saved_adapter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An adapter of attention's modules. Tests that change it make a copy."""
    from tests.engine.adapters.peft_adapters import save_adapter

    folder = tmp_path_factory.mktemp("adapter")
    save_adapter(folder, target_modules=["q_proj", "v_proj", "out_proj"])
    return folder


@pytest.fixture
def adapter_folder(saved_adapter: Path, tmp_path: Path) -> Path:
    """A copy of `saved_adapter` that a test may change."""
    for name in ("adapter_config.json", "adapter_model.safetensors"):
        (tmp_path / name).write_bytes((saved_adapter / name).read_bytes())
    return tmp_path
