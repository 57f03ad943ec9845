"""What is done to a run from any page."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST

from playground.accounts.people import person_of
from playground.history.listing import glimpsed
from playground.history.rows import HistoryRow
from playground.runs.deletion import runs_delete
from playground.runs.models import Run
from playground.runs.selectors import run_of
from playground.runs.services import run_cancel, run_star
from playground.workbench.tree import tree_of


@require_POST
def stop(request: HttpRequest, run_id: uuid.UUID) -> HttpResponse:
    """Stops the person's own run. Its text stays; stopping twice is fine."""
    run = run_of(person_of(request), run_id)
    run_cancel(run=run)
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponse(status=204)
    return HttpResponseRedirect(reverse("workbench:run_page", args=[run.pk]), status=303)


@require_POST
def star(request: HttpRequest, run_id: uuid.UUID) -> HttpResponse:
    """Stars the person's own run (``starred=1``), or takes the star away."""
    run = run_of(person_of(request), run_id)
    run.starred = bool(request.POST.get("starred"))
    run_star(run=run, starred=run.starred)
    if request.htmx:  # type: ignore[attr-defined]
        # A run's page shows its tree, with the stars in it.
        shown = request.htmx.current_path  # type: ignore[attr-defined]
        tree = tree_of(run) if shown == reverse("workbench:run_page", args=[run.pk]) else None
        return render(request, "history/_star_response.html", {"run": run, "panel": {"tree": tree}})
    return HttpResponseRedirect(_back(request, run), status=303)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, run_id: uuid.UUID) -> HttpResponse:
    """Asks, and then deletes the person's own run."""
    person = person_of(request)
    run = run_of(person, run_id)
    if request.method != "POST":
        rows = [HistoryRow(one) for one in glimpsed(Run.objects.filter(pk=run.pk))]
        context = {"rows": rows, "count": "this run", "action": request.path}
        return render(request, "history/delete.html", context)
    runs_delete(person=run.person, run_ids=[run.pk])
    messages.success(request, "1 run deleted.")
    return HttpResponseRedirect(reverse("history:list"), status=303)


def _back(request: HttpRequest, run: Run) -> str:
    """Where the request came from, on this site; else the run's page."""
    asked = request.POST.get("next", "")
    is_ours = asked.startswith("/") and url_has_allowed_host_and_scheme(asked, allowed_hosts=None)
    return asked if is_ours else reverse("workbench:run_page", args=[run.pk])
