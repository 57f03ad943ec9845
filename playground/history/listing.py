"""The history: which of a person's runs, newest first, a page at a time.

All that a filter asks for is in one index of the runs, and the search
answers with numbers that are in it too, so that rows are read for the page
alone, however many runs there are. Nothing counts them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.db.models.functions import Left, Length, Right
from django.http import QueryDict

from playground.accounts.models import Person
from playground.checkpoints.models import Adapter
from playground.core import search
from playground.runs.models import Run

PAGE = 50
MAX_QUERY = 200
GLIMPSE = 200
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_NUMBER = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryQuery:
    """What the address asks for; what it cannot mean is left out.

    since, until: days, both included, in UTC.
    """

    words: str = ""
    model: str = ""
    template: str = ""
    status: str = ""
    since: date | None = None
    until: date | None = None
    starred: bool = False

    @classmethod
    def of(cls, data: QueryDict) -> "HistoryQuery":
        """What a request's address asks for."""
        status = data.get("status", "")
        return cls(
            words=_line(data.get("q", ""))[:MAX_QUERY],
            model=_line(data.get("model", ""))[:80],
            template=_line(data.get("template", ""))[:40],
            status=status if status in Run.Status.values else "",
            since=_day(data.get("from", "")),
            until=_day(data.get("to", "")),
            starred=bool(data.get("starred")),
        )

    @property
    def is_filtered(self) -> bool:
        return self != HistoryQuery()

    @property
    def narrowed(self) -> int:
        """How many filters are set, the words not counted."""
        return sum(
            bool(getattr(self, field.name)) for field in fields(self) if field.name != "words"
        )

    @property
    def address(self) -> str:
        """The query as an address has it, without what is not asked for."""
        asked: dict[str, Any] = {
            "q": self.words,
            "model": self.model,
            "template": self.template,
            "status": self.status,
            "from": self.since.isoformat() if self.since else "",
            "to": self.until.isoformat() if self.until else "",
            "starred": "1" if self.starred else "",
        }
        return urlencode({name: value for name, value in asked.items() if value})

    @property
    def only_starred(self) -> "HistoryQuery":
        return replace(self, starred=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPage:
    """Up to `PAGE` runs, newest first. older: where the next page begins, or None."""

    runs: Sequence[Run]
    older: int | None


def runs_found(person: Person, query: HistoryQuery) -> QuerySet[Run]:
    """The person's runs that ``query`` asks for, newest first."""
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


def history_page(person: Person, query: HistoryQuery, *, before: int | None = None) -> HistoryPage:
    """A page of what ``query`` asks for, of the runs whose number is below ``before``."""
    runs = runs_found(person, query)
    if before is not None:
        runs = runs.filter(number__lt=before)
    found = list(glimpsed(runs)[: PAGE + 1])
    shown = found[:PAGE]
    return HistoryPage(runs=shown, older=shown[-1].number if len(found) > PAGE else None)


def glimpsed(runs: QuerySet[Run]) -> QuerySet[Run]:
    """The runs with what a list shows of them: of the texts, a glimpse."""
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


def read_before(data: QueryDict) -> int | None:
    """Where the page begins that an address asks for."""
    raw = data.get("before", "")
    if not (raw.isascii() and raw.isdigit() and len(raw) < 20):
        return None
    return min(int(raw), _MAX_NUMBER)


def _first_number(day: date) -> int:
    begin = datetime.combine(day, time.min, tzinfo=UTC)
    return (begin - _EPOCH) // timedelta(microseconds=1) * 1000


def _line(raw: str) -> str:
    return " ".join(raw.replace("\0", "").split())


def _day(raw: str) -> date | None:
    try:
        day = date.fromisoformat(raw)
    except ValueError:
        return None
    # Beyond these, the number of a moment would not fit.
    return day if 1970 <= day.year <= 2200 else None
