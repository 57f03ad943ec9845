"""A person's runs, as they are exported and let go."""

import time
from collections.abc import Iterator
from typing import Any

from playground.accounts.belongings import Amount, Belonging, Whose, amount_of, owned_by
from playground.accounts.models import Person
from playground.core.failures import each_alone
from playground.history.exports import run_line
from playground.history.models import Import
from playground.runs.deletion import runs_delete_all
from playground.runs.models import Run
from playground.runs.services import run_cancel

# How long workers get to stop the runs of a person who leaves. Seconds.
STOP_SECONDS = 3.0
_POLL_SECONDS = 0.05
_BATCH = 100


def _export(person: Person) -> Iterator[dict[str, Any]]:
    """Oldest first, each batch by a separate query: no long query holds the database."""
    runs = Run.objects.filter(person=person).select_related("adapter").order_by("number")
    batch = list(runs[:_BATCH])
    while batch:
        yield from map(run_line, batch)
        batch = list(runs.filter(number__gt=batch[-1].number)[:_BATCH])


def _release(person: Person) -> None:
    """Stops live runs and waits for them, so that no worker writes about them afterwards."""
    live = Run.objects.filter(person=person).exclude(status__in=Run.FINAL)
    each_alone(live, lambda run: run_cancel(run=run), event="run_not_stopped")
    deadline = time.monotonic() + STOP_SECONDS
    while live.all().exists() and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    # Whatever did not end in time is fenced off with its log.
    runs_delete_all(person=person)


def _measure(whose: Whose) -> dict[str, Amount]:
    return {"runs": amount_of(Run.objects.filter(owned_by(whose)))}


def _export_imports(person: Person) -> Iterator[dict[str, Any]]:
    for cut in Import.objects.filter(person=person):
        yield {"kind": "import", "runs": cut.runs, "saved": cut.saved, "at": cut.beat_at}


def _merge_imports(guest: Person, account: Person) -> None:
    """Each person has one: of two unfinished imports, the account's is reported."""
    if Import.objects.filter(person=account).exists():
        Import.objects.filter(person=guest).delete()


BELONGINGS = (
    Belonging(model=Run, export=_export, release=_release, measure=_measure),
    Belonging(model=Import, export=_export_imports, merge=_merge_imports),
)
