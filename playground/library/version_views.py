"""The versions of a saved prompt: their list, what differs between two, an old one restored."""

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from playground.accounts.people import person_of
from playground.core.http import read_small_number, see_other
from playground.core.toasts import take_toast, toast
from playground.library.diffs import changes_between
from playground.library.services import get_prompt
from playground.library.states import state_of_version
from playground.library.versions import PAGE, get_version, version_restore, version_rows
from playground.prompts.state import template_named


@require_safe
def versions(request: HttpRequest, prompt_id: uuid.UUID) -> HttpResponse:
    """All versions, newest first, each with what changed."""
    prompt = get_prompt(person_of(request), prompt_id)
    rows = version_rows(prompt, before=read_small_number(request.GET.get("before", "")))
    context = {
        "prompt": prompt,
        "template": template_named(prompt.template),
        "rows": rows,
        "last": rows[-1].version.number if rows else 1,
        "page_size": PAGE,
        "toast": take_toast(request),
    }
    return render(request, "library/versions.html", context)


@require_safe
def diff(request: HttpRequest, prompt_id: uuid.UUID) -> HttpResponse:
    """What differs between two versions: the head and the one before it, unless asked otherwise."""
    prompt = get_prompt(person_of(request), prompt_id)
    newest = prompt.head.number if prompt.head else 1
    after = get_version(prompt, read_small_number(request.GET.get("b", "")) or newest)
    before = get_version(
        prompt, read_small_number(request.GET.get("a", "")) or max(1, after.number - 1)
    )
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
    prompt = get_prompt(person_of(request), prompt_id)
    version_restore(prompt=prompt, version=get_version(prompt, number))
    toast(request, "Saved.")
    return see_other(reverse("library:versions", args=[prompt.pk]))
