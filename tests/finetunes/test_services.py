"""Starting fine-tunes, their order, their end, and what is refused."""

from pathlib import Path
from typing import Any

import pytest

from playground.accounts.models import Person
from playground.accounts.quotas import quota_lines
from playground.checkpoints.jobs import FINETUNE
from playground.checkpoints.models import Adapter
from playground.checkpoints.rings import rings_waiting
from playground.core.errors import CannotTrain, InvalidInput, QuotaReached, TooManyRuns
from playground.datasets.models import DatasetVersion
from playground.finetunes.finishing import finetune_finish_waiting
from playground.finetunes.folders import folders_sweep, job_folder
from playground.finetunes.leases import in_fair_order
from playground.finetunes.models import FineTune, FineTuneMail
from playground.finetunes.options import Options
from playground.finetunes.services import (
    finetune_cancel,
    finetune_create,
    finetune_delete,
    finetune_move,
    finetune_rename,
    finetune_stop,
)
from tests.finetunes.conftest import make_finetune, make_version

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_client")]


def create(person: Person, version: DatasetVersion | None = None, **values: Any) -> FineTune:
    chosen: dict[str, Any] = {
        "address": "here",
        "version": version or make_version(person),
        "base": "tiny",
        "name": "Topics",
        "options": Options(),
        **values,
    }
    return finetune_create(person=person, **chosen)


def make_adapter(person: Person, finetune: FineTune) -> Adapter:
    adapter = Adapter.objects.create(
        person=person,
        name="tiny:topics-abcd",
        base="tiny",
        title="Topics",
        folder="f",
        rank=1,
        digest="0" * 64,
        size=1,
    )
    FineTune.objects.filter(pk=finetune.pk).update(adapter=adapter)
    finetune.refresh_from_db()
    return adapter


def test_it_is_queued_with_what_was_said_before_and_rung_for(person: Person) -> None:
    finetune = create(person)

    assert finetune.status == "queued"
    assert finetune.plan["rows"] + finetune.plan["held_out"] == 20
    assert finetune.data["examples"][0] == "Message 1\nTopic:"
    assert rings_waiting(FINETUNE, "tiny") == 1


def test_a_dataset_that_is_not_checked_is_refused(person: Person) -> None:
    version = make_version(person, state=DatasetVersion.State.REFUSED)

    with pytest.raises(InvalidInput):
        create(person, version)


def test_rows_that_the_base_cannot_see_are_refused_with_the_numbers(person: Person) -> None:
    version = make_version(person)
    version.tokens = version.rows * 5_000

    with pytest.raises(CannotTrain, match="5,000 tokens on average, and tiny sees 2,048"):
        create(person, version)


def test_one_row_is_trained_on_and_nothing_is_held_out(person: Person) -> None:
    finetune = create(person, make_version(person, rows=1))

    assert (finetune.plan["rows"], finetune.plan["held_out"]) == (1, 0)
    assert finetune.plan["no_held_out"]
    assert finetune.plan["steps"] >= 1


@pytest.mark.parametrize(("rows", "batch"), [(101, 16), (2, 512)])
def test_each_epoch_has_a_step_at_least(person: Person, rows: int, batch: int) -> None:
    finetune = create(person, make_version(person, rows=rows), options=Options(batch=batch))

    assert finetune.plan["steps"] >= finetune.plan["epochs"]


def test_nobody_has_more_than_the_limit_in_the_queue(person: Person, settings: Any) -> None:
    settings.LIMIT_PERSON_TRAINING = 1
    create(person)

    with pytest.raises(TooManyRuns):
        create(person)


def test_an_address_has_a_limit_of_its_own(person: Person, stranger: Person, settings: Any) -> None:
    settings.LIMIT_ADDRESS_TRAINING = 1
    create(person)

    with pytest.raises(TooManyRuns):
        create(stranger)


def test_what_is_kept_has_a_limit(person: Person, settings: Any) -> None:
    settings.LIMIT_PERSON_FINETUNES = 1
    make_finetune(person, status="succeeded")

    with pytest.raises(QuotaReached):
        create(person)


def test_own_ones_change_places(person: Person) -> None:
    first, second, third = make_finetune(person), make_finetune(person), make_finetune(person)

    finetune_move(finetune=third, earlier=True)
    finetune_move(finetune=first, earlier=False)

    assert [row.pk for row in in_fair_order("tiny")] == [third.pk, first.pk, second.pk]


def test_the_first_and_the_last_stay_at_their_ends(person: Person) -> None:
    first, second = make_finetune(person), make_finetune(person)

    finetune_move(finetune=first, earlier=True)
    finetune_move(finetune=second, earlier=False)

    assert [row.pk for row in in_fair_order("tiny")] == [first.pk, second.pk]


def test_others_keep_their_turn(person: Person, stranger: Person) -> None:
    other = make_finetune(stranger)
    make_finetune(person)
    last = make_finetune(person)

    finetune_move(finetune=last, earlier=True)

    assert next(iter(in_fair_order("tiny"))).pk == other.pk


def test_a_waiting_one_is_cancelled_at_once_and_stays_so(person: Person) -> None:
    finetune = make_finetune(person)

    finetune_cancel(finetune=finetune)
    again = finetune_cancel(finetune=finetune)

    assert again.status == "cancelled"


