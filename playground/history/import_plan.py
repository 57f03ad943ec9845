"""The plan of an import: which runs of the file are new, and their ids and places.

A run is known by the id under which it was first exported. A person who has a run with that id, or
one imported from it, already has it. An id that belongs to another person's run is not used again:
the copy gets an id derived from the person and the first id, the same at every import.
"""

import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import BinaryIO, TypeVar

from django.apps import apps
from django.db.models import Q

from playground.accounts.models import Person
from playground.checkpoints.selectors import usable_adapters
from playground.core import search
from playground.core.errors import InvalidInput
from playground.core.search import new_number
from playground.history.import_lines import Line, run_lines, wrong
from playground.history.imported_line import ImportedRun
from playground.runs.models import Run

MAX_RUNS = 20_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BATCH = 500
_Item = TypeVar("_Item")


@dataclass(slots=True)
class Place:
    """A run of the file.

    id, number: in this database; start: the beginning of its line, in bytes.
    """

    line: int
    start: int
    size: int
    # Under which it was exported first.
    first_id: uuid.UUID
    id: uuid.UUID
    created_at: datetime
    parent: uuid.UUID | None
    origin: uuid.UUID | None
    number: int = 0
    is_here: bool = False

    @property
    def original_id(self) -> uuid.UUID | None:
        return None if self.id == self.first_id else self.first_id


@dataclass(slots=True)
class Plan:
    """The file's runs by their id in the file, and its references to other runs."""

    places: dict[uuid.UUID, Place] = field(default_factory=dict)
    # Lines that name a run of the file once more.
    repeats: int = 0
    # By the id in the file: own runs that it refers to, with their numbers.
    beyond: dict[uuid.UUID, tuple[uuid.UUID, int]] = field(default_factory=dict)
    # Trees whose first run belongs to another person, and their names here.
    trees: dict[uuid.UUID, uuid.UUID] = field(default_factory=dict)
    versions: set[uuid.UUID] = field(default_factory=set)
    # By name and base: the tuned models that the person can use.
    adapters: dict[tuple[str, str], uuid.UUID] = field(default_factory=dict)

    @property
    def runs(self) -> list[Place]:
        """Each run of the file once."""
        return list({id(place): place for place in self.places.values()}.values())

    @property
    def new(self) -> list[Place]:
        """The runs to save, in the order of their numbers:

        a run comes after the runs that it refers to.
        """
        new = [place for place in self.runs if not place.is_here]
        return sorted(new, key=lambda place: place.number)

    def find_id(self, run_id: uuid.UUID | None) -> uuid.UUID | None:
        """The id, in this database, of a run that the file refers to; None if there is none."""
        if run_id in self.places:
            return self.places[run_id].id
        return self.beyond[run_id][0] if run_id in self.beyond else None

    def first_sibling(self, origin: uuid.UUID | None) -> uuid.UUID | None:
        """The origin, as long as it is nobody's retry itself."""
        if origin in self.places and self.places[origin].origin is not None:
            return None
        return self.find_id(origin)

    def tree(self, run: ImportedRun) -> uuid.UUID:
        tree = run.tree or run.id
        return self.find_id(tree) or self.trees.get(tree, tree)


def copy_id(person: Person, first_id: uuid.UUID) -> uuid.UUID:
    """The id of the person's copy of another person's run."""
    return uuid.uuid5(person.pk, first_id.hex)


def plan_import(person: Person, file: BinaryIO, *, beat: Callable[[], None]) -> Plan:
    """Reads the whole file. Raises `InvalidInput`, which names the line.

    beat: called now and then, since this may take a while.
    """
    plan = Plan()
    trees: set[uuid.UUID] = set()
    versions: set[uuid.UUID] = set()
    by_first_id: dict[uuid.UUID, Place] = {}
    for line in run_lines(file):
        beat()
        _place(plan, by_first_id, line)
        trees.update({line.run.tree} if line.run.tree else ())
        versions.update({line.run.prompt_version} if line.run.prompt_version else ())
    if not plan.places:
        raise InvalidInput("There is no run in this file.", field="file")
    _find_own(person, plan)
    _name_copies(person, plan)
    _find_beyond(person, plan, trees)
    plan.versions = _own_versions(person, versions)
    plan.adapters = _usable_adapters(person)
    _number(plan)
    _check_order(plan)
    return plan


