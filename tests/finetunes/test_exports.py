"""Exports of the whole model: asked for, claimed, released, given up, deleted."""

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db.models.functions import Now
from django.utils import timezone
from pytest_django.fixtures import Settings

from playground.accounts.leaving import person_delete
from playground.accounts.models import Person
from playground.checkpoints.jobs import FINETUNE
from playground.checkpoints.models import Worker
from playground.checkpoints.rings import rings_waiting
from playground.checkpoints.services import adapter_delete
from playground.core.errors import InvalidInput, TooManyRuns
from playground.finetunes.exporting import leases
from playground.finetunes.exporting.files import (
    expected_bytes,
    export_folder,
    export_folders_sweep,
    model_folder,
)
from playground.finetunes.exporting.leases import (
    ExportOutcome,
    export_claim,
    export_finish,
    export_release,
    export_wait_for_room,
    exports_sweep,
    worker_exports_release,
)
from playground.finetunes.exporting.services import export_create, export_delete
from playground.finetunes.folders import folder_bytes, job_folder
from playground.finetunes.leases import finetune_claim
from playground.finetunes.models import FineTune, FineTuneExport
from playground.finetunes.services import finetune_delete
from tests.finetunes.conftest import make_finetune, make_tuned, register_worker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_client")]
PLACE = "cpu@host"


def claim(worker: str = "w", *, place: str = PLACE, base: str = "tiny") -> FineTuneExport | None:
    return export_claim(worker=worker, place=place, base=base)


def write_model(export: FineTuneExport) -> Path:
    folder = model_folder(export)
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"weights")
    return folder


def test_it_is_queued_once_and_rung_for(person: Person) -> None:
    finetune = make_tuned(person)

    first = export_create(finetune=finetune, dtype="float16")
    second = export_create(finetune=finetune, dtype="float16")

    assert first == second
    assert first.status == "queued"
    assert rings_waiting(FINETUNE, "tiny") == 1


@pytest.mark.parametrize("dtype", ["", "int8", "../float16", "float16\0"])
def test_another_dtype_is_refused(person: Person, dtype: str) -> None:
    with pytest.raises(InvalidInput, match="float32, float16, bfloat16"):
        export_create(finetune=make_tuned(person), dtype=dtype)


def test_without_a_model_there_is_nothing_to_export(person: Person) -> None:
    deleted = make_tuned(person)
    assert deleted.adapter is not None
    adapter_delete(adapter=deleted.adapter)
    deleted.refresh_from_db()

    for finetune in (make_finetune(person), deleted, make_finetune(person, status="failed")):
        with pytest.raises(InvalidInput, match="no model"):
            export_create(finetune=finetune, dtype="float32")


def test_one_person_has_few_in_the_making(person: Person, settings: Settings) -> None:
    settings.LIMIT_PERSON_TRAINING = 2
    finetune = make_tuned(person)
    export_create(finetune=finetune, dtype="float32")
    export_create(finetune=finetune, dtype="float16")

    with pytest.raises(TooManyRuns, match="You have 2 models that are being made"):
        export_create(finetune=finetune, dtype="bfloat16")


def test_one_that_failed_is_made_anew(person: Person) -> None:
    finetune = make_tuned(person)
    failed = export_create(finetune=finetune, dtype="float32")
    FineTuneExport.objects.update(status="failed", error_message="No memory.", tries=3)

    again = export_create(finetune=finetune, dtype="float32")

    assert again.pk != failed.pk
    assert (again.status, again.tries, again.error_message) == ("queued", 0, "")


def test_the_oldest_is_claimed_and_counts_attempt_and_try_before_the_start(person: Person) -> None:
    finetune = make_tuned(person)
    first = export_create(finetune=finetune, dtype="float16")
    export_create(finetune=finetune, dtype="float32")

    claimed = claim()

    assert claimed == first
    assert claimed is not None
    assert (claimed.status, claimed.attempt, claimed.tries) == ("running", 1, 1)


def test_only_workers_of_the_base_claim_it(person: Person) -> None:
    export_create(finetune=make_tuned(person), dtype="float16")

    assert claim(base="other") is None


def test_one_is_made_in_a_place_whoever_asks(person: Person) -> None:
    finetune = make_tuned(person)
    for dtype in ("float16", "float32"):
        export_create(finetune=finetune, dtype=dtype)
    claim()

    assert claim("v") is None
    assert claim("v", place="cuda:0@host") is not None


def test_nothing_is_trained_where_one_is_made_and_the_other_way_round(person: Person) -> None:
    export_create(finetune=make_tuned(person), dtype="float16")
    waiting = make_finetune(person)
    held = claim()
    assert held is not None

    while_made = finetune_claim(worker="v", place=PLACE, base="tiny")
    export_finish(export=held, outcome=ExportOutcome(status="failed"))
    afterwards = finetune_claim(worker="v", place=PLACE, base="tiny")
    export_create(finetune=held.finetune, dtype="float32")

    assert while_made is None
    assert afterwards == waiting
    assert claim() is None


def test_an_older_attempt_stores_nothing(person: Person) -> None:
    export_create(finetune=make_tuned(person), dtype="float16")
    old = claim()
    assert old is not None
    export_release(export_id=old.pk, attempt=1, lost=True)
    claim()

    ready = ExportOutcome(status="ready", size=1)

    assert not export_finish(export=old, outcome=ready)
    assert not export_release(export_id=old.pk, attempt=1, lost=True)
    assert not export_wait_for_room(export_id=old.pk, attempt=1)


