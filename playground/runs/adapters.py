"""What becomes of a tuned model that was deleted, or whose owner was: its files, then its row."""

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from playground.accounts.models import Person
from playground.checkpoints.adapter_files import remove_adapter
from playground.checkpoints.models import Adapter
from playground.core.erasing import erasure_ask
from playground.core.failures import each_alone
from playground.runs.models import Run

# Of a model whose owner is gone.
ORPHAN_TITLE = "A deleted model"


def adapters_sweep() -> None:
    """Removes the files of deleted tuned models that no unfinished run holds, and the rows of those
    that no run has any more. Idempotent."""
    unfinished = Run.objects.filter(adapter=OuterRef("pk")).exclude(status__in=Run.FINAL)
    deleted = Adapter.objects.filter(state=Adapter.State.DELETED)
    with_files = deleted.exclude(folder="").filter(~Exists(unfinished))
    each_alone(with_files, _remove_files, event="adapter_files_not_removed")
    each_alone(_forgotten(deleted), _delete_row, event="adapter_not_deleted")


def adapters_orphan(*, person: Person) -> None:
    """Before a person goes: of their tuned models, those that other people's runs hold become
    nobody's and lose all that their owner wrote about them."""
    others = Run.objects.filter(adapter=OuterRef("pk")).exclude(person=person)
    for adapter in Adapter.objects.filter(Exists(others), person=person):
        Adapter.objects.filter(pk=adapter.pk).update(
            person=None,
            name=f"{adapter.name.partition(':')[0]}:{adapter.pk.hex}",
            title=ORPHAN_TITLE,
            note="",
            example="",
            prompt_suffix="",
            stop=[],
            parameters={},
            link=None,
            state=Adapter.State.DELETED,
        )


def _forgotten(deleted: QuerySet[Adapter]) -> QuerySet[Adapter]:
    return deleted.filter(~Exists(Run.objects.filter(adapter=OuterRef("pk"))), folder="")


def _remove_files(adapter: Adapter) -> bool:
    remove_adapter(adapter.folder)
    Adapter.objects.filter(pk=adapter.pk).update(folder="")
    return True


def _delete_row(adapter: Adapter) -> bool:
    with transaction.atomic():
        adapter.delete()
        erasure_ask()
    return True
