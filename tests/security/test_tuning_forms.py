"""Attacks 6, 7, 9, 12 and 17 on the forms of datasets and fine-tunes: no value that somebody types
breaks a page, names a file, or reaches a shell or a model outside the registry."""

import base64
import json
import random
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client

from playground.accounts.models import Person
from playground.checkpoints.files import checkpoint_folder
from playground.checkpoints.registry import registry
from playground.datasets.models import Dataset
from playground.finetunes.models import FineTune
from playground.finetunes.options import SETTINGS
from tests.accounts.people import guest_client
from tests.datasets.made import ROWS, make_dataset
from tests.security.nasty import TEXT_VALUES
from tests.support.part import wait_until
from workers.finetune.child import Child
from workers.finetune.folder import describe_job, prepare_folder

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]

# What a URL can carry; Django's test client encodes no half characters.
VALUES = tuple(value.encode(errors="replace").decode() for value in TEXT_VALUES)
# How the server names files: by a hash, or by an id.
MADE = re.compile(r"[0-9a-f]{64}|[0-9a-f]{32}\.part|\.lock")
NAMES = (
    "../../../../etc/passwd",
    "/etc/passwd",
    "..\\..\\windows",
    "C:\\",
    "~root",
    ".",
    "..",
    "; touch pwned",
    "$(touch pwned)",
    "`touch pwned`",
    "| touch pwned",
    "-rf",
    "--help",
    "a\nb",
    "CON",
    "\u202egnp.exe",
    "x" * 5_000,
)


@pytest.fixture(autouse=True)
def folders(settings: LazySettings, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path / "var"
    settings.FINETUNES_DIR = tmp_path / "var" / "finetunes"
    settings.FINETUNES_DIR.mkdir(parents=True)


@pytest.fixture
def client(person: Person) -> Client:
    return guest_client(person)


def test_no_value_of_any_field_breaks_the_form_of_a_fine_tune(
    client: Client, person: Person, settings: LazySettings
) -> None:
    settings.LIMIT_PERSON_TRAINING = settings.LIMIT_ADDRESS_TRAINING = 10_000
    dataset = make_dataset(person, content=ROWS)
    fields = ("version", "base", "name", "note", "duration", "epochs", "minutes", "again")
    form = {"version": str(dataset.head_id), "duration": "epochs"}

    chance = random.Random(1)
    for name in (*fields, *(setting.name for setting in SETTINGS)):
        for value in chance.sample(VALUES, 8):
            given = {**form, name: value, "duration": "minutes" if name == "minutes" else "epochs"}
            for path in ("/finetunes/new/", "/finetunes/plan/"):
                assert client.get(path, given).status_code in (200, 400)
            assert client.post("/finetunes/new/", given).status_code in (303, 400, 409)

    started = FineTune.objects.first()
    assert started is not None
    for name in ("name", "note", "next", "earlier"):
        for value in chance.sample(VALUES, 8):
            for place in ("edit", "move"):
                answer = client.post(f"/finetunes/{started.pk}/{place}/", {name: value})
                assert answer.status_code in (303, 400)


@pytest.mark.parametrize("name", NAMES)
def test_no_name_of_a_file_or_a_dataset_names_anything_on_the_disk(
    client: Client, tmp_path: Path, name: str
) -> None:
    encoded = base64.b64encode(name[:120].encode()).decode()
    announced = {"Upload-Length": "9", "Upload-Metadata": f"filename {encoded}"}

    client.post("/datasets/uploads/", headers=announced)
    client.post("/datasets/paste/", {"text": ROWS, "name": name[:120]})
    dataset = Dataset.objects.get()
    client.post(f"/datasets/{dataset.pk}/rename/", {"name": name[:120]})

    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == 3
    for file in files:
        assert file.is_relative_to(tmp_path / "var" / "datasets")
        assert MADE.fullmatch(file.name)


@pytest.mark.parametrize("name", [name for name in NAMES if "pwned" in name or ".." in name])
def test_no_name_of_a_fine_tune_is_in_a_command_or_a_path(
    person: Person, settings: LazySettings, tmp_path: Path, name: str
) -> None:
    settings.FINETUNE_LAUNCHER = (sys.executable, "-c", "import sys; print(sys.argv[1:])")
    version = make_dataset(person, content=ROWS, name=name).head
    finetune = FineTune.objects.create(
        person=person,
        base="tiny",
        name=name,
        note=name,
        version=version,
        data={"name": name, "task": "classification", "examples": [name]},
    )

    folder = prepare_folder(finetune, device="cpu")
    child = Child(folder, device="cpu")
    child.start()
    wait_until(lambda: child.poll() is not None, what="the child's end")

    assert folder == Path(settings.FINETUNES_DIR) / str(finetune.pk)
    assert child.last_words() == str(["-m", "workers.training.tuning", str(folder)])
    assert not list(tmp_path.rglob("pwned"))
    assert not (settings.BASE_DIR / "pwned").exists()


@pytest.mark.parametrize(
    "base",
    ["/etc", "../tiny", "tiny/../other", "tiny\0", "", "http://evil.example/", "tiny:x-abcd"],
)
def test_only_models_of_the_registry_are_tuned(client: Client, person: Person, base: str) -> None:
    version = make_dataset(person, content=ROWS).head
    assert version is not None

    client.post("/finetunes/new/", {"version": str(version.pk), "base": base})
    client.post("/datasets/paste/", {"text": ROWS, "model": base})

    known = registry()
    assert {row.base for row in FineTune.objects.all()} <= set(known.models)
    assert {row.model for row in Dataset.objects.all()} <= set(known.models)
    for row in FineTune.objects.all():
        job: dict[str, Any] = describe_job(row, known.get(row.base), device="cpu", held_out=1)
        assert job["base"] == str(checkpoint_folder(known.get(row.base)))
        assert json.dumps(job)
