"""Drafts over HTTP: a page saves by itself, opens a copy, throws away, brings back."""

import uuid

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from playground.accounts.context import Visit
from playground.accounts.people import person_for_write, person_of
from playground.core.errors import PlaygroundError
from playground.core.responses import error_response
from playground.library.drafts import (
    PageSave,
    Saved,
    draft_discard,
    draft_of,
    draft_restore,
    draft_save,
    posted_draft_form,
    posted_id,
    posted_page_save,
)
from playground.library.models import Draft, Prompt
from playground.prompts.catalog import Template
from playground.prompts.state import (
    example_state,
    first_title,
    form_of_state,
    state_of,
    state_of_draft,
    state_of_version,
    template_named,
)
from playground.workbench.page import workbench
from playground.workbench.save_bar import Saving


@require_POST
def save(request: HttpRequest, template: Template) -> HttpResponse:
    """What stands on a page now. 409 when another tab has written meanwhile: both are kept."""
    prompt = _posted_prompt(request, template)
    head = prompt.head if prompt else None
    try:
        form = posted_draft_form(template, request.POST)
        page = posted_page_save(request.POST)
        saved = draft_save(
            person=person_for_write(request),
            template=template,
            prompt=prompt,
            state=state_of(form),
            base=state_of_version(head) if head else example_state(template),
            page=page,
        )
    except PlaygroundError as error:
        refused = error_response(request, error)
        # By which a page that was left and comes back knows whether it may still be shown.
        refused["X-Account"] = Visit(request).account_tag
        return refused
    return JsonResponse(
        {**_told(saved, page), "title": first_title(form)}, status=409 if saved.other else 200
    )


@require_safe
def draft_page(request: HttpRequest, draft_id: uuid.UUID) -> HttpResponse:
    """A copy that was kept; a draft itself opens where it belongs."""
    draft = draft_of(person_of(request), draft_id)
    template = template_named(draft.template)
    form = form_of_state(template, state_of_draft(draft))
    saving = Saving(
        template=template,
        title=first_title(form),
        prompt=draft.prompt,
        version=draft.prompt.head if draft.prompt else None,
        draft=draft,
        person=person_of(request),
    )
    if not draft.is_copy or draft.discarded_at is not None:
        return HttpResponseRedirect(saving.address)
    return render(request, "workbench/workbench.html", workbench(form, saving=saving))


@require_POST
def discard(request: HttpRequest, draft_id: uuid.UUID) -> HttpResponse:
    """Puts a draft aside; its page, or the list it was thrown away from, offers to undo that."""
    draft = draft_discard(draft=draft_of(person_of(request), draft_id))
    if "in_list" in request.POST:
        address = reverse("library:list") + f"?show=drafts&discarded={draft.pk}"
        return HttpResponseRedirect(address, status=303)
    return _go(request, f"{_address(draft)}?discarded={draft.pk}")


@require_POST
def restore(request: HttpRequest, draft_id: uuid.UUID) -> HttpResponse:
    """Brings it back: undoes `discard`."""
    draft = draft_restore(draft=draft_of(person_of(request), draft_id))
    if "in_list" in request.POST:
        return HttpResponseRedirect(reverse("library:list") + "?show=drafts", status=303)
    return _go(request, _address(draft))


def _told(saved: Saved, page: PageSave) -> dict[str, object]:
    """What a page is told of its save."""
    if saved.draft is None:
        return {"draft": "", "revision": 0}
    told = {
        "draft": str(saved.draft.pk),
        "revision": saved.draft.revision,
        "discard": reverse("library:draft_discard", args=[saved.draft.pk]),
    }
    if saved.other is None:
        return told
    kept = "Your text is kept as a copy."
    message = f"Another tab changed this draft. {kept}"
    if not page.seen:
        message = f"There is another draft already. {kept}"
    return {
        **told,
        "error": {"code": "draft_changed", "message": message, "field": None},
        "copy": _address(saved.draft),
        "other": _address(saved.other),
    }


def _address(draft: Draft) -> str:
    if draft.is_copy and draft.discarded_at is None:
        return reverse("workbench:draft", args=[draft.pk])
    if draft.prompt_id is not None:
        return reverse("workbench:prompt", args=[draft.prompt_id])
    return reverse("workbench:template", args=[template_named(draft.template)])


def _posted_prompt(request: HttpRequest, template: Template) -> Prompt | None:
    """The person's prompt that the page is of. One deleted meanwhile leaves a template's draft."""
    prompt_id, person = posted_id(request.POST.get("prompt_id", "")), person_of(request)
    if prompt_id is None or person is None:
        return None
    own = Prompt.objects.filter(pk=prompt_id, person=person, template=template.slug)
    return own.select_related("head").first()


def _go(request: HttpRequest, address: str) -> HttpResponse:
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return HttpResponseRedirect(address, status=303)
