"""A person's fine-tunes, as they are exported, counted and let go."""

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from django.db.models import Sum

from playground.accounts.belongings import Amount, Belonging, Whose, amount_of, owned_by
from playground.accounts.models import Person
from playground.core.batches import in_batches
from playground.core.failures import each_alone
from playground.finetunes.models import FineTune, FineTuneMail
from playground.finetunes.services import finetune_cancel, finetune_delete

_BATCH = 50
# How long workers are given to stop what they train for somebody who leaves. Seconds.
STOP_SECONDS = 5.0
_LOOK_AGAIN = 0.1


def _export(person: Person) -> Iterator[dict[str, Any]]:
    own = FineTune.objects.filter(person=person).select_related("adapter")
    for finetune in in_batches(own, by="created_at", size=_BATCH):
        yield {
            "kind": "finetune",
            "id": finetune.pk,
            "name": finetune.name,
            "note": finetune.note,
            "base": finetune.base,
            "dataset": finetune.data,
            "options": finetune.options,
            "status": finetune.status,
            "progress": finetune.progress,
            "result": finetune.result,
            "error": finetune.error_message,
            "model": finetune.adapter.name if finetune.adapter else None,
            "exports": [
                {"dtype": made.dtype, "status": made.status, "size": made.size, **made.figures}
                for made in finetune.exports.order_by("dtype")
            ],
            "created_at": finetune.created_at,
            "started_at": finetune.started_at,
            "finished_at": finetune.finished_at,
            "mail": _mail(finetune),
            "record": [
                {"n": event.n, "kind": event.kind, **event.data}
                for event in finetune.events.order_by("n").iterator(chunk_size=500)
            ],
        }


def _mail(finetune: FineTune) -> dict[str, Any] | None:
    """Whether a message at its end was asked for, and when it was sent."""
    mail = FineTuneMail.objects.filter(finetune=finetune).first()
    return {"link": mail.link, "sent_at": mail.sent_at} if mail else None


def _release(person: Person) -> None:
    """Stops what is trained and waits for it, so that no worker writes about it afterwards."""
    own = FineTune.objects.filter(person=person)
    live = own.exclude(status__in=FineTune.FINAL)
    each_alone(live, lambda row: finetune_cancel(finetune=row), event="finetune_not_cancelled")
    deadline = time.monotonic() + STOP_SECONDS
    while live.all().exists() and time.monotonic() < deadline:
        time.sleep(_LOOK_AGAIN)
    each_alone(own, lambda row: finetune_delete(finetune=row), event="finetune_not_deleted")


def _measure(whose: Whose) -> dict[str, Amount]:
    own = FineTune.objects.filter(owned_by(whose))
    files = own.aggregate(sum=Sum("files"))["sum"] or 0
    return {"finetunes": replace(amount_of(own), files=files)}


BELONGINGS = (Belonging(model=FineTune, export=_export, release=_release, measure=_measure),)
