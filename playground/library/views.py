"""The list of saved prompts, and what is done to one from there."""

import uuid

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from playground.accounts.people import person_of
from playground.core.errors import PlaygroundError
from playground.library.drafts import posted_id
from playground.library.listing import LibraryQuery, library_page, library_row
from playground.library.models import Prompt
from playground.library.services import (
    posted_details,
    prompt_archive,
    prompt_delete,
    prompt_edit,
    prompt_of,
    prompt_star,
    tags_written,
)
from playground.prompts.state import template_named
from playground.workbench.save_bar import Toast, toast_of


@require_safe
def library(request: HttpRequest) -> HttpResponse:
    """All prompts of the person, searched and filtered; for HTMX the list alone."""
    query = LibraryQuery.of(request.GET)
    shown = library_page(person_of(request), query)
    context = {"library": shown, "query": query, "toast": _done(request) or toast_of(request)}
    if not request.htmx:  # type: ignore[attr-defined]
        return render(request, "library/list.html", context)
    response = render(request, "library/_list.html", context)
    response["HX-Replace-Url"] = query.full_address
    return response


@require_POST
def star(request: HttpRequest, prompt_id: uuid.UUID) -> HttpResponse:
    """Marks it, or takes the mark off."""
    prompt = prompt_of(person_of(request), prompt_id)
    prompt_star(prompt=prompt, starred=request.POST.get("starred") == "1")
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "library/_star.html", {"prompt": prompt})
    return _back(request)


@require_POST
def archive(request: HttpRequest, prompt_id: uuid.UUID) -> HttpResponse:
    """Puts it into the archive; the list offers to undo that."""
    prompt = prompt_archive(prompt=prompt_of(person_of(request), prompt_id), archived=True)
    return _back(request, f"archived={prompt.pk}")


@require_POST
def unarchive(request: HttpRequest, prompt_id: uuid.UUID) -> HttpResponse:
    """Takes it out of the archive."""
    prompt = prompt_archive(prompt=prompt_of(person_of(request), prompt_id), archived=False)
    return _back(request, f"unarchived={prompt.pk}")


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, prompt_id: uuid.UUID) -> HttpResponse:
    """Title, description and tags, in place of the row that shows them."""
    prompt = prompt_of(person_of(request), prompt_id)
    if request.method != "POST":
        return _edited(request, prompt)
    try:
        prompt_edit(prompt=prompt, details=posted_details(request.POST, default_title=prompt.title))
    except PlaygroundError as error:
        return _edited(request, prompt, error)
    if request.htmx:  # type: ignore[attr-defined]
        return _row(request, prompt_id)
    return _back(request)


@require_safe
def row(request: HttpRequest, prompt_id: uuid.UUID) -> HttpResponse:
    """The row as the list has it."""
    prompt_of(person_of(request), prompt_id)
    return _row(request, prompt_id)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, prompt_id: uuid.UUID) -> HttpResponse:
    """Asks, and deletes for good. Only what is in the archive can be deleted."""
    prompt = prompt_of(person_of(request), prompt_id)
    if request.method != "POST":
        context = {"prompt": prompt, "link_count": prompt.shares.filter(revoked_at=None).count()}
        return render(request, "library/delete.html", context)
    prompt_delete(prompt=prompt)
    return HttpResponseRedirect(reverse("library:list") + "?show=archive&deleted", status=303)


def _row(request: HttpRequest, prompt_id: uuid.UUID) -> HttpResponse:
    shown = library_row(prompt_id, person_of(request))
    query = LibraryQuery(show="archive" if shown and shown.archived_at else "prompts")
    context = {"prompt": shown, "query": query, "focus": True}
    return render(request, "library/_row.html", context)


def _edited(
    request: HttpRequest, prompt: Prompt, error: PlaygroundError | None = None
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
    # A refused form comes back in its own place, with what is wrong with it.
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "library/_edit.html", context)
    status = error.status if error else 200
    return render(request, "library/edit.html", context, status=status)


def _done(request: HttpRequest) -> Toast | None:
    """What the address says was just done to a prompt that is the person's own."""
    person = person_of(request)
    if "deleted" in request.GET:
        return Toast(text="Deleted for good.")
    for done, text, undo in (
        ("archived", "Archived.", "library:unarchive"),
        ("unarchived", "Back among your prompts.", "library:archive"),
    ):
        prompt_id = posted_id(request.GET.get(done, ""))
        if person and prompt_id and Prompt.objects.filter(pk=prompt_id, person=person).exists():
            return Toast(text=text, undo=reverse(undo, args=[prompt_id]))
    return None


def _back(request: HttpRequest, done: str = "") -> HttpResponse:
    """To where the person was; only ever to an address of ours."""
    asked = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(asked, allowed_hosts=None)
    address = asked if is_ours and asked.startswith("/") else reverse("library:list")
    if done:
        address = f"{address}{'&' if '?' in address else '?'}{done}"
    return HttpResponseRedirect(address, status=303)
