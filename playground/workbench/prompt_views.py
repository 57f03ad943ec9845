"""The pages of a saved prompt: itself, its versions, what differs between two; saving."""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from playground.accounts.people import person_for_write, person_of
from playground.core.errors import PlaygroundError
from playground.library.diffs import changes_between
from playground.library.drafts import current_draft, draft_done, posted_id, posted_revision
from playground.library.models import Draft, Prompt, PromptVersion
from playground.library.services import (
    posted_details,
    posted_message,
    prompt_create,
    prompt_of,
    prompt_save,
)
from playground.library.versions import (
    PAGE,
    latest_run,
    run_claim,
    version_of,
    version_restore,
    version_rows,
)
from playground.prompts.catalog import Template
from playground.prompts.form import PromptForm, posted_form
from playground.prompts.state import (
    PromptState,
    first_title,
    form_of_state,
    state_of,
    state_of_draft,
    state_of_version,
    template_named,
)
from playground.workbench.page import workbench
from playground.workbench.run_panel import run_panel
from playground.workbench.save_bar import Saving, posted_saving, toast_of


@require_safe
def prompt_page(request: HttpRequest, prompt_id: uuid.UUID) -> HttpResponse:
    """A saved prompt as it opens: with the person's draft, else its head and its last run."""
    person = person_of(request)
    prompt = prompt_of(person, prompt_id)
    draft = current_draft(person, prompt=prompt)
    if draft is None:
        return _version_page(request, prompt, prompt.head)
    form = form_of_state(template_named(prompt.template), state_of_draft(draft))
    saving = _saving(request, prompt, prompt.head, form, draft=draft)
    return render(request, "workbench/workbench.html", workbench(form, saving=saving))


@require_safe
def version_page(request: HttpRequest, prompt_id: uuid.UUID, number: int) -> HttpResponse:
    """One version as it was saved, with its last run."""
    person = person_of(request)
    prompt = prompt_of(person, prompt_id)
    other = current_draft(person, prompt=prompt)
    return _version_page(request, prompt, version_of(prompt, number), other=other)


@require_POST
def create(request: HttpRequest, template: Template) -> HttpResponse:
    """Saves what is on the page as a new prompt."""
    form = posted_form(template, request.POST)
    state = state_of(form)
    try:
        prompt = prompt_create(
            person=person_for_write(request),
            template=template.slug,
            state=state,
            details=posted_details(request.POST, default_title=first_title(form)),
            message=posted_message(request.POST),
        )
    except PlaygroundError as error:
        return _refused(request, form, error)
    return _saved(request, prompt, prompt.head, form, state)


@require_POST
def save(request: HttpRequest, prompt_id: uuid.UUID) -> HttpResponse:
    """Saves what is on the page as the prompt's next version."""
    prompt = prompt_of(person_of(request), prompt_id)
    form = posted_form(template_named(prompt.template), request.POST)
    state = state_of(form)
    try:
        version = prompt_save(
            prompt=prompt,
            state=state,
            details=posted_details(request.POST, default_title=prompt.title),
            message=posted_message(request.POST),
        )
    except PlaygroundError as error:
        return _refused(request, form, error)
    return _saved(request, prompt, version, form, state)


@require_safe
def versions(request: HttpRequest, prompt_id: uuid.UUID) -> HttpResponse:
    """All versions, newest first, each with what changed."""
    prompt = prompt_of(person_of(request), prompt_id)
    rows = version_rows(prompt, before=_number(request, "before"))
    context = {
        "prompt": prompt,
        "template": template_named(prompt.template),
        "rows": rows,
        "last": rows[-1].version.number if rows else 1,
        "page_size": PAGE,
        "toast": toast_of(request),
    }
    return render(request, "library/versions.html", context)


@require_safe
def diff(request: HttpRequest, prompt_id: uuid.UUID) -> HttpResponse:
    """What differs between two versions: the head and the one before it, unless asked otherwise."""
    prompt = prompt_of(person_of(request), prompt_id)
    newest = prompt.head.number if prompt.head else 1
    after = version_of(prompt, _number(request, "b") or newest)
    before = version_of(prompt, _number(request, "a") or max(1, after.number - 1))
    template = template_named(prompt.template)
    context = {
        "prompt": prompt,
        "template": template,
        "before": before,
        "after": after,
        "numbers": range(newest, 0, -1),
        "changes": changes_between(template, state_of_version(before), state_of_version(after)),
    }
    return render(request, "library/diff.html", context)


@require_POST
def restore(request: HttpRequest, prompt_id: uuid.UUID, number: int) -> HttpResponse:
    """A new version with the content of an old one. Nothing is overwritten."""
    prompt = prompt_of(person_of(request), prompt_id)
    version_restore(prompt=prompt, version=version_of(prompt, number))
    return HttpResponseRedirect(
        reverse("library:versions", args=[prompt.pk]) + "?saved", status=303
    )


def _version_page(
    request: HttpRequest,
    prompt: Prompt,
    version: PromptVersion | None,
    *,
    other: Draft | None = None,
) -> HttpResponse:
    template = template_named(prompt.template)
    run = latest_run(person_of(request), version)
    state = state_of_version(version) if version else PromptState(fields={}, text="", parameters={})
    form = form_of_state(template, state)
    saving = _saving(request, prompt, version, form, other=other)
    context = workbench(form, panel=run_panel(template, run) if run else None, saving=saving)
    return render(request, "workbench/workbench.html", context)


def _saving(
    request: HttpRequest,
    prompt: Prompt,
    version: PromptVersion | None,
    form: PromptForm,
    **drafts: Draft | None,
) -> Saving:
    return Saving(
        template=form.template,
        title=first_title(form),
        prompt=prompt,
        version=version,
        person=person_of(request),
        toast=toast_of(request),
        **drafts,
    )


def _saved(
    request: HttpRequest,
    prompt: Prompt,
    version: PromptVersion | None,
    form: PromptForm,
    state: PromptState,
) -> HttpResponse:
    """The page of the prompt. The draft is done, and the run on the page is the version's."""
    seen = posted_id(request.POST.get("draft", ""))
    person = person_for_write(request)
    draft_done(person=person, seen=seen, revision=posted_revision(request.POST), state=state)
    if version is not None:
        run_claim(person=person, run=request.POST.get("parent", ""), form=form, version=version)
    address = reverse("workbench:prompt", args=[prompt.pk]) + ("?saved" if version else "?renamed")
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return HttpResponseRedirect(address, status=303)


def _refused(request: HttpRequest, form: PromptForm, error: PlaygroundError) -> HttpResponse:
    """The page as it was posted, with what was wrong."""
    if request.htmx:  # type: ignore[attr-defined]
        raise error
    context: dict[str, Any] = workbench(form, saving=posted_saving(request, form))
    return render(
        request, "workbench/workbench.html", {**context, "error": error}, status=error.status
    )


def _number(request: HttpRequest, name: str) -> int | None:
    raw = request.GET.get(name, "")
    return int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 10 else None
