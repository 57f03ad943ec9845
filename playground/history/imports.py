"""Runs from a file that `exports.json_lines` or an account's export made.

A file is read twice. First every line is checked and an error names its line; nothing was saved
then. After that its runs are saved, a few in each transaction: on SQLite there is one writer at a
time, and other people's runs get in between. An import that is cut off leaves whole runs whose
parents are there too, and importing the file again adds the rest (docs/decisions/0032).
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from django.db import IntegrityError, connection, transaction

from playground.accounts.models import Person
from playground.accounts.quotas import room_of
from playground.core import search
from playground.core.errors import StorageBusy
from playground.history.import_lines import run_at
from playground.history.import_plan import Place, Plan, plan_import
from playground.history.import_turns import Turn, import_turn
from playground.history.imported_line import ImportedRun
from playground.runs.finishing import run_words
from playground.runs.models import Run

MAX_BYTES = 64 << 20
# Of one transaction: so many runs or so many bytes of their lines, whichever comes first.
BATCH = 100
BATCH_BYTES = 256 << 10
# Others write for at least as long as a batch took; SQLite looks for a free lock every 100 ms
# at the latest.
_MIN_PAUSE_SECONDS = 0.01
_MAX_PAUSE_SECONDS = 0.25
# Another import of the same file may take an id between plan and batch.
_TRIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import did.

    here: runs of the file that the person had already; repeats: lines that named one once more.
    """

    runs: int
    here: int
    repeats: int = 0


def runs_import(*, person: Person, file: BinaryIO) -> Imported:
    """Saves the runs of ``file`` that the person does not have yet.

    A run keeps its id, unless somebody else has a run with it. Raises `InvalidInput`, which
    names the line, `QuotaReached` or `ImportRunning`, and then nothing was saved. After any
    other error some of the runs may be there: the next import of the file adds the others.
    """
    with import_turn(person) as turn:
        for _ in range(_TRIES):
            plan = plan_import(person, file, beat=turn.beat)
            new = plan.new
            size = sum(place.size for place in new)
            room_of(person).check("runs", rows=len(new), size=size)
            turn.expect(len(new))
            try:
                for batch in _batches(new):
                    _import_batch(person, file, batch, plan, turn)
            except IntegrityError:
                continue
            here = len(plan.runs) - len(new) - (turn.saved - len(new))
            return Imported(runs=turn.saved, here=here, repeats=plan.repeats)
        raise StorageBusy(
            "Another import is saving the same runs at this moment. Import the file again; runs "
            "that you already have are not imported again.",
            retry_after=5,
        )


def _batches(places: list[Place]) -> Iterator[list[Place]]:
    batch: list[Place] = []
    size = 0
    for place in places:
        if batch and (len(batch) >= BATCH or size + place.size > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(place)
        size += place.size
    if batch:
        yield batch


def _import_batch(
    person: Person, file: BinaryIO, batch: list[Place], plan: Plan, turn: Turn
) -> None:
    """Makes all that is to be written, then writes it and lets others write."""
    runs = [_run(person, run_at(file, place.start), place, plan) for place in batch]
    entries = [
        search.Entry(
            object_id=run.pk, number=run.number, words=run_words(run.prompt, "\n".join(run.texts))
        )
        for run in runs
    ]
    with transaction.atomic():
        began = time.monotonic()
        turn.count(len(runs))
        _drop_lost_references(runs)
        Run.objects.bulk_create(runs)
        search.put_all(kind="run", owner=person.pk, entries=entries)
    turn.saved += len(runs)
    if connection.vendor == "sqlite":
        took = time.monotonic() - began
        time.sleep(min(max(took, _MIN_PAUSE_SECONDS), _MAX_PAUSE_SECONDS))


def _drop_lost_references(runs: list[Run]) -> None:
    """The parents of a run may have been deleted since the file was read."""
    made = {run.pk for run in runs}
    referred = {one for run in runs for one in (run.parent_id, run.origin_id) if one} - made
    there = made | set(Run.objects.filter(pk__in=referred).values_list("pk", flat=True))
    for run in runs:
        run.parent_id = run.parent_id if run.parent_id in there else None
        run.origin_id = run.origin_id if run.origin_id in there else None


def _run(person: Person, line: ImportedRun, place: Place, plan: Plan) -> Run:
    return Run(
        id=place.id,
        number=place.number,
        person=person,
        original_id=place.original_id,
        origin_id=plan.first_sibling(line.origin),
        parent_id=plan.find_id(line.parent),
        tree=plan.tree(line),
        # A tuned model that is not here leaves the run with its base.
        adapter_id=plan.adapters.get((line.adapter, line.columns["model"])),
        version_id=line.prompt_version if line.prompt_version in plan.versions else None,
        **line.columns,
    )
