"""A person's tuned models, as they are exported and let go."""

from collections.abc import Iterator
from typing import Any

from playground.accounts.belongings import Amount, Belonging, Whose, owned_by
from playground.accounts.models import Person
from playground.checkpoints.adapter_files import remove_adapter
from playground.checkpoints.models import Adapter
from playground.core.batches import in_batches

_BATCH = 100


def _export(person: Person) -> Iterator[dict[str, Any]]:
    own = Adapter.objects.filter(person=person)
    for adapter in in_batches(own, by="created_at", size=_BATCH):
        yield {
            "kind": "model",
            "id": adapter.pk,
            "name": adapter.name,
            "base": adapter.base,
            "title": adapter.title,
            "note": adapter.note,
            "digest": adapter.digest,
            "rank": adapter.rank,
            "size": adapter.size,
            "example": adapter.example,
            "prompt_suffix": adapter.prompt_suffix,
            "stop": adapter.stop,
            "parameters": adapter.parameters,
            "created_at": adapter.created_at,
            "deleted_at": adapter.deleted_at,
        }


def _release(person: Person) -> None:
    """Its files go now: what still runs with them is the same person's, and goes too."""
    for folder in Adapter.objects.filter(person=person).values_list("folder", flat=True):
        remove_adapter(folder)


def _measure(whose: Whose) -> dict[str, Amount]:
    """Their number. Their files are the operator's disk, which has a limit of models and no MiB:
    one of a large base is more than all that a person writes."""
    ready = Adapter.objects.filter(owned_by(whose), state=Adapter.State.READY)
    return {"models": Amount(rows=ready.count())}


BELONGINGS = (Belonging(model=Adapter, export=_export, release=_release, measure=_measure),)
