"""Runs from a file that `exports.json_lines` or an account's export made.

A file is read twice. First every line is checked and an error names its line;
then all runs are saved in one transaction, or none. Memory holds a batch.
"""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, BinaryIO

from django.apps import apps
from django.db import transaction
from django.utils import timezone

from playground.accounts.models import Person
from playground.core import search
from playground.core.errors import InvalidInput
from playground.core.search import new_number
from playground.runs.imported_line import ImportedRun, read_line
from playground.runs.models import Run

MAX_BYTES = 64 << 20
MAX_LINE_BYTES = 4 << 20
MAX_RUNS = 20_000
BATCH = 100
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import did. here: runs of the file that the person had already."""

    runs: int
    here: int


@dataclass(slots=True)
class _Place:
    """Where a run of the file is to stand: its id here, and its number."""

    line: int
    id: uuid.UUID
    created_at: datetime
    parent: uuid.UUID | None
    is_retry: bool
    number: int = 0


@dataclass(slots=True)
class _Plan:
    """The file's runs by their id in the file, and what it refers to and does not hold."""

    places: dict[uuid.UUID, _Place] = field(default_factory=dict)
    here: set[uuid.UUID] = field(default_factory=set)
    # Numbers of the person's own runs that the file refers to.
    beyond: dict[uuid.UUID, int] = field(default_factory=dict)
    versions: set[uuid.UUID] = field(default_factory=set)


def runs_import(*, person: Person, file: BinaryIO) -> Imported:
    """Saves the runs of ``file`` that the person does not have yet.

    A run keeps its id, unless somebody else has a run with it. Raises
    `InvalidInput`, which names the line, and then nothing was saved.
    """
    plan = _plan(person, file)
    with transaction.atomic():
        batch: list[ImportedRun] = []
        for _, line in _lines(file):
            if line.id not in plan.here:
                batch.append(line)
            if len(batch) >= BATCH:
                _save(person, batch, plan)
                batch = []
        _save(person, batch, plan)
    return Imported(runs=len(plan.places) - len(plan.here), here=len(plan.here))


def _plan(person: Person, file: BinaryIO) -> _Plan:
    """Checks every line, and decides what each run is called and where it stands."""
    plan = _Plan()
    wanted: set[uuid.UUID] = set()
    versions: set[uuid.UUID] = set()
    for number, line in _lines(file):
        if line.id in plan.places:
            raise _wrong(number, f"the run {line.id} stands in line {plan.places[line.id].line}")
        if len(plan.places) >= MAX_RUNS:
            raise _wrong(number, f"a file can hold {MAX_RUNS:,} runs; put the rest into another")
        plan.places[line.id] = _Place(
            line=number,
            id=line.id,
            created_at=line.created_at,
            parent=line.parent,
            is_retry=line.origin is not None,
        )
        wanted.update(one for one in (line.parent, line.origin) if one)
        versions.update({line.prompt_version} if line.prompt_version else ())
    if not plan.places:
        raise InvalidInput("There is no run in this file.", field="file")
    _find_taken(person, plan)
    for ids in _batches(list(wanted - plan.places.keys() | plan.here)):
        own = Run.objects.filter(person=person, pk__in=ids)
        plan.beyond.update(own.values_list("pk", "number"))
    plan.versions = _own_versions(person, versions)
    _number(plan)
    _check_order(plan)
    return plan


def _find_taken(person: Person, plan: _Plan) -> None:
    """Own runs are here already; one that somebody else has gets another id."""
    for ids in _batches(list(plan.places)):
        for run_id, owner in Run.objects.filter(pk__in=ids).values_list("pk", "person"):
            if owner == person.pk:
                plan.here.add(run_id)
            else:
                plan.places[run_id].id = uuid.uuid4()


def _number(plan: _Plan) -> None:
    """Numbers in the order of time, none of them taken."""
    new = [place for run_id, place in plan.places.items() if run_id not in plan.here]
    new.sort(key=lambda place: place.created_at)
    last = 0
    for place in new:
        microseconds = (place.created_at - _EPOCH) // timedelta(microseconds=1)
        last = place.number = max(last + 1, new_number(microseconds * 1000))
    taken: set[int] = set()
    for numbers in _batches([place.number for place in new]):
        taken |= search.numbers_taken(numbers)
    free, last = _Free(), 0
    for place in new:
        if place.number <= last or place.number in taken:
            place.number = free.at_or_after(max(last + 1, place.number))
        last = place.number


