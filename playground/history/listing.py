"""The history: which of a person's runs, newest first, a page at a time.

All that a filter asks for is in one index of the runs, and the search
answers with numbers that are in it too, so that rows are read for the page
alone, however many runs there are. The same look counts them, up to a limit.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Case, QuerySet, TextField, Value, When
from django.db.models.functions import Greatest, Left, Length, Lower, Right, StrIndex, Substr
from django.db.models.lookups import Exact

from playground.accounts.models import Person
from playground.checkpoints.models import Adapter
from playground.core import search
from playground.core.forms import LineField
from playground.core.lists import ListForm, ListQuery
from playground.runs.models import Run

PAGE = 50
GLIMPSE = 200
# Around a word that was searched for: characters before it, and of the whole snippet.
BEFORE_MATCH, SNIPPET = 40, 200
# So many are counted; of more it is said that there are more.
MAX_COUNTED = 1_000
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
    """Up to `PAGE` runs, newest first. older: where the next page begins, or None. count: of all
    that were found, `MAX_COUNTED` + 1 at most."""

    runs: Sequence[Run]
    older: int | None
    count: int = 0

    @property
    def count_note(self) -> str:
        """How many there are in all, in words."""
        if self.count > MAX_COUNTED:
            return f"More than {MAX_COUNTED:,} runs"
        return "1 run" if self.count == 1 else f"{self.count:,} runs"


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
    found = find_runs(person, query).values_list("number", flat=True)
    # In the index alone, and never far. A search is much of a page's time, so it is done once.
    numbers = list(found[: MAX_COUNTED + 1])
    count = len(numbers)
    if query.before is not None:
        numbers = list(found.filter(number__lt=query.before)[: PAGE + 1])
    runs = Run.objects.filter(person=person, number__in=numbers[:PAGE]).order_by("-number")
    older = numbers[PAGE - 1] if len(numbers) > PAGE else None
    return HistoryPage(
        runs=list(with_snippets(with_glimpses(runs), query.words)), older=older, count=count
    )


def with_snippets(runs: QuerySet[Run], words: str) -> QuerySet[Run]:
    """The runs with what is around the first of the ``words`` in prompt and text; "" where it is
    not written there as it was asked for."""
    first = next(iter(words.split()), "").lower()
    if not first:
        return runs
    return runs.annotate(
        prompt_snippet=_around("prompt", first), text_snippet=_around("text", first)
    )


def _around(column: str, word: str) -> Case:
    at = StrIndex(Lower(column), Value(word))
    begin = Greatest(at - Value(BEFORE_MATCH), Value(1))
    return Case(
        When(Exact(at, Value(0)), then=Value("")),
        default=Substr(column, begin, SNIPPET),
        output_field=TextField(),
    )


def with_glimpses(runs: QuerySet[Run]) -> QuerySet[Run]:
    """The runs with the columns of a list: of the texts, only a glimpse."""
    state = ("prompt", "fields", "variables", "source", "given")
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
