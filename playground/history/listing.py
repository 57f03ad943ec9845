"""The history: which of a person's runs, newest first, a page at a time.

All that a filter asks for is in one index of the runs, and the search
answers with numbers that are in it too, so that rows are read for the page
alone, however many runs there are. Nothing counts them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import QuerySet
from django.db.models.functions import Left, Length, Right

from playground.accounts.models import Person
from playground.checkpoints.models import Adapter
from playground.core import search
from playground.core.forms import LineField
from playground.core.lists import ListForm, ListQuery
from playground.runs.models import Run

PAGE = 50
GLIMPSE = 200
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_NUMBER = 2**63 - 1
# Beyond these days, the number of a moment would not fit.
_DAYS = [MinValueValidator(date(1970, 1, 1)), MaxValueValidator(date(2200, 12, 31))]


@dataclass(frozen=True, kw_only=True)
class HistoryQuery(ListQuery):
    """The query in the history's address.

    since, until: days, both included, in UTC. before: only runs with a lower number are on the
    page; None for the newest ones.
    """

    model: str = ""
    template: str = ""
    status: str = ""
    since: date | None = None
    until: date | None = None
    starred: bool = False
    before: int | None = None

    @property
    def filters(self) -> "HistoryQuery":
        """The same from the newest run on."""
        return replace(self, before=None)

    @property
    def is_filtered(self) -> bool:
        return self.filters != HistoryQuery()


class HistoryForm(ListForm[HistoryQuery]):
    query_type = HistoryQuery

    # Also of models that no longer exist: their runs do.
    model = LineField(limit=80)
    template = LineField(limit=40)
    status = forms.ChoiceField(required=False, choices=Run.Status.choices)
    since = forms.DateField(required=False, input_formats=["%Y-%m-%d"], validators=_DAYS)
    until = forms.DateField(required=False, input_formats=["%Y-%m-%d"], validators=_DAYS)
    starred = forms.BooleanField(required=False)
    before = forms.IntegerField(required=False, min_value=0, max_value=_MAX_NUMBER)


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPage:
    """Up to `PAGE` runs, newest first. older: where the next page begins, or None."""

    runs: Sequence[Run]
    older: int | None


def find_runs(person: Person, query: HistoryQuery) -> QuerySet[Run]:
    """All of the person's runs that ``query`` asks for, newest first."""
    runs = Run.objects.filter(person=person).order_by("-number")
    if query.words:
        runs = runs.filter(
            search.numbered(field="number", kind="run", owner=person.pk, query=query.words)
        )
    if query.model:
        runs = _of_model(runs, query.model)
    for name in ("template", "status"):
        if value := getattr(query, name):
            runs = runs.filter(**{name: value})
    if query.since:
        runs = runs.filter(number__gte=_first_number(query.since))
    if query.until and query.until < date.max:
        runs = runs.filter(number__lt=_first_number(query.until + timedelta(days=1)))
    return runs.filter(starred=True) if query.starred else runs


def _of_model(runs: QuerySet[Run], name: str) -> QuerySet[Run]:
    """Of ``runs`` those of a tuned model, or of a model itself and none that is tuned from it."""
    if ":" in name:
        return runs.filter(adapter__in=Adapter.objects.filter(name=name).values("pk"))
    return runs.filter(model=name, adapter=None)


def history_page(person: Person, query: HistoryQuery) -> HistoryPage:
    """The page of them that ``query`` asks for."""
    runs = find_runs(person, query)
    if query.before is not None:
        runs = runs.filter(number__lt=query.before)
    found = list(with_glimpses(runs)[: PAGE + 1])
    shown = found[:PAGE]
    return HistoryPage(runs=shown, older=shown[-1].number if len(found) > PAGE else None)


def with_glimpses(runs: QuerySet[Run]) -> QuerySet[Run]:
    """The runs with the columns of a list: of the texts, only a glimpse."""
    state = ("prompt", "fields", "variables", "source", "parameters")
    listed = runs.select_related("adapter").defer(
        *state, "text", "tokens", "other_choices", "error_message"
    )
    return listed.annotate(
        prompt_head=Left("prompt", GLIMPSE),
        prompt_tail=Right("prompt", GLIMPSE),
        prompt_length=Length("prompt"),
        text_head=Left("text", GLIMPSE),
    )


def _first_number(day: date) -> int:
    begin = datetime.combine(day, time.min, tzinfo=UTC)
    return (begin - _EPOCH) // timedelta(microseconds=1) * 1000
