"""What there is to see: the list of fine-tunes, and the page of one."""

import uuid

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from playground.accounts.people import person_of
from playground.core.http import HtmxRequest
from playground.core.toasts import take_toast
from playground.datasets.selectors import datasets_of
from playground.finetunes.pages.page import FineTunePage
from playground.finetunes.selectors import finetunes_page, get_finetune, queue_places


@require_safe
def finetunes(request: HtmxRequest) -> HttpResponse:
    """The person's fine-tunes; for HTMX the list alone."""
    person = person_of(request)
    page = finetunes_page(person, request.GET.get("page", "1"))
    places = queue_places([row.pk for row in page if row.is_waiting])
    rows = [FineTunePage(row, place=places.get(row.pk)) for row in page]
    context = {
        "page": page,
        "rows": rows,
        "is_live": any(not row.finetune.is_final for row in rows),
        "has_datasets": datasets_of(person).exists(),
        "toast": take_toast(request),
    }
    return render(request, f"finetunes/list.html{'#rows' if request.htmx else ''}", context)


@require_safe
def finetune(request: HtmxRequest, finetune_id: uuid.UUID) -> HttpResponse:
    """One fine-tune: how far it is, and what came of it."""
    shown = _get_page(request, finetune_id)
    return render(request, "finetunes/finetune.html", {"page": shown, "toast": take_toast(request)})


@require_safe
def live(request: HtmxRequest, finetune_id: uuid.UUID) -> HttpResponse:
    """The parts of the page that change while it is trained."""
    return render(
        request, "finetunes/finetune.html#live", {"page": _get_page(request, finetune_id)}
    )


def _get_page(request: HtmxRequest, finetune_id: uuid.UUID) -> FineTunePage:
    found = get_finetune(person_of(request), finetune_id)
    return FineTunePage(found, place=queue_places([found.pk]).get(found.pk))
