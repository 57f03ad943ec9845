"""The command of the trainer: its arguments, its environment, and what it is told."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from playground.accounts.models import Person
from playground.core.configuration.arguments import argument_list
from tests.finetunes.conftest import make_finetune
from workers.finetune import child
from workers.finetune.folder import prepare_folder

NASTY = "$(touch /tmp/x); `id` | rm -rf / \"'\\ ../../etc/passwd"


def test_without_a_launcher_it_is_this_python(settings: Any) -> None:
    settings.FINETUNE_LAUNCHER = ()

    command = child._command(Path("/folder"))

    assert command == [sys.executable, "-m", "workers.training.tuning", "/folder"]


def test_a_launcher_comes_before_it(settings: Any) -> None:
    settings.FINETUNE_LAUNCHER = argument_list("accelerate launch --num_processes 2")

    command = child._command(Path("/folder"))

    assert command[:4] == ["accelerate", "launch", "--num_processes", "2"]
    assert command[4:] == ["-m", "workers.training.tuning", "/folder"]


def test_a_launcher_can_have_spaces_in_an_argument() -> None:
    assert argument_list('["srun", "--job-name", "a b"]') == ("srun", "--job-name", "a b")


@pytest.mark.parametrize("given", ["[", '["a", 1]', '{"a": 1}x['])
def test_what_is_no_list_is_said(given: str) -> None:
    if given.startswith("["):
        with pytest.raises(ValueError, match="must be a command"):
            argument_list(given)
    else:
        assert argument_list(given) == tuple(given.split())


def test_the_trainer_is_told_no_secret_and_no_place_of_the_worker(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "SLURM_PROCID", "SLURM_STEP_NUM_TASKS")
    for name in ("SECRET_KEY", "DATABASE_URL", "REDIS_URL", "EMAIL_URL", *place):
        monkeypatch.setenv(name, "secret")

    assert "secret" not in child._environ("cpu").values()


@pytest.mark.parametrize(("device", "visible"), [("cpu", ""), ("cuda:3", "3")])
def test_a_job_sees_its_own_device_alone(device: str, visible: str) -> None:
    assert child._environ(device)["CUDA_VISIBLE_DEVICES"] == visible


@pytest.mark.django_db
def test_nothing_that_people_write_is_a_name_on_the_disk(person: Person, settings: Any) -> None:
    finetune = make_finetune(person, name=NASTY, note=NASTY)
    finetune.data["examples"] = [NASTY]

    folder = prepare_folder(finetune, device="cpu")

    assert folder.parent == Path(settings.FINETUNES_DIR)
    assert {path.name for path in folder.iterdir()} == {
        *("job.json", "control.json", "train.jsonl", "held_out.jsonl"),
    }
    job = json.loads((folder / "job.json").read_text())
    assert job["samples"] == [NASTY]
    assert NASTY not in json.dumps([value for key, value in job.items() if key != "samples"])


@pytest.mark.django_db
@pytest.mark.parametrize(("device", "quantize"), [("cuda", "nf4"), ("cpu", None)])
def test_a_base_is_in_4_bits_on_a_gpu_if_the_operator_wants_it(
    device: str, quantize: str | None, person: Person, settings: Any
) -> None:
    settings.FINETUNE_QUANTIZE = "nf4"

    folder = prepare_folder(make_finetune(person), device=device)

    assert json.loads((folder / "job.json").read_text()).get("quantize") == quantize


@pytest.mark.django_db
def test_a_folder_that_was_not_finished_is_made_again(person: Person, settings: Any) -> None:
    finetune = make_finetune(person)
    making = Path(settings.FINETUNES_DIR) / f"{finetune.pk}.making"
    making.mkdir()
    (making / "train.jsonl").write_text("half")

    folder = prepare_folder(finetune, device="cpu")

    assert not making.exists()
    assert (folder / "job.json").is_file()
    rows = (folder / "train.jsonl").read_text().splitlines()
    held_out = (folder / "held_out.jsonl").read_text().splitlines()
    assert len(rows) + len(held_out) == 20
