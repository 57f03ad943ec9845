"""What workers write about themselves, and what is written about them when they have gone; tuned
models: registered, renamed, deleted.

A worker's row is the lease of all that it works on, for as long as its heartbeat is young.
"""

import secrets
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils.text import slugify

from playground.accounts.models import Person
from playground.accounts.quotas import room_of
from playground.checkpoints.adapter_files import (
    examine_adapter,
    place_adapter,
    remove_adapter,
    remove_strays,
)
from playground.checkpoints.jobs import Job
from playground.checkpoints.models import MAX_TITLE, Adapter, Worker
from playground.checkpoints.registry import BASE_IN_NAME, registry
from playground.core.erasing import erasure_ask
from playground.core.errors import InvalidInput
from playground.core.texts import fault_of, storable

# For how long the row of a worker that has gone is kept.
KEPT_FOR = timedelta(days=7)

# Of a tuned model's served name: its title, and letters that make it the only one. None of them
# can be read as another.
_SLUG = 32
_LETTERS = "abcdefghjkmnpqrstuvwxyz"
_NAME_TRIES = 20


def worker_register(*, name: str, job: Job, model: str, device: str, slots: int) -> uuid.UUID:
    """Makes or takes over the worker's row; the returned incarnation is this process's."""
    incarnation = uuid.uuid4()
    Worker.objects.update_or_create(
        name=name,
        defaults={
            "incarnation": incarnation,
            "job": job.name,
            "model": model,
            "device": device,
            "slots": slots,
            "state": Worker.State.LOADING,
            "detail": "",
            "reason": "",
            "live": 0,
            "tokens_per_second": None,
            "memory_total": None,
            "memory_free": None,
            "started_at": Now(),
            "heartbeat_at": Now(),
        },
    )
    return incarnation


def worker_beat(
    *,
    name: str,
    incarnation: uuid.UUID,
    state: str,
    detail: str = "",
    reason: str = "",
    live: int = 0,
    tokens_per_second: float | None = None,
    memory_total: int | None = None,
    memory_free: int | None = None,
) -> bool:
    """Renews the lease. False when another process has taken the name."""
    return bool(
        Worker.objects.filter(name=name, incarnation=incarnation).update(
            state=state,
            # It may name a file whose name is no text.
            detail=storable(detail),
            reason=reason,
            live=live,
            tokens_per_second=tokens_per_second,
            memory_total=memory_total,
            memory_free=memory_free,
            heartbeat_at=Now(),
        )
    )


def worker_mark_stopped(*, names: Iterable[str]) -> None:
    """The processes of these workers are dead: nobody need wait for their leases to run out."""
    Worker.objects.filter(name__in=list(names)).update(state=Worker.State.STOPPED)


def worker_forget() -> None:
    """Deletes the rows of workers that have been gone for long."""
    Worker.objects.filter(heartbeat_at__lt=Now() - KEPT_FOR).delete()


def adapter_check_room(*, person: Person) -> None:
    """Raises `QuotaReached` where the person keeps as many tuned models as they may.

    Asked before a training begins: a finished one is always registered.
    """
    room_of(person).check("models", size=0)


def adapter_register(
    *,
    person: Person,
    base: str,
    title: str,
    folder: Path,
    take_over: bool = False,
    adapter_id: uuid.UUID | None = None,
    note: str = "",
    example: str = "",
    prompt_suffix: str = "",
    stop: Sequence[str] = (),
    parameters: Mapping[str, float] | None = None,
) -> Adapter:
    """Makes the adapter in ``folder`` a tuned model that its person can use at once.

    folder: adapter_config.json and adapter_model.safetensors. It is copied, or with ``take_over``
    becomes the server's. adapter_id: of the new row; asked for again, the row that is there is
    returned, so that whoever died after registering can do it again.
    example, prompt_suffix, stop, parameters: what the page begins with that opens to try it.

    Raises `UnknownModel`, `InvalidInput` for the title, `AdapterRefused`, and `OSError` of a disk
    that is full; then nothing was registered.
    """
    adapter_id = adapter_id or uuid.uuid4()
    if known := Adapter.objects.filter(pk=adapter_id, person=person).first():
        return known
    base = registry().get(base).name
    title = _clean_title(title)
    found = examine_adapter(folder)
    place = adapter_id.hex
    # What a crash left between the files and their row.
    remove_adapter(place)
    remove_strays(known=set(Adapter.objects.values_list("folder", flat=True)))
    place_adapter(folder, place, take_over=take_over)
    return _create_named(
        Adapter(
            id=adapter_id,
            person=person,
            base=base,
            title=title,
            note=storable(note),
            folder=place,
            digest=found.digest,
            rank=found.rank,
            size=found.size,
            changes_nothing=found.changes_nothing,
            example=storable(example, limit=len(example) + 1),
            prompt_suffix=prompt_suffix,
            stop=list(stop),
            parameters=dict(parameters or {}),
        )
    )


def adapter_rename(*, adapter: Adapter, title: str, note: str | None = None) -> Adapter:
    """Another title, and another note where one is given. The name by which rows know it stays."""
    adapter.title = _clean_title(title)
    adapter.note = adapter.note if note is None else storable(note)
    adapter.save(update_fields=["title", "note"])
    return adapter


def adapter_delete(*, adapter: Adapter) -> bool:
    """No new run can have it from now on; those accepted finish. False where it was deleted.

    What was written about it goes at once, but for the title, which pages of runs show. Its files
    go with the next sweep of a worker after the last run (runs.adapters).
    """
    ready = Adapter.objects.filter(pk=adapter.pk, state=Adapter.State.READY)
    with transaction.atomic():
        deleted = ready.update(
            state=Adapter.State.DELETED,
            deleted_at=Now(),
            link=None,
            note="",
            example="",
            prompt_suffix="",
            stop=[],
            parameters={},
        )
        erasure_ask()
    adapter.refresh_from_db()
    return bool(deleted)


def _create_named(adapter: Adapter) -> Adapter:
    """Saves the row under a name that no other has."""
    stem = f"{adapter.base[:BASE_IN_NAME]}:{slugify(adapter.title)[:_SLUG].strip('-') or 'model'}"
    for _ in range(_NAME_TRIES):
        letters = "".join(secrets.choice(_LETTERS) for _ in range(4))
        adapter.name = f"{stem}-{letters}"
        try:
            with transaction.atomic():
                adapter.save(force_insert=True)
        except IntegrityError:
            if not Adapter.objects.filter(name=adapter.name).exists():
                raise
        else:
            return adapter
    raise InvalidInput("Many tuned models have this name. Choose another one.", field="title")


def _clean_title(title: str) -> str:
    line = " ".join(title.split())
    if not line:
        raise InvalidInput("Give the model a name.", field="title")
    if len(line) > MAX_TITLE:
        raise InvalidInput(f"A name has {MAX_TITLE} characters at most.", field="title")
    if fault := fault_of(line):
        raise InvalidInput(f"The name holds {fault}. Remove it.", field="title")
    return line
