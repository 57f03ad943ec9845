"""Writing fine-tunes as people do: start, reorder, stop, cancel, rename, delete."""

from itertools import islice
from typing import Any
from urllib.parse import urljoin

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.urls import reverse

from playground.accounts.models import Person
from playground.accounts.quotas import room_of
from playground.checkpoints.jobs import FINETUNE
from playground.checkpoints.models import Adapter
from playground.checkpoints.registry import registry
from playground.checkpoints.rings import ring
from playground.checkpoints.services import adapter_check_room, adapter_delete, adapter_rename
from playground.core.erasing import erasure_ask
from playground.core.errors import InvalidInput, TooManyRuns
from playground.core.sizes import json_size
from playground.datasets.checks.canonical import read_rows
from playground.datasets.models import DatasetVersion
from playground.finetunes.estimates import make_plan
from playground.finetunes.finishing import finetune_finish_waiting
from playground.finetunes.folders import folder_remove
from playground.finetunes.models import FineTune, FineTuneMail
from playground.finetunes.options import Options
from playground.finetunes.record import tell_look

# What a person who is at the limit has to wait at least.
RETRY_AFTER_SECONDS = 60
# Prompts that are continued at each evaluation, and kept as examples.
EXAMPLES = 3
EXAMPLE_ROWS = 200
MAX_EXAMPLE = 2_000

log = structlog.get_logger(__name__)


def finetune_create(
    *,
    person: Person,
    address: str,
    version: DatasetVersion,
    base: str,
    name: str,
    options: Options,
    note: str = "",
    mail_site: str = "",
) -> FineTune:
    """Saves a fine-tune QUEUED and, once that is committed, rings for a worker.

    mail_site: the address of the site, where the person wants a message with a link when it ends.

    Raises `UnknownModel`, `CannotTrain`, `InvalidInput`, `QuotaReached` or `TooManyRuns`; then
    nothing was saved.
    """
    spec = registry().get(base)
    if not version.is_checked:
        raise InvalidInput(
            "This version of the dataset cannot be used for training. Fix it first.",
            field="version",
        )
    plan = make_plan(version=version, base=spec, options=options).to_json()
    data = describe_data(version)
    data["examples"] = example_prompts(version)
    if options.method == "lora":
        adapter_check_room(person=person)
    room_of(person).check(
        "finetunes",
        size=json_size([data, options.to_json(), plan, note]),
        files=plan["files_bytes"],
    )
    with transaction.atomic():
        _check_limits(person, address)
        finetune = FineTune.objects.create(
            person=person,
            address=address,
            version=version,
            data=data,
            base=spec.name,
            name=name,
            note=note,
            options=options.to_json(),
            plan=plan,
            files=plan["files_bytes"],
        )
        if mail_site:
            page = reverse("finetunes:finetune", args=[finetune.pk])
            FineTuneMail.objects.create(finetune=finetune, link=urljoin(mail_site, page))
        transaction.on_commit(lambda: ring(FINETUNE, spec.name))
    return finetune


def describe_data(version: DatasetVersion) -> dict[str, Any]:
    """What a fine-tune keeps of its dataset, for when that is gone."""
    figures = version.figures
    return {
        "dataset": str(version.dataset_id),
        "name": version.dataset.name,
        "number": version.number,
        "sha256": version.sha256,
        "rows": version.rows,
        "tokens": version.tokens,
        "size": version.size,
        "task": version.task,
        "separator": figures.get("separator", ""),
        "prompt_suffix": figures.get("prompt_suffix", ""),
        "classes": figures.get("classes", []),
    }


def example_prompts(version: DatasetVersion) -> list[str]:
    """The first prompts that differ, which are continued at each evaluation."""
    prompts: dict[str, None] = {}
    for row in islice(read_rows(version.rows_path), EXAMPLE_ROWS):
        if len(row.prompt) <= MAX_EXAMPLE:
            prompts[row.prompt] = None
        if len(prompts) == EXAMPLES:
            break
    return list(prompts)


