"""The worker's part in an export, with a real child process: to its end, through faults."""

import json
from collections.abc import Callable

import pytest
from django.conf import settings

from playground.accounts.models import Person
from playground.checkpoints.registry import registry
from playground.finetunes.exporting.files import export_folder, model_folder
from playground.finetunes.exporting.leases import export_claim
from playground.finetunes.exporting.services import export_create, export_delete
from playground.finetunes.folders import job_folder
from playground.finetunes.models import FineTune, FineTuneExport
from playground.finetunes.options import default_options
from playground.finetunes.services import finetune_delete
from tests.finetunes.attempts import Attempt, is_alive
from tests.finetunes.conftest import make_finetune, make_tuned, make_version, register_worker
from tests.support.part import wait_until
from workers.finetune import export as export_job
from workers.finetune.export import export_to_end
from workers.finetune.job import serve_ring
from workers.finetune.training import Training
from workers.process.options import Options

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("redis_client"),
]
Behave = Callable[..., None]


@pytest.fixture
def training() -> Training:
    register_worker()
    return Training(Options(name="w", spec=registry().get("tiny"), device="cpu", slots=1))


@pytest.fixture
def export(person: Person) -> FineTuneExport:
    return export_create(finetune=make_tuned(person), dtype="float32")


def attempt(training: Training) -> None:
    """Claims what waits and makes it until it has ended or is given back."""
    claimed = export_claim(worker="w", place=training.place, base="tiny")
    assert claimed is not None
    export_to_end(training, claimed)


def lives(export: FineTuneExport) -> list[int]:
    file = export_folder(export) / "lives"
    return [int(pid) for pid in file.read_text().split()] if file.exists() else []


def until_it_works(export: FineTuneExport) -> int:
    wait_until(lambda: bool(lives(export)), what="the exporter's start")
    return lives(export)[0]


def test_it_is_made_and_ready(
    training: Training, export: FineTuneExport, fake_exporter: Behave
) -> None:
    attempt(training)

    export.refresh_from_db()
    assert (export.status, export.worker, export.place) == ("ready", "", "")
    assert export.figures["largest"] == 2.9e-5
    assert export.size == sum(path.stat().st_size for path in model_folder(export).iterdir())


def test_the_child_finds_a_job_of_its_own_and_no_text_is_left(
    training: Training, export: FineTuneExport, fake_exporter: Behave
) -> None:
    fake_exporter(wait=True)
    thread = Attempt(training, attempt)
    until_it_works(export)
    folder = export_folder(export)
    job = json.loads((folder / "job.json").read_text())
    rows = (folder / "held_out.jsonl").read_text().splitlines()

    (folder / "go").touch()
    thread.join()

    assert (job["method"], job["base"]) == ("lora", str(registry().get("tiny").path))
    assert (folder / "result" / "adapter").is_symlink()
    assert json.loads(rows[0])["prompt"] == "Message 1\nTopic:"
    assert len(rows) == 20
    assert not (folder / "held_out.jsonl").exists()


def test_of_a_deleted_dataset_the_evaluations_texts_are_compared(
    training: Training, export: FineTuneExport, fake_exporter: Behave
) -> None:
    finetune = export.finetune
    assert finetune.version is not None
    finetune.version.dataset.delete()
    outputs = [{"prompt": "Hello", "expected": " up"}, {"prompt": "", "expected": ""}]
    FineTune.objects.update(result={"evaluation": {"outputs": outputs}})
    fake_exporter(wait=True)
    thread = Attempt(training, attempt)
    until_it_works(export)

    rows = (export_folder(export) / "held_out.jsonl").read_text().splitlines()
    (export_folder(export) / "go").touch()
    thread.join()

    assert [json.loads(row) for row in rows] == [{"row": 1, "prompt": "Hello", "completion": " up"}]


def test_without_any_text_it_fails_with_the_reason(
    training: Training, export: FineTuneExport, fake_exporter: Behave
) -> None:
    assert export.finetune.version is not None
    export.finetune.version.dataset.delete()

    attempt(training)

    export.refresh_from_db()
    assert (export.status, export.error_code) == ("failed", "cannot_train")
    assert "no text to compare" in export.error_message
    assert not export_folder(export).exists()


def test_what_is_too_far_from_the_adapter_is_refused_with_its_figures(
    training: Training, export: FineTuneExport, fake_exporter: Behave
) -> None:
    fake_exporter(status=65, said="not_equal_enough: It is too far.", largest=0.035)

    attempt(training)

    export.refresh_from_db()
    assert (export.status, export.error_code) == ("refused", "not_equal_enough")
    assert export.figures["largest"] == 0.035
    assert not export_folder(export).exists()