def test_stopping_what_never_trained_cancels_it(person: Person) -> None:
    assert finetune_stop(finetune=make_finetune(person)).status == "cancelled"


def test_stopping_what_waits_after_a_checkpoint_asks_for_its_best(person: Person) -> None:
    finetune = finetune_stop(finetune=make_finetune(person, reached=10, attempt=1))

    assert (finetune.status, finetune.stop_requested) == ("queued", True)


def test_a_final_one_does_not_change(person: Person) -> None:
    finetune = make_finetune(person, status="succeeded")

    assert finetune_cancel(finetune=finetune).status == "succeeded"
    assert finetune_stop(finetune=finetune).status == "succeeded"


def test_the_tuned_model_is_renamed_with_it(person: Person) -> None:
    finetune = make_finetune(person, status="succeeded")
    adapter = make_adapter(person, finetune)

    finetune_rename(finetune=finetune, name="Mail", note="of May")

    adapter.refresh_from_db()
    assert (adapter.title, adapter.note) == ("Mail", "of May")


def test_deleting_takes_record_files_and_model(person: Person) -> None:
    finetune = make_finetune(person, status="succeeded")
    adapter = make_adapter(person, finetune)
    folder = job_folder(finetune.pk)
    folder.mkdir()
    finetune.events.create(n=1, kind="step")

    finetune_delete(finetune=finetune)

    adapter.refresh_from_db()
    assert adapter.is_deleted
    assert not folder.exists()
    assert not FineTune.objects.exists()


def test_folders_of_nobody_are_swept(
    person: Person, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("playground.finetunes.folders.KEPT_SECONDS", -1)
    kept = job_folder(make_finetune(person).pk)
    gone = job_folder(make_version(person).pk)
    other = Path(settings.FINETUNES_DIR) / "lost+found"
    for folder in (kept, gone, other):
        folder.mkdir()

    assert folders_sweep() == 1
    assert (kept.exists(), gone.exists(), other.exists()) == (True, False, True)


def test_files_have_a_limit_that_counts_what_trainings_will_take(
    person: Person, settings: Any
) -> None:
    planned = create(person).plan["files_bytes"]
    settings.LIMIT_PERSON_FINETUNES_MIB = max(planned >> 20, 1)
    FineTune.objects.update(files=settings.LIMIT_PERSON_FINETUNES_MIB << 20)

    with pytest.raises(QuotaReached, match="Delete fine-tunes or merged models"):
        create(person)


def test_an_end_leaves_what_is_needed_and_counts_it(person: Person) -> None:
    finetune = make_finetune(person, files=10**9)
    folder = job_folder(finetune.pk)
    for name in ("checkpoints/step-000001/weights.safetensors", "result/card.md", "train.jsonl"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x" * 100)

    finetune_finish_waiting(finetune_id=finetune.pk, status="failed", error_message="Lost.")

    finetune.refresh_from_db()
    assert [path.name for path in folder.rglob("*") if path.is_file()] == ["card.md"]
    assert finetune.files == 100


def test_a_cancelled_one_takes_nothing(person: Person) -> None:
    finetune = make_finetune(person, files=10**9)
    job_folder(finetune.pk).mkdir()

    finetune_cancel(finetune=finetune)

    finetune.refresh_from_db()
    assert finetune.files == 0


def test_the_sweep_mends_what_an_end_that_was_cut_short_left(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("playground.finetunes.folders.KEPT_SECONDS", -1)
    ended = make_finetune(person, status="succeeded", files=5)
    running = make_finetune(person, status="running", files=7)
    for row in (ended, running):
        checkpoint = job_folder(row.pk) / "checkpoints" / "step-000001"
        checkpoint.mkdir(parents=True)
        (checkpoint / "weights.safetensors").write_bytes(b"x")
        (job_folder(row.pk) / "job.json").write_bytes(b"{}")

    folders_sweep()

    ended.refresh_from_db()
    running.refresh_from_db()
    assert not (job_folder(ended.pk) / "checkpoints").exists()
    assert (job_folder(running.pk) / "checkpoints").exists()
    assert (ended.files, running.files) == (2, 7)


def test_a_message_at_the_end_has_the_link_that_the_person_knows(person: Person) -> None:
    finetune = create(person, mail_site="https://play.example.org/")

    page = f"https://play.example.org/finetunes/{finetune.pk}/"
    assert FineTuneMail.objects.get().link == page


def test_without_the_wish_there_is_no_message(person: Person) -> None:
    create(person)

    assert not FineTuneMail.objects.exists()


def test_an_address_has_a_limit_of_files_of_its_own(
    person: Person, stranger: Person, settings: Any
) -> None:
    Person.objects.update(address="here")
    person.refresh_from_db()
    make_finetune(stranger, status="succeeded", files=2 << 20)
    settings.LIMIT_ADDRESS_FINETUNES_MIB = 1

    with pytest.raises(QuotaReached, match="of all people of your network address take 2 of at"):
        create(person)


def test_the_account_page_says_what_the_files_take(person: Person) -> None:
    make_finetune(person, status="succeeded", files=7 << 20)

    (line,) = [one for one in quota_lines(person) if "files" in one.name]

    assert (line.name, line.amount, line.limit) == ("MiB of files of fine-tunes", 7, 20_480)
