"""A fine-tune while somebody does something else to it, its dataset or its person."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from playground.accounts.leaving import person_delete
from playground.accounts.models import Person
from playground.accounts.moving import guest_adopt
from playground.checkpoints.models import Adapter
from playground.datasets.services import dataset_delete
from playground.finetunes import finishing
from playground.finetunes.folders import job_folder
from playground.finetunes.models import FineTune
from playground.finetunes.services import finetune_cancel, finetune_delete, finetune_rename
from tests.accounts.people import make_user
from tests.finetunes.attempts import Attempt, attempt, is_alive, lives, waiting_at
from tests.finetunes.conftest import make_finetune
from workers.finetune.training import Training

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("redis_client"),
]
Behave = Callable[..., None]


@contextmanager
def in_mid_training(training: Training, behave: Behave, finetune: FineTune) -> Iterator[None]:
    """The block runs while the trainer waits in a step; after it the attempt goes to its end."""
    behave(wait_at=12)
    thread = Attempt(training)
    waiting_at(finetune, 12)
    try:
        yield
    finally:
        folder = job_folder(finetune.pk)
        if folder.exists():
            (folder / "go").touch()
        thread.join()


def test_a_name_that_it_gets_while_it_is_trained_is_the_models(
    person: Person, training: Training, fake_trainer: Behave
) -> None:
    finetune = make_finetune(person)

    with in_mid_training(training, fake_trainer, finetune):
        finetune_rename(finetune=FineTune.objects.get(), name="Mail", note="of May")

    adapter = Adapter.objects.get(finetune=finetune)
    assert (adapter.title, adapter.note) == ("Mail", "of May")


def test_one_that_is_finished_at_the_same_moment_gets_the_newer_name(
    person: Person,
    training: Training,
    fake_trainer: Behave,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    finetune = make_finetune(person)
    real = finishing.adapter_register

    def register_and_rename(**values: object) -> Adapter:
        adapter: Adapter = real(**values)
        finetune_rename(finetune=FineTune.objects.get(), name="Mail", note="of May")
        return adapter

    monkeypatch.setattr(finishing, "adapter_register", register_and_rename)
    attempt(training)

    adapter = Adapter.objects.get(finetune=finetune)
    assert (adapter.title, adapter.note) == ("Mail", "of May")


def test_a_guest_who_signs_in_meanwhile_has_the_model_in_the_account(
    person: Person, training: Training, fake_trainer: Behave
) -> None:
    finetune = make_finetune(person)
    user = make_user("ada")
    account = Person.objects.create(user=user)

    with in_mid_training(training, fake_trainer, finetune):
        guest_adopt(guest=person, user=user)

    finetune.refresh_from_db()
    assert (finetune.status, finetune.attempt) == ("succeeded", 1)
    assert Adapter.objects.get().person == account


def test_a_person_who_goes_meanwhile_ends_the_training_and_leaves_nothing(
    person: Person, training: Training, fake_trainer: Behave
) -> None:
    finetune = make_finetune(person)

    with in_mid_training(training, fake_trainer, finetune):
        (trainer,) = lives(finetune)
        person_delete(person=person)

    assert not is_alive(trainer)
    assert not job_folder(finetune.pk).exists()
    assert not FineTune.objects.exists()
    assert not Adapter.objects.exists()


def test_a_dataset_that_goes_meanwhile_is_no_longer_needed(
    person: Person, training: Training, fake_trainer: Behave
) -> None:
    finetune = make_finetune(person)
    assert finetune.version is not None

    with in_mid_training(training, fake_trainer, finetune):
        dataset_delete(dataset=finetune.version.dataset)

    finetune.refresh_from_db()
    assert (finetune.status, finetune.version, finetune.data["name"]) == (
        "succeeded",
        None,
        "Topics",
    )


def test_deleting_from_a_page_of_before_the_end_takes_the_model_too(
    person: Person, training: Training, fake_trainer: Behave
) -> None:
    page_of_before = make_finetune(person)
    attempt(training)
    assert Adapter.objects.get().state == "ready"

    finetune_delete(finetune=page_of_before)

    assert Adapter.objects.get().is_deleted
    assert not job_folder(page_of_before.pk).exists()


def test_a_model_whose_end_nobody_stored_goes_when_it_is_cancelled(
    person: Person, training: Training, fake_trainer: Behave
) -> None:
    finetune = make_finetune(person)
    attempt(training)
    # As a worker leaves it that dies before it has stored the end.
    FineTune.objects.update(status="queued", adapter=None, result={}, finished_at=None)

    finetune_cancel(finetune=FineTune.objects.get())

    finetune.refresh_from_db()
    assert finetune.status == "cancelled"
    assert Adapter.objects.get().is_deleted