def test_what_the_dtype_cannot_hold_is_refused_in_words(
    training: Training, export: FineTuneExport, fake_exporter: Behave
) -> None:
    fake_exporter(status=65, said="does_not_fit_dtype: It cannot be held.")

    attempt(training)

    export.refresh_from_db()
    assert (export.status, export.error_message) == ("refused", "It cannot be held.")


@pytest.mark.parametrize("whole", [False, True])
def test_one_that_is_killed_is_made_by_the_next_attempt(
    training: Training, export: FineTuneExport, fake_exporter: Behave, whole: bool
) -> None:
    fake_exporter(status=-9, whole=whole)
    attempt(training)
    export.refresh_from_db()
    after_death = (export.status, export.tries)
    fake_exporter()

    attempt(training)

    export.refresh_from_db()
    assert after_death == ("queued", 1)
    assert (export.status, export.attempt) == ("ready", 2)


def test_what_always_dies_is_given_up_and_says_why(
    training: Training, export: FineTuneExport, fake_exporter: Behave
) -> None:
    fake_exporter(status=-9)

    for _ in range(settings.MAX_ATTEMPTS):
        attempt(training)

    export.refresh_from_db()
    assert (export.status, export.error_code) == ("failed", "worker_lost")
    assert "SIGKILL" in export.error_message
    assert not export_folder(export).exists()


def test_a_full_disk_makes_it_wait_for_room(
    training: Training, export: FineTuneExport, fake_exporter: Behave
) -> None:
    fake_exporter(status=74)

    attempt(training)

    export.refresh_from_db()
    assert (export.status, export.tries) == ("waiting_for_room", 0)


def test_it_does_not_begin_without_room(
    training: Training,
    export: FineTuneExport,
    fake_exporter: Behave,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(export_job, "free_bytes", lambda: 0)

    attempt(training)

    export.refresh_from_db()
    assert export.status == "waiting_for_room"
    assert lives(export) == []


@pytest.mark.parametrize("with_finetune", [False, True])
def test_deleted_while_it_is_made_leaves_nothing(
    training: Training, export: FineTuneExport, fake_exporter: Behave, with_finetune: bool
) -> None:
    fake_exporter(wait=True)
    thread = Attempt(training, attempt)
    pid = until_it_works(export)
    export.refresh_from_db()

    if with_finetune:
        finetune_delete(finetune=export.finetune)
    else:
        export_delete(export=export)
    thread.join()

    assert not is_alive(pid)
    assert not export_folder(export).exists()
    assert job_folder(export.finetune_id).exists() is not with_finetune


def test_a_worker_that_is_told_to_stop_gives_it_back(
    training: Training, export: FineTuneExport, fake_exporter: Behave
) -> None:
    fake_exporter(wait=True)
    thread = Attempt(training, attempt)
    pid = until_it_works(export)

    training.stopping.set()
    thread.join()

    export.refresh_from_db()
    assert (export.status, export.tries) == ("queued", 0)
    assert not is_alive(pid)


def test_exports_go_before_trainings(
    training: Training, export: FineTuneExport, fake_exporter: Behave, fake_trainer: Behave
) -> None:
    waiting = make_finetune(export.finetune.person)

    serve_ring(training)

    export.refresh_from_db()
    waiting.refresh_from_db()
    assert (export.status, waiting.status) == ("ready", "succeeded")
    assert export.finished_at is not None
    assert waiting.started_at is not None
    assert export.finished_at <= waiting.started_at


def test_all_weights_are_trained_and_their_model_is_exported(
    person: Person, training: Training, fake_exporter: Behave, fake_trainer: Behave
) -> None:
    options = default_options(1_000, "full").to_json()
    finetune = make_finetune(person, version=make_version(person), options=options)

    serve_ring(training)
    finetune.refresh_from_db()
    export = export_create(finetune=finetune, dtype="bfloat16")
    serve_ring(training)

    export.refresh_from_db()
    assert (finetune.status, finetune.adapter) == ("succeeded", None)
    assert export.status == "ready"
    link = export_folder(export) / "result" / "model"
    assert link.resolve() == (job_folder(finetune.pk) / "result" / "model").resolve()
    assert json.loads((export_folder(export) / "job.json").read_text())["method"] == "full"


def test_all_weights_without_a_model_are_a_failure(
    person: Person, training: Training, fake_trainer: Behave
) -> None:
    options = default_options(1_000, "full").to_json()
    finetune = make_finetune(person, options=options)
    fake_trainer(adapter="none")

    serve_ring(training)

    finetune.refresh_from_db()
    assert (finetune.status, finetune.error_code) == ("failed", "no_model")
