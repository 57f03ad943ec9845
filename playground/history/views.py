"""The history's pages: the list, what is done to selected runs, export and import."""

import uuid
from typing import BinaryIO, cast
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from playground.accounts.models import Person
from playground.accounts.people import expect_writes, person_for_write, person_of
from playground.checkpoints.registry import registry
from playground.checkpoints.selectors import usable_adapters
from playground.core.errors import InvalidInput
from playground.core.http import HtmxRequest, see_other
from playground.core.serving.bodies import takes_file
from playground.core.serving.streaming import download
from playground.core.toasts import toast
from playground.history.exports import FORMATS
from playground.history.forms import ExportForm, SelectionForm
from playground.history.import_turns import import_forget, import_of, is_running
from playground.history.imports import MAX_BYTES, Imported, runs_import
from playground.history.listing import (
    HistoryForm,
    HistoryPage,
    find_runs,
    history_page,
    with_glimpses,
)
from playground.history.rows import HistoryRow, days_of
from playground.runs.deletion import runs_delete, runs_delete_all
from playground.runs.models import Run
from playground.workbench.running.panel import MAX_COMPARED

# The word that a person types to delete everything.
DELETE_WORD = "delete"


@require_safe
def history(request: HtmxRequest) -> HttpResponse:
    """The person's runs, newest first, as the address narrows them; for HTMX the list alone."""
    # An import that is cut off sends no cookie any more: a guest must find what came in.
    expect_writes(request)
    person, query = person_of(request), HistoryForm(request.GET).read()
    page = history_page(person, query) if person else HistoryPage(runs=[], older=None)
    context = {
        "days": days_of([HistoryRow(run, query.words) for run in page.runs]),
        "count_note": page.count_note,
        "default_model": registry().default,
        "older": query.address(before=page.older) if page.older else "",
        "query": query,
        "models": _models_offered(person, query.model),
        "statuses": Run.Status.values,
        "formats": FORMATS,
        "unfinished": _describe_unfinished_import(person),
    }
    part = "#rows" if request.htmx else ""
    return render(request, f"history/list.html{part}", context)


def _models_offered(person: Person | None, asked: str) -> list[tuple[str, str]]:
    """Each model's name and title: the registry's, the tuned ones that the person can use, and the
    one that is asked for."""
    # Of those that are deleted the ones that runs were made with are there still.
    tuned = usable_adapters(person).order_by("title", "pk") if person else ()
    titles = {name: name for name in sorted(registry().models)}
    titles |= {
        adapter.name: f"{adapter.title}{' (deleted)' if adapter.is_deleted else ''}"
        for adapter in tuned
    }
    if asked:
        titles.setdefault(asked, asked)
    return list(titles.items())


@require_POST
def selected(request: HttpRequest) -> HttpResponse:
    """Sends the selected runs to where they are compared, exported or deleted."""
    action, run_ids = request.POST.get("action", ""), SelectionForm(request.POST).read_runs()
    if action == "compare":
        if not 2 <= len(run_ids) <= MAX_COMPARED:
            raise InvalidInput(f"Select 2 to {MAX_COMPARED} runs to compare them.", field="run")
        # The oldest one is first: of a list that is newest first, the last.
        runs = ",".join(str(run_id) for run_id in reversed(run_ids))
        return see_other(f"{reverse('history:compare')}?runs={runs}")
    if not run_ids:
        raise InvalidInput("Select the runs first, with the boxes before them.", field="run")
    if action == "delete":
        return _ask(request, _own(person_of(request), run_ids))
    query = urlencode({"format": action, "run": run_ids}, doseq=True)
    return see_other(f"{reverse('history:export')}?{query}")


@require_safe
def export(request: HttpRequest) -> HttpResponseBase:
    """The runs of the address, or all that its filters find, as a file."""
    person = person_of(request)
    if person is None:
        raise InvalidInput("There is nothing to export yet: you have made no run.")
    form = ExportForm(request.GET)
    name, run_ids = form.read_format(), form.read_runs()
    make, content_type = FORMATS[name]
    runs = _own(person, run_ids) if run_ids else find_runs(person, HistoryForm(request.GET).read())
    return download(make(runs), name=f"runs.{name}", content_type=content_type)


