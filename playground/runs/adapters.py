"""What becomes of a tuned model that was deleted: its files, then its row."""

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from playground.checkpoints.adapter_files import remove_adapter
from playground.checkpoints.models import Adapter
from playground.core.erasing import erasure_ask
from playground.core.failures import each_alone
from playground.runs.models import Run


def adapters_sweep() -> None:
    """Removes the files of deleted tuned models that no unfinished run holds, and the rows of those
    that no run has any more. Idempotent."""
    unfinished = Run.objects.filter(adapter=OuterRef("pk")).exclude(status__in=Run.FINAL)
    deleted = Adapter.objects.filter(state=Adapter.State.DELETED)
    with_files = deleted.exclude(folder="").filter(~Exists(unfinished))
    each_alone(with_files, _remove_files, event="adapter_files_not_removed")
    each_alone(_forgotten(deleted), _delete_row, event="adapter_not_deleted")


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
