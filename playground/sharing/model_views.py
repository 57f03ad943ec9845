"""Tuned models that others may use: the owner's page, and the page of the link."""

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from playground.accounts.people import person_for_write, person_of
from playground.checkpoints.granting import (
    adapter_accept,
    adapter_by_link,
    adapter_leave,
    adapter_share,
    adapter_unshare,
)
from playground.checkpoints.models import Adapter
from playground.checkpoints.registry import registry
from playground.checkpoints.selectors import find_ready_adapter, get_adapter
from playground.core.http import see_other
from playground.core.toasts import toast
from playground.prompts.trials import trial_address


@require_http_methods(["GET", "HEAD", "POST"])
def model_sharing(request: HttpRequest, adapter_id: uuid.UUID) -> HttpResponse:
    """Who may use the person's own tuned model. A POST opens its link, or closes it."""
    adapter = get_adapter(person_of(request), adapter_id)
    if request.method != "POST":
        return render(request, "sharing/model_sharing.html", _context(request, adapter))
    change = adapter_unshare if request.POST.get("action") == "close" else adapter_share
    change(adapter=adapter)
    return see_other(reverse("sharing:model_sharing", args=[adapter.pk]))


@require_http_methods(["GET", "HEAD", "POST"])
def shared_model(request: HttpRequest, token: str) -> HttpResponse:
    """The tuned model of a link. A POST puts it into the reader's menu."""
    if request.method == "POST":
        adapter = adapter_accept(person=person_for_write(request), token=token)
        return see_other(trial_address(adapter))
    adapter = adapter_by_link(token)
    person = person_of(request)
    context = {
        **_context(request, adapter),
        "is_own": person is not None and adapter.person_id == person.pk,
        "is_taken": find_ready_adapter(person, adapter.name) is not None,
        "trial": trial_address(adapter),
    }
    response = render(request, "sharing/model.html", context)
    response["X-Robots-Tag"] = "noindex"
    return response


@require_POST
def shared_model_leave(request: HttpRequest, token: str) -> HttpResponse:
    """Takes somebody else's tuned model out of the reader's menu."""
    adapter, person = adapter_by_link(token), person_of(request)
    if person is not None:
        adapter_leave(person=person, adapter=adapter)
    toast(request, f"{adapter.title} is no longer in your menu.")
    return see_other(reverse("workbench:home"))


def _context(request: HttpRequest, adapter: Adapter) -> dict[str, object]:
    base = registry().models.get(adapter.base)
    address = reverse("sharing:shared_model", args=[adapter.link]) if adapter.link else ""
    return {
        "adapter": adapter,
        "base": base.title if base else adapter.base,
        "owner": adapter.person.public_name if adapter.person else "",
        "address": request.build_absolute_uri(address) if address else "",
        "used_by": adapter.grants.count() if address else 0,
    }
