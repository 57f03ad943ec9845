"""The pages that open the workbench: each source has an address."""

import uuid

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_safe

from playground.accounts.people import person_of
from playground.library.drafts import draft_address, get_draft
from playground.library.services import get_prompt
from playground.library.versions import get_version
from playground.runs.selectors import get_run
from playground.sharing.gallery import shown_in_gallery
from playground.sharing.public_views import keep_unlisted
from playground.sharing.shares import shown_by_link
from playground.workbench.openings import (
    open_copy,
    open_draft,
    open_prompt,
    open_run,
    open_shown,
    open_version,
)
from playground.workbench.page import render_workbench


@require_safe
def run(request: HttpRequest, run_id: uuid.UUID) -> HttpResponse:
    """The run's template page as it was, with the text so far."""
    person = person_of(request)
    run = get_run(person, run_id)
    return render_workbench(request, open_run(person, run, beside="beside" in request.GET))


@require_safe
def run_copy(request: HttpRequest, run_id: uuid.UUID) -> HttpResponse:
    """What was on the page of the run, without the run: a new beginning."""
    person = person_of(request)
    return render_workbench(request, open_copy(person, get_run(person, run_id)))


@require_safe
def prompt(request: HttpRequest, prompt_id: uuid.UUID) -> HttpResponse:
    """A saved prompt as it opens: with the person's draft, else its head and its last run."""
    opening = open_prompt(request, get_prompt(person_of(request), prompt_id))
    return render_workbench(request, opening)


@require_safe
def version(request: HttpRequest, prompt_id: uuid.UUID, number: int) -> HttpResponse:
    """One version as it was saved, with its last run."""
    prompt = get_prompt(person_of(request), prompt_id)
    return render_workbench(request, open_version(request, prompt, get_version(prompt, number)))


@require_safe
def draft(request: HttpRequest, draft_id: uuid.UUID) -> HttpResponse:
    """A copy that was kept; a draft itself opens where it belongs."""
    person = person_of(request)
    draft = get_draft(person, draft_id)
    if not draft.is_copy or draft.discarded_at is not None:
        return HttpResponseRedirect(draft_address(draft))
    return render_workbench(request, open_draft(person, draft))


@require_safe
def shared(request: HttpRequest, token: str) -> HttpResponse:
    """The prompt of a share link, on a page that can run it."""
    shown = shown_by_link(token, most_runs=0)
    return keep_unlisted(render_workbench(request, open_shown(request, shown)), shown)


@require_safe
def published(request: HttpRequest, published_id: uuid.UUID) -> HttpResponse:
    """The prompt of the gallery, on a page that can run it."""
    shown = shown_in_gallery(published_id, most_runs=0)
    return render_workbench(request, open_shown(request, shown))
