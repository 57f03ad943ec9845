"""The list of saved prompts, and the actions on one prompt in it."""

import uuid

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from playground.accounts.people import person_of
from playground.core.errors import PlaygroundError
from playground.core.http import HtmxRequest, back_to, see_other
from playground.core.toasts import take_toast, toast
from playground.library.forms import DetailsForm
from playground.library.listing import LibraryForm, LibraryQuery, library_page, library_row
from playground.library.models import Prompt
from playground.library.services import (
    get_prompt,
    prompt_archive,
    prompt_delete,
    prompt_duplicate,
    prompt_edit,
    prompt_star,
    tags_written,
)
from playground.prompts.state import template_named


@require_safe
def library(request: HtmxRequest) -> HttpResponse:
    """All prompts of the person, searched and filtered; for HTMX the list alone."""
    query = LibraryForm(request.GET).read()
    shown = library_page(person_of(request), query)
    context = {"library": shown, "query": query, "toast": take_toast(request)}
    if not request.htmx:
        return render(request, "library/list.html", context)
    response = render(request, "library/list.html#rows", context)
    response["HX-Replace-Url"] = query.full_address
    return response


@require_POST
def star(request: HtmxRequest, prompt_id: uuid.UUID) -> HttpResponse:
    """Marks it, or takes the mark off."""
    prompt = get_prompt(person_of(request), prompt_id)
    prompt_star(prompt=prompt, starred=request.POST.get("starred") == "1")
    if request.htmx:
        return render(request, "library/_star.html", {"prompt": prompt})
    return see_other(back_to(request, reverse("library:list")))


@require_POST
def duplicate(request: HtmxRequest, prompt_id: uuid.UUID) -> HttpResponse:
    """Makes a copy, which the list then begins with."""
    copy = prompt_duplicate(prompt=get_prompt(person_of(request), prompt_id))
    toast(request, f"Duplicated as “{copy.title}”.")
    return see_other(back_to(request, reverse("library:list")))


@require_POST
def archive(request: HtmxRequest, prompt_id: uuid.UUID) -> HttpResponse:
    """Puts it into the archive; the list offers to undo that."""
    prompt = prompt_archive(prompt=get_prompt(person_of(request), prompt_id), archived=True)
    toast(request, "Archived.", undo=reverse("library:unarchive", args=[prompt.pk]))
    return see_other(back_to(request, reverse("library:list")))


@require_POST
def unarchive(request: HtmxRequest, prompt_id: uuid.UUID) -> HttpResponse:
    """Takes it out of the archive."""
    prompt = prompt_archive(prompt=get_prompt(person_of(request), prompt_id), archived=False)
    undo = reverse("library:archive", args=[prompt.pk])
    toast(request, "Back among your prompts.", undo=undo)
    return see_other(back_to(request, reverse("library:list")))


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HtmxRequest, prompt_id: uuid.UUID) -> HttpResponse:
    """Title, description and tags, in place of the row that shows them."""
    prompt = get_prompt(person_of(request), prompt_id)
    if request.method != "POST":
        return _render_edit(request, prompt)
    try:
        details = DetailsForm(request.POST).read_details(default_title=prompt.title)
        prompt_edit(prompt=prompt, details=details)
    except PlaygroundError as error:
        return _render_edit(request, prompt, error)
    if request.htmx:
        return _render_row(request, prompt_id)
    return see_other(back_to(request, reverse("library:list")))


@require_safe
def row(request: HtmxRequest, prompt_id: uuid.UUID) -> HttpResponse:
    """The row as the list has it."""
    get_prompt(person_of(request), prompt_id)
    return _render_row(request, prompt_id)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HtmxRequest, prompt_id: uuid.UUID) -> HttpResponse:
    """Asks, and deletes for good. Only an archived prompt can be deleted."""
    prompt = get_prompt(person_of(request), prompt_id)
    if request.method != "POST":
        context = {"prompt": prompt, "link_count": prompt.shares.filter(revoked_at=None).count()}
        return render(request, "library/delete.html", context)
    prompt_delete(prompt=prompt)
    toast(request, "Deleted for good.")
    return see_other(reverse("library:list") + "?show=archive")


def _render_row(request: HtmxRequest, prompt_id: uuid.UUID) -> HttpResponse:
    shown = library_row(prompt_id, person_of(request))
    query = LibraryQuery(show="archive" if shown and shown.archived_at else "prompts")
    context = {"prompt": shown, "query": query, "focus": True}
    return render(request, "library/_row.html", context)


def _render_edit(
    request: HtmxRequest, prompt: Prompt, error: PlaygroundError | None = None
) -> HttpResponse:
    posted = request.POST if error else None
    names = sorted(tag.name for tag in prompt.tags.all())
    context = {
        "prompt": prompt,
        "template": template_named(prompt.template),
        "title": posted.get("save_title", "") if posted else prompt.title,
        "description": posted.get("save_description", "") if posted else prompt.description,
        "tags": posted.get("save_tags", "") if posted else tags_written(names),
        "error": error,
    }
    # A refused form is shown again in its place, with the error.
    if request.htmx:
        return render(request, "library/edit.html#row", context)
    status = error.status if error else 200
    return render(request, "library/edit.html", context, status=status)
