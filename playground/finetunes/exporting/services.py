"""Asking for the whole model of a fine-tune, and deleting it."""

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from playground.accounts.quotas import room_of
from playground.checkpoints.jobs import FINETUNE
from playground.checkpoints.rings import ring
from playground.core.errors import InvalidInput, TooManyRuns
from playground.finetunes.exporting.files import expected_bytes, folder_remove
from playground.finetunes.folders import folder_measure
from playground.finetunes.models import FineTune, FineTuneExport

RETRY_AFTER_SECONDS = 30

log = structlog.get_logger(__name__)


def export_create(*, finetune: FineTune, dtype: str) -> FineTuneExport:
    """Asks for the whole model in ``dtype``; one that failed or was refused is made anew.

    Idempotent for one that is made or ready. Raises `InvalidInput`, `QuotaReached` and
    `TooManyRuns`.
    """
    if dtype not in FineTuneExport.Dtype.values:
        raise InvalidInput(
            f"Choose one of: {', '.join(FineTuneExport.Dtype.values)}.", field="dtype"
        )
    if not finetune.has_model:
        raise InvalidInput("This fine-tune has no model that could be exported.")
    earlier = FineTuneExport.objects.filter(finetune=finetune, dtype=dtype).first()
    if earlier is not None:
        if earlier.status not in (FineTuneExport.Status.FAILED, FineTuneExport.Status.REFUSED):
            return earlier
        export_delete(export=earlier)
    _check_limits(finetune)
    expected = expected_bytes(base=finetune.base, dtype=dtype)
    room_of(finetune.person).check("finetunes", rows=0, files=expected)
    with transaction.atomic():
        # Two posts at once make one.
        export, _ = FineTuneExport.objects.get_or_create(finetune=finetune, dtype=dtype)
        transaction.on_commit(lambda: ring(FINETUNE, finetune.base))
    return export


def export_delete(*, export: FineTuneExport) -> None:
    """Deletes it with its files. Idempotent.

    A worker that makes it finds no row any more: it ends the child and deletes the folder. A
    download that has begun is sent to its end.
    """
    FineTuneExport.objects.filter(pk=export.pk).delete()
    if export.status != FineTuneExport.Status.RUNNING:
        folder_remove(export)
    folder_measure(export.finetune_id)


def _check_limits(finetune: FineTune) -> None:
    live = FineTuneExport.objects.exclude(status__in=FineTuneExport.FINAL)
    of_person = live.filter(finetune__person=finetune.person_id)
    _check_limit(of_person, settings.LIMIT_PERSON_TRAINING, "You have")
    of_address = live.filter(Q(finetune__address=finetune.address) & ~Q(finetune__address=""))
    _check_limit(of_address, settings.LIMIT_ADDRESS_TRAINING, "From your network address there are")


def _check_limit(live: QuerySet[FineTuneExport], limit: int, whose: str) -> None:
    count = live.count()
    if count >= limit:
        raise TooManyRuns(
            f"{whose} {count} models that are being made, which is the most. Wait until one is "
            "done.",
            retry_after=RETRY_AFTER_SECONDS,
        )
