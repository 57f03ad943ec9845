"""Two to four of a person's runs side by side."""

import uuid

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from playground.accounts.models import Person
from playground.accounts.people import person_of
from playground.core.errors import InvalidInput
from playground.core.http import read_id
from playground.history.comparison import Comparison
from playground.runs.models import Run
from playground.runs.selectors import get_run
from playground.workbench.running.panel import MAX_COMPARED


@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    """The runs of ``runs``, with commas or repeated; or ``a`` and ``b``, and without ``a``, ``b``
    and the one made before it."""
    person = person_of(request)
    if "runs" in request.GET:
        runs = _named(request, person)
    else:
        b = get_run(person, _id(request.GET.get("b", "")))
        a = get_run(person, _id(request.GET["a"])) if "a" in request.GET else _before(b)
        runs = [a, b]
    turned = ",".join(str(run.pk) for run in [*runs[1:], runs[0]])
    context = {"comparison": Comparison(runs=runs), "turned": turned}
    return render(request, "history/compare.html", context)


def _named(request: HttpRequest, person: Person | None) -> list[Run]:
    words = ",".join(request.GET.getlist("runs")).split(",")
    ids = list(dict.fromkeys(_id(word.strip()) for word in words if word.strip()))
    if not 2 <= len(ids) <= MAX_COMPARED:
        raise InvalidInput(f"Tick 2 to {MAX_COMPARED} runs to compare them.", field="runs")
    return [get_run(person, run_id) for run_id in ids]


def _id(word: str) -> uuid.UUID:
    run_id = read_id(word)
    if run_id is None:
        raise Http404
    return run_id


def _before(run: Run) -> Run:
    """The person's run made before ``run``; the first of all is beside itself."""
    older = Run.objects.filter(person=run.person_id, number__lt=run.number)
    return older.select_related("adapter").order_by("-number").first() or run