def test_what_is_not_ready_leaves_no_file(person: Person) -> None:
    export_create(finetune=make_tuned(person), dtype="float16")
    held = claim()
    assert held is not None
    write_model(held)

    export_finish(export=held, outcome=ExportOutcome(status="refused", figures={"largest": 1.0}))

    assert not export_folder(held).exists()


def test_a_release_in_order_counts_no_try(person: Person) -> None:
    export = export_create(finetune=make_tuned(person), dtype="float16")
    claim()

    export_release(export_id=export.pk, attempt=1, lost=False)

    export.refresh_from_db()
    assert (export.status, export.tries, export.place) == ("queued", 0, "")


def test_what_ends_its_worker_every_time_is_given_up_with_the_reason(person: Person) -> None:
    export = export_create(finetune=make_tuned(person), dtype="float16")
    for attempt in range(1, settings.MAX_ATTEMPTS + 1):
        claim()
        export_release(export_id=export.pk, attempt=attempt, lost=True, reason="No memory.")

    export.refresh_from_db()
    assert (export.status, export.error_code) == ("failed", "worker_lost")
    assert "No memory." in export.error_message


def test_a_silent_worker_loses_what_it_makes(person: Person) -> None:
    export = export_create(finetune=make_tuned(person), dtype="float16")
    register_worker()
    claim()
    past = timezone.now() - timedelta(seconds=settings.LEASE_SECONDS + 1)
    Worker.objects.filter(name="w").update(heartbeat_at=past)

    exports_sweep(base="tiny", worker="w", is_free=False)
    export.refresh_from_db()
    its_own = export.status
    exports_sweep(base="tiny", worker="other", is_free=True)

    export.refresh_from_db()
    assert (its_own, export.status) == ("running", "queued")
    assert rings_waiting(FINETUNE, "tiny") >= 1


def test_a_worker_that_starts_again_releases_what_it_held(person: Person) -> None:
    export = export_create(finetune=make_tuned(person), dtype="float16")
    claim()

    worker_exports_release(worker="w")

    export.refresh_from_db()
    assert export.status == "queued"


def test_a_lost_ring_is_rung_again(person: Person) -> None:
    FineTuneExport.objects.create(finetune=make_tuned(person), dtype="float16")

    exports_sweep(base="tiny", worker="w", is_free=True)

    assert rings_waiting(FINETUNE, "tiny") == 1


@pytest.mark.parametrize(("free", "goes_on"), [(0, False), (1 << 40, True)])
def test_a_full_disk_is_waited_for(
    person: Person, monkeypatch: pytest.MonkeyPatch, free: int, goes_on: bool
) -> None:
    export = export_create(finetune=make_tuned(person), dtype="float16")
    claim()
    export_wait_for_room(export_id=export.pk, attempt=1)
    past = Now() - timedelta(seconds=leases.ROOM_SECONDS + 1)
    FineTuneExport.objects.update(waiting_since=past)
    monkeypatch.setattr(leases, "free_bytes", lambda: free)

    exports_sweep(base="tiny", worker="w", is_free=True)

    export.refresh_from_db()
    assert (export.status == "queued") is goes_on
    assert export.tries == 0


def test_deleted_by_hand_its_files_are_gone(person: Person) -> None:
    export = export_create(finetune=make_tuned(person), dtype="float16")
    write_model(export)

    export_delete(export=export)
    export_delete(export=export)

    assert not FineTuneExport.objects.exists()
    assert not export_folder(export).exists()


def test_it_goes_with_its_fine_tune_and_with_the_account(person: Person) -> None:
    first, second = make_tuned(person), make_tuned(person)
    exports = [export_create(finetune=each, dtype="float16") for each in (first, second)]
    for export in exports:
        write_model(export)

    finetune_delete(finetune=first)
    person_delete(person=person)

    assert not FineTuneExport.objects.exists()
    assert not any(job_folder(each.finetune_id).exists() for each in exports)


def test_the_bytes_of_a_fine_tune_include_its_exports(person: Person) -> None:
    export = export_create(finetune=make_tuned(person), dtype="float16")
    before = folder_bytes(export.finetune_id)
    write_model(export)

    assert folder_bytes(export.finetune_id) == before + len(b"weights")


def test_folders_of_deleted_exports_are_swept(person: Person) -> None:
    kept = export_create(finetune=make_tuned(person), dtype="float16")
    gone = FineTuneExport(finetune=kept.finetune, dtype="float32")
    for export in (kept, gone):
        write_model(export)
        old = time.time() - 3_600
        os.utime(export_folder(export), (old, old))

    assert export_folders_sweep() == 1
    assert export_folder(kept).exists()
    assert not export_folder(gone).exists()


def test_its_size_is_that_of_the_base_in_the_dtype() -> None:
    assert expected_bytes(base="tiny", dtype="float32") == 2 * expected_bytes(
        base="tiny", dtype="bfloat16"
    )
    # As of GPT-J-6B.
    assert 12 <= expected_bytes(base="gone", dtype="float16") / 1e9 < 12.5


def test_names_on_the_disk_are_the_servers(person: Person) -> None:
    finetune = make_tuned(person, name="../../etc/passwd")
    export = export_create(finetune=finetune, dtype="float16")

    place = export_folder(export)

    assert place.relative_to(Path(settings.FINETUNES_DIR)).parts == (
        *(str(finetune.pk), "exports", str(export.pk)),
    )
    assert FineTune.objects.count() == 1