@takes_file(MAX_BYTES)
@require_POST
def import_(request: HttpRequest) -> HttpResponse:
    """Saves the runs of an uploaded file that the person does not have yet."""
    file = request.FILES.get("file")
    if file is None:
        raise InvalidInput(
            "Choose a file first: one that was exported as JSON Lines.", field="file"
        )
    if file.size is None or file.size > MAX_BYTES:
        raise InvalidInput(
            f"The file is too large: {MAX_BYTES >> 20} MiB is the most. Split it between lines.",
            field="file",
        )
    done = runs_import(person=person_for_write(request), file=cast(BinaryIO, file.file))
    toast(request, _describe_import(done))
    return see_other(reverse("history:list"))


@require_POST
def forget_import(request: HttpRequest) -> HttpResponse:
    """Removes the note about an import that stopped before its end."""
    person = person_of(request)
    if person is not None:
        import_forget(person=person)
    return see_other(reverse("history:list"))


@require_POST
def delete_selected(request: HttpRequest) -> HttpResponse:
    """Deletes the runs that the person has confirmed."""
    person = person_of(request)
    run_ids = SelectionForm(request.POST).read_runs()
    deleted = runs_delete(person=person, run_ids=run_ids) if person else 0
    toast(request, f"{_count(deleted)} deleted.")
    return see_other(reverse("history:list"))


@require_http_methods(["GET", "HEAD", "POST"])
def delete_all(request: HttpRequest) -> HttpResponse:
    """Asks for a word, and with it deletes every run of the person."""
    word = request.POST.get("word", "").strip().lower()
    if request.method != "POST" or word != DELETE_WORD:
        context = {"word": DELETE_WORD, "is_wrong": request.method == "POST"}
        return render(
            request, "history/delete_all.html", context, status=400 if context["is_wrong"] else 200
        )
    person = person_of(request)
    deleted = runs_delete_all(person=person) if person else 0
    toast(request, f"{_count(deleted)} deleted.")
    return see_other(reverse("history:list"))


def _describe_import(done: Imported) -> str:
    """What an import did, in words."""
    parts = [f"{_count(done.runs)} imported."]
    if done.here:
        parts.append(f"{done.here:,} of the file {_was_or_were(done.here)} here already.")
    if done.repeats:
        lines = "1 line repeats" if done.repeats == 1 else f"{done.repeats:,} lines repeat"
        parts.append(f"{lines} a run of the file, which was taken once.")
    return " ".join(parts)


def _describe_unfinished_import(person: Person | None) -> dict[str, object] | None:
    """The note about an import that runs, or that stopped before its end."""
    told = import_of(person)
    if told is None:
        return None
    far = f"{told.saved:,} of {_count(told.runs)}"
    if is_running(told):
        text = f"An import is running: {far} so far." if told.runs else "An import is running."
        return {"text": text, "is_running": True}
    text = (
        f"An import stopped after {far}. Import the same file again to bring in the rest; "
        "runs that you already have are not imported again."
    )
    return {"text": text, "is_running": False}


def _ask(request: HttpRequest, runs: QuerySet[Run]) -> HttpResponse:
    rows = [HistoryRow(run) for run in with_glimpses(runs)]
    context = {
        "rows": rows,
        "count": _count(len(rows)),
        "action": reverse("history:delete_selected"),
    }
    return render(request, "history/delete.html", context)


def _own(person: Person | None, run_ids: list[uuid.UUID]) -> QuerySet[Run]:
    """Those of the runs that are the person's; the others are as if they did not exist."""
    return Run.objects.filter(person=person, pk__in=run_ids).order_by("-number")


def _count(number: int) -> str:
    return "1 run" if number == 1 else f"{number:,} runs"


def _was_or_were(number: int) -> str:
    return "was" if number == 1 else "were"
