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
from playground.checkpoints.adapter_files import folder_of
from playground.checkpoints.jobs import FINETUNE
from playground.checkpoints.models import Adapter
from playground.checkpoints.registry import registry
from playground.checkpoints.services import worker_register
from playground.datasets.models import Dataset, DatasetVersion
from playground.finetunes.estimates import make_plan
from playground.finetunes.folders import job_folder
from playground.finetunes.models import FineTune
from playground.finetunes.options import Options
from playground.finetunes.services import describe_data
from workers.finetune.training import Training
from workers.process.options import Options as WorkerOptions

FAKE_TRAINER = Path(__file__).parents[1] / "support" / "fake_trainer.py"
FAKE_EXPORTER = FAKE_TRAINER.with_name("fake_exporter.py")


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
def fake_exporter(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Has workers start an exporter that merges nothing and behaves as it is told."""

    def command(folder: Path, dtype: str) -> list[str]:
        return [sys.executable, str(FAKE_EXPORTER), str(folder), "--dtype", dtype]

    monkeypatch.setattr("workers.finetune.export.export_command", command)

    def behave(**how: Any) -> None:
        monkeypatch.setenv("FAKE_EXPORTER", json.dumps(how))

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


def make_tuned(person: Person, **values: Any) -> FineTune:
    """One that has ended with a tuned model in use, or with ``options`` of method full one of its
    own; its files are small and no weights."""
    row = {"status": FineTune.Status.SUCCEEDED, "seconds": 60.0, **values}
    finetune = make_finetune(person, **row)
    result = job_folder(finetune.pk) / "result"
    if finetune.trains_all_weights:
        (result / "model").mkdir(parents=True)
        (result / "model" / "config.json").write_text("{}")
        return finetune
    result.mkdir(parents=True)
    finetune.adapter = Adapter.objects.create(
        person=person,
        name=f"tiny:topics-{finetune.pk.hex[:6]}",
        base="tiny",
        title=finetune.name,
        folder=finetune.pk.hex,
        rank=1,
        digest="0" * 64,
        size=1,
    )
    finetune.save(update_fields=["adapter"])
    folder_of(finetune.adapter.folder).mkdir(parents=True)
    return finetune


def register_worker(name: str = "w", *, base: str = "tiny") -> None:
    """A worker whose heartbeat is young."""
    worker_register(name=name, job=FINETUNE, model=base, device="cpu", slots=1)
