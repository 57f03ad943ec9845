"""The owner's side of sharing: who may read a prompt, its links, the gallery; links to a state."""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from playground.accounts.people import person_of
from playground.core.errors import PlaygroundError
from playground.library.models import Prompt, Share
from playground.library.services import prompt_of
from playground.prompts.catalog import Template
from playground.sharing.gallery import BARRED, prompt_publish, prompt_unpublish
from playground.sharing.shares import (
    link_of,
    links_of,
    posted_options,
    posted_runs,
    runs_to_choose,
    share_create,
    share_revoke,
    share_revoke_all,
    version_numbers,
)
from playground.workbench.state_links import state_link


@require_http_methods(["GET", "HEAD", "POST"])
def share(request: HttpRequest, prompt_id: uuid.UUID) -> HttpResponse:
    """Who may read the prompt. A POST makes a link."""
    prompt = prompt_of(person_of(request), prompt_id)
    if request.method != "POST":
        return _answer(request, prompt)
    try:
        made = share_create(prompt=prompt, options=posted_options(prompt, request.POST))
    except PlaygroundError as error:
        return _answer(request, prompt, shown="link", error=error)
    return _done(request, prompt, shown="link", made=made)


@require_POST
def revoke(request: HttpRequest, prompt_id: uuid.UUID, share_id: uuid.UUID) -> HttpResponse:
    """Closes one link at once."""
    prompt = prompt_of(person_of(request), prompt_id)
    share_revoke(share=link_of(prompt, share_id))
    return _done(request, prompt, shown="link")


@require_POST
def make_private(request: HttpRequest, prompt_id: uuid.UUID) -> HttpResponse:
    """Closes every link and takes the prompt out of the gallery."""
    prompt = prompt_of(person_of(request), prompt_id)
    share_revoke_all(prompt=prompt)
    prompt_unpublish(prompt=prompt)
    return _done(request, prompt, shown="private")


@require_POST
def publish(request: HttpRequest, prompt_id: uuid.UUID) -> HttpResponse:
    """Puts the prompt into the gallery, or changes which outputs it has there."""
    prompt = prompt_of(person_of(request), prompt_id)
    try:
        prompt_publish(prompt=prompt, runs=posted_runs(prompt, request.POST))
    except PlaygroundError as error:
        return _answer(request, prompt, shown="gallery", error=error)
    return _done(request, prompt, shown="gallery")


@require_POST
def unpublish(request: HttpRequest, prompt_id: uuid.UUID) -> HttpResponse:
    """Takes the prompt out of the gallery at once."""
    prompt = prompt_unpublish(prompt=prompt_of(person_of(request), prompt_id))
    return _done(request, prompt, shown="gallery")


@require_POST
def link_to_state(request: HttpRequest, template: Template) -> HttpResponse:
    """A link that opens with what is on the page. Nothing is stored."""
    context: dict[str, Any] = {"template": template}
    try:
        context["link"] = request.build_absolute_uri(state_link(template, request.POST))
    except PlaygroundError as error:
        context["error"] = error
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "sharing/_state_link.html", context)
    status = context["error"].status if "error" in context else 200
    return render(request, "sharing/state_link.html", context, status=status)


def _done(
    request: HttpRequest, prompt: Prompt, *, shown: str, made: Share | None = None
) -> HttpResponse:
    if request.htmx:  # type: ignore[attr-defined]
        return _answer(request, prompt, shown=shown, made=made)
    address = reverse("sharing:share", args=[prompt.pk])
    return HttpResponseRedirect(f"{address}?as={shown}", status=303)


def _answer(
    request: HttpRequest,
    prompt: Prompt,
    *,
    shown: str = "",
    made: Share | None = None,
    error: PlaygroundError | None = None,
) -> HttpResponse:
    """The panel for HTMX, in a page of its own for everyone else."""
    # Open ones first; among alike, the newest.
    links = sorted(links_of(prompt), key=lambda link: not link.is_open)
    open_count = sum(link.is_open for link in links)
    asked = shown or request.GET.get("as", "")
    state = "gallery" if prompt.published_at else "link" if open_count else "private"
    numbers = version_numbers(prompt)
    context = {
        "prompt": prompt,
        "links": links,
        "open_count": open_count,
        "shown": asked if asked in ("private", "link", "gallery") else state,
        "runs": [
            (run, numbers.get(run.version_id) if run.version_id else None)
            for run in runs_to_choose(prompt)
        ],
        "published_runs": set(prompt.published_runs.values_list("pk", flat=True)),
        "numbers": sorted(numbers.values(), reverse=True),
        "posted": request.POST if error else {},
        "posted_runs": request.POST.getlist("share_run") if error else [],
        "origin": f"{request.scheme}://{request.get_host()}",
        "made": made,
        "barred": BARRED if prompt.barred_at else "",
        "error": error,
    }
    # A refused form comes back in its own place, with what is wrong with it.
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "sharing/_share_panel.html", context)
    status = error.status if error else 200
    return render(request, "sharing/share.html", context, status=status)
