"""Datasets, fine-tunes and a trainer for the tests of fine-tunes."""

import json
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from playground.accounts.models import Person
from playground.checkpoints.jobs import FINETUNE
from playground.checkpoints.registry import registry
from playground.checkpoints.services import worker_register
from playground.datasets.models import Dataset, DatasetVersion
from playground.finetunes.estimates import make_plan
from playground.finetunes.models import FineTune
from playground.finetunes.options import Options
from playground.finetunes.services import describe_data
from workers.finetune.training import Training
from workers.process.options import Options as WorkerOptions

FAKE_TRAINER = Path(__file__).parents[1] / "support" / "fake_trainer.py"


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, settings: Settings) -> None:
    """Each test has files of its own."""
    for name in ("FINETUNES_DIR", "ADAPTERS_DIR"):
        folder = tmp_path / name.lower()
        folder.mkdir()
        setattr(settings, name, folder)


@pytest.fixture
def fake_trainer(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Has workers start a trainer that learns nothing and behaves as it is told."""
    settings.FINETUNE_LAUNCHER = (sys.executable, str(FAKE_TRAINER))

    def behave(**how: Any) -> None:
        monkeypatch.setenv("FAKE_TRAINER", json.dumps(how))

    behave()
    return behave


@pytest.fixture
def training() -> Training:
    register_worker()
    return Training(WorkerOptions(name="w", spec=registry().get("tiny"), device="cpu", slots=1))


def make_version(person: Person, *, rows: int = 20, **values: Any) -> DatasetVersion:
    """A checked version whose canonical rows are on the disk."""
    dataset = Dataset.objects.create(person=person, name="Topics", model="tiny")
    row: dict[str, Any] = {
        "dataset": dataset,
        "number": 1,
        "sha256": uuid.uuid4().hex * 2,
        "size": rows * 40,
        "form": "text",
        "state": DatasetVersion.State.CHECKED,
        "rows": rows,
        "tokens": rows * 20,
        "figures": {"task": "classification", "prompt_suffix": "Topic:"},
    }
    version = DatasetVersion.objects.create(**{**row, **values})
    dataset.head = version
    dataset.save(update_fields=["head"])
    version.rows_path.parent.mkdir(parents=True, exist_ok=True)
    with version.rows_path.open("w") as file:
        for row in range(1, rows + 1):
            completion = f" label{row % 2}"
            line = {"row": row, "line": row, "prompt": f"Message {row}\nTopic:"}
            line["completion"] = completion
            file.write(json.dumps(line) + "\n")
    return version


def make_finetune(
    person: Person, *, version: DatasetVersion | None = None, **values: Any
) -> FineTune:
    """A row as `finetune_create` saves it, with ``values`` on top."""
    version = version or make_version(person)
    options = Options()
    base = values.pop("base", "tiny")
    plan = make_plan(version=version, base=registry().get(base), options=options)
    row = {
        "person": person,
        "version": version,
        "data": {**describe_data(version), "examples": ["Message 1\nTopic:"]},
        "base": base,
        "name": "Topics",
        "options": options.to_json(),
        "plan": plan.to_json(),
    }
    return FineTune.objects.create(**{**row, **values})


def register_worker(name: str = "w", *, base: str = "tiny") -> None:
    """A worker whose heartbeat is young."""
    worker_register(name=name, job=FINETUNE, model=base, device="cpu", slots=1)
