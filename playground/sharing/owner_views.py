"""The owner's side of sharing: who may read a prompt, its links, the gallery."""

import uuid
from collections.abc import Sequence

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from playground.accounts.people import person_of
from playground.core.errors import PlaygroundError
from playground.core.http import HtmxRequest, see_other
from playground.library.models import Prompt
from playground.library.services import get_prompt
from playground.runs.models import Run
from playground.sharing.forms import RunsForm, ShareForm
from playground.sharing.gallery import BARRED, prompt_publish, prompt_unpublish
from playground.sharing.models import Share
from playground.sharing.shares import (
    get_share,
    links_of,
    runs_to_choose,
    share_create,
    share_revoke,
    share_revoke_all,
    version_numbers,
)


@require_http_methods(["GET", "HEAD", "POST"])
def share(request: HtmxRequest, prompt_id: uuid.UUID) -> HttpResponse:
    """Who may read the prompt. A POST makes a link."""
    prompt = get_prompt(person_of(request), prompt_id)
    if request.method != "POST":
        return _show(request, prompt)
    try:
        form = ShareForm(request.POST, prompt=prompt)
        made = share_create(prompt=prompt, **form.read_options())
    except PlaygroundError as error:
        return _show(request, prompt, shown="link", error=error)
    return _answer_change(request, prompt, shown="link", made=made)


@require_POST
def revoke(request: HtmxRequest, prompt_id: uuid.UUID, share_id: uuid.UUID) -> HttpResponse:
    """Closes one link at once."""
    prompt = get_prompt(person_of(request), prompt_id)
    share_revoke(share=get_share(prompt, share_id))
    return _answer_change(request, prompt, shown="link")


@require_POST
def make_private(request: HtmxRequest, prompt_id: uuid.UUID) -> HttpResponse:
    """Closes every link and takes the prompt out of the gallery."""
    prompt = get_prompt(person_of(request), prompt_id)
    share_revoke_all(prompt=prompt)
    prompt_unpublish(prompt=prompt)
    return _answer_change(request, prompt, shown="private")


@require_POST
def publish(request: HtmxRequest, prompt_id: uuid.UUID) -> HttpResponse:
    """Puts the prompt into the gallery, or changes which outputs it has there."""
    prompt = get_prompt(person_of(request), prompt_id)
    try:
        runs = RunsForm(request.POST, prompt=prompt).read_runs()
        prompt_publish(prompt=prompt, runs=runs)
    except PlaygroundError as error:
        return _show(request, prompt, shown="gallery", error=error)
    return _answer_change(request, prompt, shown="gallery")


@require_POST
def unpublish(request: HtmxRequest, prompt_id: uuid.UUID) -> HttpResponse:
    """Takes the prompt out of the gallery at once."""
    prompt = prompt_unpublish(prompt=get_prompt(person_of(request), prompt_id))
    return _answer_change(request, prompt, shown="gallery")


def show_panel(request: HtmxRequest, prompt: Prompt, *, made: Share) -> HttpResponse:
    """The panel after ``prompt`` was saved to be shared; closing the dialog opens it."""
    if not request.htmx:
        return see_other(f"{reverse('sharing:share', args=[prompt.pk])}?as=link")
    return _show(
        request,
        prompt,
        shown="link",
        made=made,
        opens=reverse("workbench:prompt", args=[prompt.pk]),
    )


def _run_on_page(request: HtmxRequest, prompt: Prompt, runs: Sequence[Run]) -> list[str]:
    """The run on the page, if it is one of the newest version: of an older one it would be another
    prompt's output."""
    shown = request.GET.get("parent", "")
    return [
        str(run.pk) for run in runs if run.version_id == prompt.head_id and str(run.pk) == shown
    ]


def _answer_change(
    request: HtmxRequest, prompt: Prompt, *, shown: str, made: Share | None = None
) -> HttpResponse:
    if request.htmx:
        return _show(request, prompt, shown=shown, made=made)
    address = reverse("sharing:share", args=[prompt.pk])
    return see_other(f"{address}?as={shown}")


def _show(
    request: HtmxRequest,
    prompt: Prompt,
    *,
    shown: str = "",
    made: Share | None = None,
    error: PlaygroundError | None = None,
    opens: str = "",
) -> HttpResponse:
    """The panel for HTMX; for everyone else, on a separate page."""
    # Open ones first; among alike, the newest.
    links = sorted(links_of(prompt), key=lambda link: not link.is_open)
    open_count = sum(link.is_open for link in links)
    asked = shown or request.GET.get("as", "")
    state = "gallery" if prompt.published_at else "link" if open_count else "private"
    # Who presses Share on the prompt's page is about to make a link.
    if request.htmx and state == "private":
        state = "link"
    numbers = version_numbers(prompt)
    runs = runs_to_choose(prompt)
    context = {
        "prompt": prompt,
        "links": links,
        "open_count": open_count,
        "shown": asked if asked in ("private", "link", "gallery") else state,
        "runs": [(run, numbers.get(run.version_id) if run.version_id else None) for run in runs],
        "published_runs": set(prompt.published_runs.values_list("pk", flat=True)),
        "numbers": sorted(numbers.values(), reverse=True),
        "posted": request.POST if error else {},
        "chosen_runs": (
            request.POST.getlist("share_run") if error else _run_on_page(request, prompt, runs)
        ),
        "origin": f"{request.scheme}://{request.get_host()}",
        "made": made,
        "opens": opens,
        "barred": BARRED if prompt.barred_at else "",
        "error": error,
    }
    # A refused form is shown again in its place, with the error.
    if request.htmx:
        return render(request, "sharing/share.html#panel", context)
    status = error.status if error else 200
    return render(request, "sharing/share.html", context, status=status)
