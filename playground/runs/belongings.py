"""A person's tuned models, as they are exported and let go. Here, since runs hold them."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Q

from playground.accounts.belongings import Amount, Belonging, Whose, owned_by
from playground.accounts.models import Person
from playground.checkpoints.adapter_files import remove_adapter
from playground.checkpoints.models import Adapter, AdapterGrant
from playground.core.batches import in_batches
from playground.runs.adapters import adapters_orphan

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
            "link": adapter.link,
            "created_at": adapter.created_at,
            "deleted_at": adapter.deleted_at,
        }


def _release(person: Person) -> None:
    """Files go now: what still runs with them is the same person's, and goes too. What other
    people's runs hold is nobody's from now on."""
    adapters_orphan(person=person)
    own = Adapter.objects.filter(person=person).exclude(folder="")
    for folder in own.values_list("folder", flat=True):
        remove_adapter(folder)


def _export_grants(person: Person) -> Iterator[dict[str, Any]]:
    for grant in AdapterGrant.objects.filter(person=person).select_related("adapter"):
        yield {"kind": "shared_model", "name": grant.adapter.name, "since": grant.created_at}


def _merge_grants(guest: Person, account: Person) -> None:
    """Once for each model, and none for one's own."""
    of_account = AdapterGrant.objects.filter(person=account).values("adapter")
    of_guest = AdapterGrant.objects.filter(person=guest)
    of_guest.filter(Q(adapter__in=of_account) | Q(adapter__person=account)).delete()
    AdapterGrant.objects.filter(person=account, adapter__person=guest).delete()


def _measure(whose: Whose) -> dict[str, Amount]:
    """Their number. Their files are the operator's disk, which has a limit of models and no MiB:
    one of a large base is more than all that a person writes."""
    ready = Adapter.objects.filter(owned_by(whose), state=Adapter.State.READY)
    return {"models": Amount(rows=ready.count())}


BELONGINGS = (
    Belonging(model=Adapter, export=_export, release=_release, measure=_measure),
    Belonging(model=AdapterGrant, export=_export_grants, merge=_merge_grants),
)
