"""Two of a person's runs side by side."""

import uuid

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from playground.accounts.people import person_of
from playground.core.http import read_id
from playground.history.comparison import Side, compared_tables, compared_texts
from playground.runs.models import Run
from playground.runs.selectors import get_run


@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    """The runs ``a`` and ``b``; without ``a``, ``b`` and the one made before it."""
    person = person_of(request)
    b = get_run(person, _id(request, "b"))
    a = get_run(person, _id(request, "a")) if "a" in request.GET else _before(b)
    context = {
        "left": (left := Side(name="A", run=a)),
        "right": (right := Side(name="B", run=b)),
        "sides": [left, right],
        "texts": compared_texts(a, b),
        "tables": compared_tables(a, b),
    }
    return render(request, "history/compare.html", context)


def _id(request: HttpRequest, name: str) -> uuid.UUID:
    run_id = read_id(request.GET.get(name, ""))
    if run_id is None:
        raise Http404
    return run_id


def _before(run: Run) -> Run:
    """The person's run made before ``run``; the first of all is beside itself."""
    older = Run.objects.filter(person=run.person_id, number__lt=run.number)
    return older.order_by("-number").first() or run
