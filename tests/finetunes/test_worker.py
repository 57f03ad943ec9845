"""The worker's job with a real child process: to its end, through faults, and as it is asked."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings

from playground.accounts.models import Person
from playground.checkpoints.models import Adapter
from playground.finetunes.folders import job_folder
from playground.finetunes.models import FineTune
from playground.finetunes.services import finetune_cancel, finetune_delete, finetune_stop
from tests.finetunes.attempts import Attempt, attempt, is_alive, lives, waiting_at
from tests.finetunes.conftest import make_finetune
from tests.support.part import wait_until
from workers.finetune.training import Training

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("redis_client"),
]
Behave = Callable[..., None]


def numbers(finetune: FineTune) -> list[int]:
    return list(finetune.events.order_by("n").values_list("n", flat=True))


def steps(finetune: FineTune) -> list[int | None]:
    return list(finetune.events.filter(kind="step").order_by("n").values_list("step", flat=True))


def test_a_fine_tune_is_trained_and_its_model_is_there(
    person: Person, training: Training, fake_trainer: Behave
) -> None:
    finetune = make_finetune(person)
    fake_trainer(result={"accuracy": 0.9}, evaluation={"rows": [1]})

    attempt(training)

    finetune.refresh_from_db()
    assert finetune.status == "succeeded"
    assert finetune.adapter is not None
    assert finetune.adapter.person == person
    assert finetune.result["accuracy"] == 0.9
    assert finetune.result["evaluation"] == {"rows": [1]}
    assert finetune.progress["step"] == 20
    assert numbers(finetune) == list(range(1, finetune.position + 1))
    assert steps(finetune) == list(range(1, 21))


def test_the_folder_keeps_no_rows_after_the_end(
    person: Person, training: Training, fake_trainer: Behave
) -> None:
    finetune = make_finetune(person)

    attempt(training)

    assert not (job_folder(finetune.pk) / "train.jsonl").exists()


@pytest.mark.parametrize("step", [1, 7, 10])
def test_a_trainer_that_is_killed_goes_on_without_a_gap_or_a_double(
    person: Person, training: Training, fake_trainer: Behave, step: int
) -> None:
    finetune = make_finetune(person)
    fake_trainer(die_at=step)

    attempt(training)
    attempt(training)

    finetune.refresh_from_db()
    assert finetune.status == "succeeded"
    assert steps(finetune) == list(range(1, 21))
    assert numbers(finetune) == list(range(1, finetune.position + 1))
    assert len(lives(finetune)) == 2


def test_lines_that_were_taken_back_raise_the_epoch(
    person: Person, training: Training, fake_trainer: Behave
) -> None:
    finetune = make_finetune(person)
    fake_trainer(die_at=8)

    attempt(training)
    attempt(training)

    finetune.refresh_from_db()
    assert finetune.epoch == 2
    # Step 7 is the second life's, which says so by its speed.
    (seventh,) = finetune.events.filter(kind="step", step=7)
    assert seventh.data["tokens_per_s"] == 102.0


def test_what_always_dies_is_given_up_and_says_why(
    person: Person, training: Training, fake_trainer: Behave
) -> None:
    finetune = make_finetune(person)
    fake_trainer(die_at=3, die_always=True)

    for _ in range(settings.MAX_ATTEMPTS):
        attempt(training)

    finetune.refresh_from_db()
    assert (finetune.status, finetune.error_code) == ("failed", "worker_lost")
    assert "SIGKILL" in finetune.error_message


def test_a_full_disk_makes_it_wait_for_room(
    person: Person, training: Training, fake_trainer: Behave
) -> None:
    finetune = make_finetune(person)
    fake_trainer(die_at=3, status=74)

    attempt(training)

    finetune.refresh_from_db()
    assert finetune.status == "waiting_for_room"
    assert finetune.tries == 0


def test_a_failed_training_keeps_its_reason_and_gives_no_model(
    person: Person, training: Training, fake_trainer: Behave
) -> None:
    finetune = make_finetune(person)
    fake_trainer(end="failed")

    attempt(training)

    finetune.refresh_from_db()
    assert (finetune.status, finetune.error_code) == ("failed", "diverged")
    assert finetune.error_message == "The loss is not finite."
    assert not Adapter.objects.exists()


def test_a_model_that_cannot_be_served_is_a_failure(
    person: Person, training: Training, fake_trainer: Behave
) -> None:
    finetune = make_finetune(person)
    fake_trainer(adapter="empty")

    attempt(training)

    finetune.refresh_from_db()
    assert (finetune.status, finetune.error_code) == ("failed", "adapter_refused")


def test_a_success_without_a_model_is_a_failure(
    person: Person, training: Training, fake_trainer: Behave
) -> None:
    finetune = make_finetune(person)
    fake_trainer(adapter="none")

    attempt(training)

    finetune.refresh_from_db()
    assert (finetune.status, finetune.error_code) == ("failed", "no_model")


def test_stop_keeps_the_best_state(
    person: Person, training: Training, fake_trainer: Behave
) -> None:
    finetune = make_finetune(person)
    fake_trainer(wait_at=12)
    thread = Attempt(training)
    waiting_at(finetune, 12)

    finetune_stop(finetune=finetune)
    wait_until(
        lambda: "keep_best" in (job_folder(finetune.pk) / "control.json").read_text(),
        what="the stop to be passed on",
    )
    (job_folder(finetune.pk) / "go").touch()
    thread.join()

    finetune.refresh_from_db()
    assert finetune.status == "stopped"
    assert finetune.adapter is not None
    assert steps(finetune)[-1] == 12


def test_cancel_ends_the_child_and_its_files_go(
    person: Person, training: Training, fake_trainer: Behave
) -> None:
    finetune = make_finetune(person)
    fake_trainer(wait_at=12)
    thread = Attempt(training)
    waiting_at(finetune, 12)
    (pid,) = lives(finetune)

    finetune_cancel(finetune=finetune)
    finetune_cancel(finetune=finetune)
    thread.join()

    finetune.refresh_from_db()
    assert finetune.status == "cancelled"
    assert not is_alive(pid)
    assert not job_folder(finetune.pk).exists()
    assert not Adapter.objects.exists()


def test_delete_while_it_trains_leaves_nothing(
    person: Person, training: Training, fake_trainer: Behave
) -> None:
    finetune = make_finetune(person)
    fake_trainer(wait_at=12)
    thread = Attempt(training)
    waiting_at(finetune, 12)
    (pid,) = lives(finetune)
    folder = job_folder(finetune.pk)

    finetune_delete(finetune=finetune)
    thread.join()

    assert not is_alive(pid)
    assert not folder.exists()
    assert not FineTune.objects.exists()


def test_a_worker_that_is_told_to_stop_hands_over(
    person: Person, training: Training, fake_trainer: Behave
) -> None:
    finetune = make_finetune(person)
    fake_trainer(wait_at=12)
    thread = Attempt(training)
    waiting_at(finetune, 12)

    training.stopping.set()
    thread.join()
    finetune.refresh_from_db()
    handed_over = (finetune.status, finetune.tries, finetune.reached)
    training.stopping.clear()
    fake_trainer()
    attempt(training)

    finetune.refresh_from_db()
    assert handed_over == ("queued", 0, 12)
    assert finetune.status == "succeeded"
    assert steps(finetune) == list(range(1, 21))
    assert finetune.epoch == 1


def test_what_the_trainer_started_ends_with_it(
    person: Person, training: Training, fake_trainer: Behave
) -> None:
    finetune = make_finetune(person)
    fake_trainer(children=1, die_at=3)

    attempt(training)

    orphan = job_folder(finetune.pk) / "orphan"
    before = orphan.read_text() if orphan.exists() else ""
    pids = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
    writers = [pid for pid in pids if _has_open_folder(pid, str(finetune.pk))]
    assert writers == []
    assert not orphan.exists() or orphan.read_text() == before


def _has_open_folder(pid: int, name: str) -> bool:
    try:
        return name in Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return False


def test_a_dataset_that_is_gone_is_said(
    person: Person, training: Training, fake_trainer: Behave
) -> None:
    finetune = make_finetune(person)
    assert finetune.version is not None
    finetune.version.dataset.delete()

    attempt(training)

    finetune.refresh_from_db()
    assert (finetune.status, finetune.error_code) == ("failed", "cannot_train")


def test_an_end_that_was_not_stored_is_stored_by_the_next_attempt(
    person: Person, training: Training, fake_trainer: Behave
) -> None:
    finetune = make_finetune(person)
    attempt(training)
    # As a worker leaves it that dies before it has stored the end.
    FineTune.objects.update(status="queued", adapter=None, result={}, finished_at=None)

    attempt(training)

    finetune.refresh_from_db()
    assert finetune.status == "succeeded"
    assert len(lives(finetune)) == 1
    assert Adapter.objects.count() == 1
