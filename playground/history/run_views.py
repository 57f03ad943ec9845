"""Actions on one run from any page: star, delete."""

import uuid

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from playground.accounts.people import person_of
from playground.core.http import HtmxRequest, back_to, see_other
from playground.core.toasts import toast
from playground.history.forms import NoteForm
from playground.history.listing import with_glimpses
from playground.history.rows import HistoryRow
from playground.runs.deletion import runs_delete
from playground.runs.models import Run
from playground.runs.selectors import get_run
from playground.runs.services import run_annotate, run_star
from playground.workbench.tree import tree_of


@require_POST
def star(request: HtmxRequest, run_id: uuid.UUID) -> HttpResponse:
    """Stars the person's own run (``starred=1``), or takes the star away."""
    run = get_run(person_of(request), run_id)
    run.starred = bool(request.POST.get("starred"))
    run_star(run=run, starred=run.starred)
    if request.htmx:
        # A run's page shows its tree, with the stars in it.
        shown = request.htmx.current_path
        tree = tree_of(run) if shown == reverse("workbench:run_page", args=[run.pk]) else None
        return render(request, "history/_star.html#answer", {"run": run, "panel": {"tree": tree}})
    return see_other(back_to(request, reverse("workbench:run_page", args=[run.pk])))


@require_http_methods(["GET", "HEAD", "POST"])
def note(request: HtmxRequest, run_id: uuid.UUID) -> HttpResponse:
    """The person's note on their own run: a form, and the form that is posted."""
    run = get_run(person_of(request), run_id)
    page = reverse("workbench:run_page", args=[run.pk])
    if request.method != "POST":
        return render(request, "history/note.html", {"run": run, "next": back_to(request, page)})
    run.note = NoteForm(request.POST).read_note()
    run_annotate(run=run, note=run.note)
    goal = back_to(request, page)
    if goal != page:
        # The run's own page shows the note.
        toast(request, "Note saved." if run.note else "Note removed.")
    return see_other(goal)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HtmxRequest, run_id: uuid.UUID) -> HttpResponse:
    """Asks, and then deletes the person's own run."""
    person = person_of(request)
    run = get_run(person, run_id)
    if request.method != "POST":
        rows = [HistoryRow(one) for one in with_glimpses(Run.objects.filter(pk=run.pk))]
        context = {"rows": rows, "count": "this run", "action": request.path}
        return render(request, "history/delete.html", context)
    runs_delete(person=run.person, run_ids=[run.pk])
    toast(request, "1 run deleted.")
    return see_other(reverse("history:list"))
