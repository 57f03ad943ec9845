"""One tiny base and one process that trains, for all tests of this folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests.training.tuning.jobs import Trainers, make_job, trainers, write_base


@pytest.fixture(scope="session")
def base_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_base(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="session")
def child() -> Iterator[Trainers]:
    with trainers() as process:
        yield process


@pytest.fixture(scope="session")
def undisturbed(
    tmp_path_factory: pytest.TempPathFactory, base_folder: Path, child: Trainers
) -> Path:
    """A job that nothing disturbed."""
    folder = make_job(tmp_path_factory.mktemp("undisturbed") / "job", base_folder)
    assert child.attempt(folder) == 0
    return folder


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)