class _Free:
    """Numbers that nothing has, looked up a stretch at a time."""

    STRETCH = 5_000

    def __init__(self) -> None:
        self._until = 0
        self._taken: set[int] = set()

    def at_or_after(self, number: int) -> int:
        while True:
            if not self._until - self.STRETCH < number <= self._until:
                self._until = number + self.STRETCH - 1
                self._taken = search.numbers_between(number, self._until)
            if number not in self._taken:
                return number
            number += 1


def _check_order(plan: _Plan) -> None:
    """What a run went on from was there before it: nothing is its own ancestor."""
    for run_id, place in plan.places.items():
        if place.parent is None or run_id in plan.here:
            continue
        above = plan.places.get(place.parent)
        if above is not None and place.parent not in plan.here:
            before: int | None = above.number
        else:
            before = plan.beyond.get(place.parent)
        if before is not None and before >= place.number:
            raise _wrong(place.line, "the run's parent was made after it")


def _save(person: Person, lines: list[ImportedRun], plan: _Plan) -> None:
    runs = [_run(person, line, plan) for line in lines]
    Run.objects.bulk_create(runs)
    search.put_all(
        kind="run",
        owner=person.pk,
        texts=[
            search.Text(object_id=run.pk, number=run.number, text=f"{run.prompt}\n{run.text}")
            for run in runs
        ],
    )


def _run(person: Person, line: ImportedRun, plan: _Plan) -> Run:
    place = plan.places[line.id]
    return Run(
        id=place.id,
        number=place.number,
        person=person,
        origin_id=_first_sibling(line.origin, plan),
        parent_id=_known(line.parent, plan),
        tree=_tree(line, plan),
        version_id=line.prompt_version if line.prompt_version in plan.versions else None,
        **line.columns,
    )


def _known(run_id: uuid.UUID | None, plan: _Plan) -> uuid.UUID | None:
    """What a run that the file refers to is called here; None if it is nowhere."""
    if run_id in plan.places:
        return plan.places[run_id].id
    return run_id if run_id in plan.beyond else None


def _first_sibling(origin: uuid.UUID | None, plan: _Plan) -> uuid.UUID | None:
    """The origin, as long as it is nobody's retry itself."""
    if origin in plan.places and plan.places[origin].is_retry:
        return None
    return _known(origin, plan)


def _tree(line: ImportedRun, plan: _Plan) -> uuid.UUID:
    tree = line.tree or line.id
    return plan.places[tree].id if tree in plan.places else tree


def _own_versions(person: Person, versions: set[uuid.UUID]) -> set[uuid.UUID]:
    """Those of ``versions`` that are of the person's own saved prompts."""
    # By name: saved prompts stand above runs, which know nothing of them but this.
    saved = apps.get_model("prompts", "PromptVersion")._default_manager
    own: set[uuid.UUID] = set()
    for ids in _batches(list(versions)):
        found = saved.filter(pk__in=ids, prompt__person=person)
        own.update(found.values_list("pk", flat=True))
    return own


def _lines(file: BinaryIO) -> Iterator[tuple[int, ImportedRun]]:
    """The runs of the file, each with the number of its line; other things are passed over."""
    file.seek(0)
    now = timezone.now()
    number = 0
    while raw := file.readline(MAX_LINE_BYTES + 1):
        number += 1
        if len(raw) > MAX_LINE_BYTES:
            raise _wrong(number, f"it has more than {MAX_LINE_BYTES >> 20} MiB")
        if not raw.strip():
            continue
        try:
            line = read_line(_json(raw), now=now)
        except InvalidInput as error:
            raise _wrong(number, error.message) from error
        if line is not None:
            yield number, line


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw.decode("utf-8-sig"), parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise InvalidInput("it is not UTF-8") from None
    except (ValueError, RecursionError):
        raise InvalidInput("it is not JSON") from None


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _batches(items: list[Any]) -> Iterator[list[Any]]:
    return (items[start : start + 500] for start in range(0, len(items), 500))


def _wrong(line: int, message: str) -> InvalidInput:
    return InvalidInput(f"Line {line}: {message}. Nothing was imported.", field="file")
