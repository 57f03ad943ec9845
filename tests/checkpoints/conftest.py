"""A registered tuned model is made in a folder of the test's own."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from playground.accounts.models import Person
from playground.checkpoints.models import Adapter
from playground.checkpoints.registry import registry
from tests.support.adapters import make_adapter, write_adapter

MakeAdapter = Callable[..., Adapter]


@pytest.fixture
def checkpoint() -> Path:
    folder = registry().get("tiny").path
    assert folder is not None
    return folder


@pytest.fixture(autouse=True)
def adapters_dir(tmp_path: Path, settings: Settings) -> Path:
    settings.ADAPTERS_DIR = tmp_path / "adapters"
    return tmp_path / "adapters"


@pytest.fixture
def source(tmp_path: Path, checkpoint: Path) -> Path:
    """A finished folder, as a training leaves it."""
    return write_adapter(tmp_path / "result", checkpoint)


@pytest.fixture
def adapter(person: Person, tmp_path: Path, checkpoint: Path) -> Adapter:
    return make_adapter(person, tmp_path, checkpoint, title="Support answers")
