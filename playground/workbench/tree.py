"""The tree of runs that grew from one: which run continued which, and the stars.

A run's parent is the run that was on the page when it was made from an edit; a retry has the parent
of the run that it repeats. So the children of one run are families of siblings, and several runs
may be at the top.
"""

import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property

from django.db.models.functions import Left, Right

from playground.runs.models import Run
from playground.workbench.addresses import address_of_run

# The newest of a tree; nobody finds their way among more.
MAX_NODES = 2_000
# As deep as a column is indented.
MAX_INDENT = 6
LABEL_CHARACTERS = 120


@dataclass(frozen=True, kw_only=True)
class Node:
    """A run in its tree. depth: of ancestors; indent: how far it is drawn to the right."""

    run: Run
    label: str
    depth: int
    indent: int
    # Among the children of its parent, from 1.
    place: int
    among: int
    branches: int
    is_current: bool
    on_path: bool
    # Whether it is the same prompt as the run on the page.
    is_sibling: bool

    @property
    def page(self) -> str:
        return address_of_run("workbench:run_page", self.run.pk)

    @property
    def output(self) -> str:
        return address_of_run("workbench:run_output", self.run.pk)

    @property
    def level(self) -> int:
        return self.depth + 1


@dataclass(frozen=True, kw_only=True)
class Tree:
    """All runs of a tree, each before its continuations, siblings together."""

    nodes: list[Node] = field(default_factory=list)
    current: uuid.UUID

    @property
    def is_shown(self) -> bool:
        """One run by itself is no tree."""
        return len(self.nodes) > 1

    @cached_property
    def starred(self) -> int:
        return sum(node.run.starred for node in self.nodes)

    @cached_property
    def branches(self) -> list[Node]:
        """The continuations of the run on the page."""
        return [node for node in self.nodes if node.run.parent_id == self.current]


def tree_of(run: Run) -> Tree:
    """The tree in which ``run`` is, in one query."""
    newest = (
        Run.objects.filter(tree=run.tree, person=run.person_id)
        .only("parent", "origin", "status", "starred", "number", "created_at", "version_id")
        .annotate(head=Left("text", LABEL_CHARACTERS), tail=Right("prompt", LABEL_CHARACTERS))
        .order_by("-number")[:MAX_NODES]
    )
    return build_tree(sorted(newest, key=lambda one: one.number), current=run)


def build_tree(runs: list[Run], *, current: Run) -> Tree:
    """The tree of ``runs``, which come oldest first."""
    by_id = {run.pk: run for run in runs}
    children: dict[uuid.UUID | None, list[Run]] = defaultdict(list)
    for run in runs:
        # Runs beyond the newest ones have no place: their children are at the top.
        children[run.parent_id if run.parent_id in by_id else None].append(run)
    began: dict[uuid.UUID, int] = {}
    for run in runs:
        began.setdefault(run.first_id, run.number)
    for siblings in children.values():
        siblings.sort(key=lambda one: (began[one.first_id], one.number))
    path = _ancestors(current, by_id)
    nodes: list[Node] = []
    # Without recursion: a conversation is as deep as it is long.
    waiting = _stack(children[None], depth=0, indent=0)
    while waiting:
        run, depth, indent, place, among = waiting.pop()
        below = children.get(run.pk, [])
        nodes.append(
            Node(
                run=run,
                label=_label(run),
                depth=depth,
                indent=min(indent, MAX_INDENT),
                place=place,
                among=among,
                branches=len(below),
                is_current=run.pk == current.pk,
                on_path=run.pk in path,
                is_sibling=run.first_id == current.first_id,
            )
        )
        # A single continuation stays in line; only a fork moves to the right.
        step = indent + 1 if len(below) > 1 else indent
        waiting += _stack(below, depth=depth + 1, indent=step)
    return Tree(nodes=nodes, current=current.pk)


def _stack(runs: list[Run], *, depth: int, indent: int) -> list[tuple[Run, int, int, int, int]]:
    """A stack of the runs, the first on top, each with its place among them."""
    among = len(runs)
    return [(run, depth, indent, among - place, among) for place, run in enumerate(reversed(runs))]


def _ancestors(run: Run, by_id: dict[uuid.UUID, Run]) -> set[uuid.UUID]:
    path: set[uuid.UUID] = set()
    above = run.parent_id
    while above in by_id and above not in path:
        path.add(above)
        above = by_id[above].parent_id
    return path


def _label(run: Run) -> str:
    """The first words of the output, or the last words of the prompt."""
    head = " ".join(str(run.head).split())  # type: ignore[attr-defined]
    if head:
        return head
    tail = " ".join(str(run.tail).split())  # type: ignore[attr-defined]
    return f"… {tail}" if tail else "(nothing)"
