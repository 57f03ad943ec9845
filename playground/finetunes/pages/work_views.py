"""What is done about fine-tunes: start one, stop it, change its place, rename and delete it."""

import uuid
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from playground.accounts.addresses import address_of
from playground.accounts.people import expect_writes, person_for_write, person_of
from playground.core.errors import PlaygroundError
from playground.core.http import HtmxRequest, back_to, open_page, see_other
from playground.core.toasts import toast
from playground.finetunes.estimates import make_plan
from playground.finetunes.pages.form_page import FormPage
from playground.finetunes.pages.forms import posted_finetune, posted_name
from playground.finetunes.selectors import get_finetune
from playground.finetunes.services import (
    finetune_cancel,
    finetune_create,
    finetune_delete,
    finetune_move,
    finetune_rename,
    finetune_stop,
)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HtmxRequest) -> HttpResponse:
    """The form that starts a fine-tune, and its start."""
    if request.method != "POST":
        expect_writes(request)
        return _render_form(request, FormPage.of_query(person_of(request), request.GET))
    try:
        asked = posted_finetune(person_of(request), request.POST)
        finetune = finetune_create(
            person=person_for_write(request),
            address=address_of(request),
            version=asked.version,
            base=asked.base.name,
            name=asked.name,
            note=asked.note,
            options=asked.options,
            mail_site=request.build_absolute_uri("/") if asked.wants_mail else "",
        )
    except PlaygroundError as error:
        page = FormPage.of_form(person_of(request), request.POST)
        return _render_form(request, page, error=error)
    return open_page(request, reverse("finetunes:finetune", args=[finetune.pk]))


@require_safe
def plan(request: HtmxRequest) -> HttpResponse:
    """What a fine-tune would be with the form as it is filled in now."""
    context: dict[str, Any] = {}
    try:
        asked = posted_finetune(person_of(request), request.GET)
        context["plan"] = make_plan(version=asked.version, base=asked.base, options=asked.options)
    except PlaygroundError as error:
        context["refusal"] = error
    return render(request, "finetunes/new.html#plan", context)


@require_POST
def stop(request: HtmxRequest, finetune_id: uuid.UUID) -> HttpResponse:
    """Ends the training and keeps the best state so far."""
    finetune = finetune_stop(finetune=get_finetune(person_of(request), finetune_id))
    return open_page(request, reverse("finetunes:finetune", args=[finetune.pk]))


@require_POST
def cancel(request: HtmxRequest, finetune_id: uuid.UUID) -> HttpResponse:
    """Ends the training and keeps nothing of it but its record."""
    finetune = finetune_cancel(finetune=get_finetune(person_of(request), finetune_id))
    return open_page(request, back_to(request, reverse("finetunes:finetune", args=[finetune.pk])))


@require_POST
def move(request: HtmxRequest, finetune_id: uuid.UUID) -> HttpResponse:
    """Changes places with the person's own next one in the queue."""
    finetune = get_finetune(person_of(request), finetune_id)
    finetune_move(finetune=finetune, earlier=request.POST.get("earlier") == "1")
    return see_other(back_to(request, reverse("finetunes:list")))


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HtmxRequest, finetune_id: uuid.UUID) -> HttpResponse:
    """Its name and note."""
    finetune = get_finetune(person_of(request), finetune_id)
    context: dict[str, Any] = {"finetune": finetune, "name": finetune.name, "note": finetune.note}
    if request.method != "POST":
        return render(request, "finetunes/edit.html", context)
    try:
        name, note = posted_name(request.POST)
        finetune_rename(finetune=finetune, name=name, note=note)
    except PlaygroundError as error:
        context |= {key: request.POST.get(key, "") for key in ("name", "note")}
        context["error"] = error
        return render(request, "finetunes/edit.html", context, status=error.status)
    return see_other(reverse("finetunes:finetune", args=[finetune.pk]))


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HtmxRequest, finetune_id: uuid.UUID) -> HttpResponse:
    """Asks, and deletes it for good, with its tuned model."""
    finetune = get_finetune(person_of(request), finetune_id)
    if request.method != "POST":
        return render(request, "finetunes/delete.html", {"finetune": finetune})
    finetune_delete(finetune=finetune)
    toast(request, "Deleted for good.")
    return see_other(reverse("finetunes:list"))


def _render_form(
    request: HtmxRequest, page: FormPage, error: PlaygroundError | None = None
) -> HttpResponse:
    context = {
        "page": page,
        "plan": page.plan,
        "refusal": page.refusal,
        "error": error,
        "max_minutes": settings.LIMIT_FINETUNE_MINUTES,
    }
    part = "#form" if request.htmx else ""
    return render(
        request, f"finetunes/new.html{part}", context, status=error.status if error else 200
    )