def finetune_move(*, finetune: FineTune, earlier: bool) -> None:
    """Changes places with the person's next waiting fine-tune of the same base before or after."""
    with transaction.atomic():
        own = FineTune.objects.select_for_update().filter(
            person=finetune.person_id, base=finetune.base, status=FineTune.Status.QUEUED
        )
        # All of them are locked, in one order: two tabs do not wait for each other.
        rows = sorted(own.order_by("pk").only("rank"), key=lambda row: row.rank)
        place = next((at for at, row in enumerate(rows) if row.pk == finetune.pk), -1)
        other = place - 1 if earlier else place + 1
        if place < 0 or not 0 <= other < len(rows):
            return
        for row, rank in ((rows[place], rows[other].rank), (rows[other], rows[place].rank)):
            FineTune.objects.filter(pk=row.pk).update(rank=rank)


def finetune_stop(*, finetune: FineTune) -> FineTune:
    """Ends the training and keeps the best state so far. One that waits is cancelled. Idempotent.

    The flag in the row is read by the worker that trains it; nothing else is told to it.
    """
    live = FineTune.objects.filter(pk=finetune.pk).exclude(status__in=FineTune.FINAL)
    never_trained = live.filter(reached=0, status__in=FineTune.WAITING)
    if never_trained.update(cancel_requested=True):
        finetune_finish_waiting(finetune_id=finetune.pk, status=FineTune.Status.CANCELLED)
    else:
        live.update(stop_requested=True)
    return _reload_and_tell(finetune)


def finetune_cancel(*, finetune: FineTune) -> FineTune:
    """Ends the training wherever it is, and keeps nothing of it but its record. Idempotent."""
    live = FineTune.objects.filter(pk=finetune.pk).exclude(status__in=FineTune.FINAL)
    if live.update(cancel_requested=True):
        finetune_finish_waiting(finetune_id=finetune.pk, status=FineTune.Status.CANCELLED)
    return _reload_and_tell(finetune)


def finetune_rename(*, finetune: FineTune, name: str, note: str) -> None:
    """Another name and note, of the tuned model too.

    One that is finished at the same moment gets them from the row (finishing.py).
    """
    with transaction.atomic():
        FineTune.objects.filter(pk=finetune.pk).update(name=name, note=note)
        adapter = Adapter.objects.filter(finetune=finetune.pk).first()
        if adapter is not None and not adapter.is_deleted:
            adapter_rename(adapter=adapter, title=name, note=note)
    finetune.name, finetune.note = name, note


def finetune_delete(*, finetune: FineTune) -> None:
    """Deletes it with its record, its files and its tuned model. Runs on that one finish.

    A worker that trains it finds no row any more: it ends the training and deletes the folder.
    """
    with transaction.atomic():
        # As it is now: a worker may have begun or finished it since the page was loaded.
        row = FineTune.objects.select_for_update().filter(pk=finetune.pk).first()
        # Before the end is stored, the model has nothing but the id.
        for adapter in Adapter.objects.filter(Q(finetune=finetune.pk) | Q(pk=finetune.pk)):
            adapter_delete(adapter=adapter)
        erasure_ask()
        FineTune.objects.filter(pk=finetune.pk).delete()
    if row is None or row.status != FineTune.Status.RUNNING:
        folder_remove(finetune.pk)
    tell_look(finetune, epoch=finetune.epoch)


def _reload_and_tell(finetune: FineTune) -> FineTune:
    finetune.refresh_from_db()
    tell_look(finetune, epoch=finetune.epoch)
    return finetune


def _check_limits(person: Person, address: str) -> None:
    # One creation at a time for a person: two at once would both see room.
    if connection.features.has_select_for_update:
        Person.objects.select_for_update().get(pk=person.pk)
    live = FineTune.objects.exclude(status__in=FineTune.FINAL)
    own = live.filter(person=person).count()
    if own >= settings.LIMIT_PERSON_TRAINING:
        raise TooManyRuns(
            f"You have {own} fine-tunes that wait or train, which is the most that one person may "
            "have. Cancel one, or wait until one is done.",
            retry_after=RETRY_AFTER_SECONDS,
        )
    of_address = live.filter(Q(address=address) & ~Q(address="")).count()
    if of_address >= settings.LIMIT_ADDRESS_TRAINING:
        raise TooManyRuns(
            f"{of_address} fine-tunes from your network address wait or train, which is the most. "
            "Wait until one is done.",
            retry_after=RETRY_AFTER_SECONDS,
        )