def _place(plan: Plan, by_first_id: dict[uuid.UUID, Place], line: Line) -> None:
    run = line.run
    first_id = run.original or run.id
    same = plan.places.get(run.id) or by_first_id.get(first_id)
    if same is not None:
        plan.repeats += 1
        plan.places[run.id] = same
        return
    if len(by_first_id) >= MAX_RUNS:
        raise wrong(line.number, f"a file can hold {MAX_RUNS:,} runs; put the rest into another")
    plan.places[run.id] = by_first_id[first_id] = Place(
        line=line.number,
        start=line.start,
        size=line.size,
        first_id=first_id,
        id=run.id,
        created_at=run.created_at,
        parent=run.parent,
        origin=run.origin,
    )


def _find_own(person: Person, plan: Plan) -> None:
    """Marks the runs that the person already has."""
    by_id = {place.id: place for place in plan.runs}
    by_first_id = {place.first_id: place for place in plan.runs}
    for ids in _batches({*by_id, *by_first_id}):
        own = Run.objects.filter(Q(pk__in=ids) | Q(original_id__in=ids), person=person)
        for run_id, original, number in own.values_list("pk", "original_id", "number"):
            place = by_id.get(run_id) or by_first_id.get(run_id)
            if place is None and original is not None:
                place = by_first_id.get(original)
            if place is not None and not place.is_here:
                place.id, place.number, place.is_here = run_id, number, True


def _name_copies(person: Person, plan: Plan) -> None:
    """A new run whose id is in use gets another id."""
    for make in (lambda place: copy_id(person, place.first_id), lambda place: uuid.uuid4()):
        new = {place.id: place for place in plan.runs if not place.is_here}
        for ids in _batches(new):
            for taken in Run.objects.filter(pk__in=ids).values_list("pk", flat=True):
                new[taken].id = make(new[taken])


def _find_beyond(person: Person, plan: Plan, trees: set[uuid.UUID]) -> None:
    """Resolves references to runs outside the file: the person's own, or none."""
    wanted = {one for place in plan.runs for one in (place.parent, place.origin) if one} | trees
    missing = wanted - plan.places.keys()
    for ids in _batches(missing):
        own = Run.objects.filter(Q(pk__in=ids) | Q(original_id__in=ids), person=person)
        for run_id, original, number in own.values_list("pk", "original_id", "number"):
            referred = run_id if run_id in missing else original
            if referred is not None:
                plan.beyond[referred] = (run_id, number)
    for ids in _batches(missing & trees - plan.beyond.keys()):
        for taken in Run.objects.filter(pk__in=ids).values_list("pk", flat=True):
            plan.trees[taken] = copy_id(person, taken)


def _number(plan: Plan) -> None:
    """Numbers in the order of time, none of them taken."""
    new = [place for place in plan.runs if not place.is_here]
    new.sort(key=lambda place: (place.created_at, place.origin is not None))
    last = 0
    for place in new:
        microseconds = (place.created_at - _EPOCH) // timedelta(microseconds=1)
        last = place.number = max(last + 1, new_number(microseconds * 1000))
    taken: set[int] = set()
    for numbers in _batches(place.number for place in new):
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


def _check_order(plan: Plan) -> None:
    """A run is newer than the runs that it refers to, so none is its own ancestor."""
    for place in plan.runs:
        if place.is_here:
            continue
        for referred, what in ((place.parent, "the run's parent"), (place.origin, "its original")):
            before = _number_of(plan, referred)
            if before is not None and before >= place.number:
                raise wrong(place.line, f"{what} was made after it")


def _number_of(plan: Plan, run_id: uuid.UUID | None) -> int | None:
    if run_id in plan.places:
        return plan.places[run_id].number
    return plan.beyond[run_id][1] if run_id in plan.beyond else None


def _own_versions(person: Person, versions: set[uuid.UUID]) -> set[uuid.UUID]:
    """Those of ``versions`` that are of the person's own saved prompts."""
    # By name: saved prompts are above runs, which know nothing of them but this.
    saved = apps.get_model("prompts", "PromptVersion")._default_manager
    own: set[uuid.UUID] = set()
    for ids in _batches(versions):
        found = saved.filter(pk__in=ids, prompt__person=person)
        own.update(found.values_list("pk", flat=True))
    return own


def _usable_adapters(person: Person) -> dict[tuple[str, str], uuid.UUID]:
    """With those that are deleted and that other runs hold still."""
    usable = usable_adapters(person).values_list("name", "base", "pk")
    return {(name, base): adapter_id for name, base, adapter_id in usable}


def _batches(items: Iterable[_Item]) -> Iterator[list[_Item]]:
    listed = list(items)
    return (listed[start : start + _BATCH] for start in range(0, len(listed), _BATCH))
