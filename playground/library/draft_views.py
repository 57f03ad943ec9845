"""Drafts over HTTP: a page saves by itself, throws away, brings back."""

import uuid

from django.http import HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from playground.accounts.context import Visit
from playground.accounts.people import person_for_write, person_of
from playground.core.errors import PlaygroundError
from playground.core.http import HtmxRequest, open_page, read_id, see_other
from playground.core.serving.responses import error_response
from playground.core.toasts import toast
from playground.library.drafts import (
    PageSave,
    Saved,
    draft_address,
    draft_discard,
    draft_restore,
    draft_save,
    get_draft,
    posted_draft_form,
)
from playground.library.forms import DraftForm
from playground.library.services import find_prompt
from playground.library.states import state_of_version
from playground.prompts.catalog import Template
from playground.prompts.state import example_state, first_title


@require_POST
def save(request: HtmxRequest, template: Template) -> HttpResponse:
    """Saves the page's text as a draft.

    409 when another tab has written meanwhile: both are kept.
    """
    person, prompt_id = person_of(request), read_id(request.POST.get("prompt_id", ""))
    # A prompt that was deleted meanwhile leaves a draft of the template.
    prompt = find_prompt(person, prompt_id, template)
    head = prompt.head if prompt else None
    try:
        form = posted_draft_form(template, request.POST)
        page = DraftForm(request.POST).read_save()
        saved = draft_save(
            person=person_for_write(request),
            template=template,
            prompt=prompt,
            state=form.state(),
            base=state_of_version(head) if head else example_state(template),
            page=page,
        )
    except PlaygroundError as error:
        refused = error_response(request, error)
        # By which a page that was left and comes back knows whether it may still be shown.
        refused["X-Account"] = Visit(request).account_tag
        return refused
    return JsonResponse(
        {**_describe_save(saved, page), "title": first_title(form)},
        status=409 if saved.other else 200,
    )


@require_POST
def discard(request: HtmxRequest, draft_id: uuid.UUID) -> HttpResponse:
    """Puts a draft aside; its page, or the list it was thrown away from, offers to undo that."""
    draft = draft_discard(draft=get_draft(person_of(request), draft_id))
    text = "Copy deleted." if draft.is_copy else "Draft discarded."
    toast(request, text, undo=reverse("library:draft_restore", args=[draft.pk]))
    if "in_list" in request.POST:
        return see_other(reverse("library:list") + "?show=drafts")
    return open_page(request, draft_address(draft))


@require_POST
def restore(request: HtmxRequest, draft_id: uuid.UUID) -> HttpResponse:
    """Brings it back: undoes `discard`."""
    draft = draft_restore(draft=get_draft(person_of(request), draft_id))
    if "in_list" in request.POST:
        return see_other(reverse("library:list") + "?show=drafts")
    return open_page(request, draft_address(draft))


def _describe_save(saved: Saved, page: PageSave) -> dict[str, object]:
    """The answer to a page's save."""
    if saved.draft is None:
        return {"draft": "", "revision": 0}
    answer = {
        "draft": str(saved.draft.pk),
        "revision": saved.draft.revision,
        "discard": reverse("library:draft_discard", args=[saved.draft.pk]),
    }
    if saved.other is None:
        return answer
    kept = "Your text is kept as a copy."
    message = f"Another tab changed this draft. {kept}"
    if not page.seen:
        message = f"There is another draft already. {kept}"
    return {
        **answer,
        "error": {"code": "draft_changed", "message": message, "field": None},
        "copy": draft_address(saved.draft),
        "other": draft_address(saved.other),
    }
