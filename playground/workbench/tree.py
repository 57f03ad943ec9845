"""The tree of runs that grew from one: which run continued which, and the stars.

A run's parent is the run that was on the page when it was made from an edit; a retry has the parent
of the run that it repeats. So the children of one run are families of siblings, and several runs
may be at the top.
"""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from django.db.models.functions import Left

from playground.runs.models import Run
from playground.workbench.addresses import address_of_run
from playground.workbench.tree_labels import HEAD_CHARACTERS, labels_of

# The newest of a tree; nobody finds their way among more.
MAX_NODES = 2_000
# As many lines of ancestors are drawn before a node.
MAX_INDENT = 6

# A line of an ancestor in the row of a node: it goes past, ends here with a branch to the node,
# goes on after the branch, or is not there.
Rail = Literal["pass", "end", "tee", "none"]


@dataclass(frozen=True, kw_only=True)
class Node:
    """A run in its tree. depth: of ancestors; rails: what is drawn before it, from the left.

    is_chained: whether it is the only continuation of its parent, drawn right below it.
    """

    run: Run
    label: str
    depth: int
    rails: tuple[Rail, ...]
    is_chained: bool
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

    @property
    def facts(self) -> str:
        """What made the text, in words: for a pointer and for the keyboard."""
        temperature = self.run.parameters.get("temperature")
        parts = [
            self.run.model_title,
            "" if temperature is None else f"temperature {temperature:g}",
            f"seed {self.run.seed}",
            "branched at a token" if self.run.given else "",
        ]
        return " · ".join(part for part in parts if part)


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

    @cached_property
    def shown(self) -> Node | None:
        """The node of the run on the page."""
        return next((node for node in self.nodes if node.is_current), None)


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A run that is not drawn yet. below: the lines before what continues it."""

    run: Run
    depth: int
    place: int
    among: int
    rails: tuple[Rail, ...]
    below: tuple[Rail, ...]
    is_chained: bool


def tree_of(run: Run) -> Tree:
    """The tree in which ``run`` is, in one query."""
    newest = (
        Run.objects.filter(tree=run.tree, person=run.person_id)
        .select_related("adapter")
        .only(
            "parent",
            "origin",
            "status",
            "starred",
            "number",
            "created_at",
            "version_id",
            "model",
            "adapter__title",
            "parameters",
            "seed",
            "given",
        )
        .annotate(head=Left("text", HEAD_CHARACTERS))
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
    labels: dict[uuid.UUID, str] = {}
    for siblings in children.values():
        siblings.sort(key=lambda one: (began[one.first_id], one.number))
        labels |= labels_of(siblings)
    path = _ancestors(current, by_id)
    nodes: list[Node] = []
    # Without recursion: a conversation is as deep as it is long.
    waiting = _stack(children[None], depth=0, below=())
    while waiting:
        one = waiting.pop()
        run, continuations = one.run, children.get(one.run.pk, [])
        nodes.append(
            Node(
                run=run,
                label=labels[run.pk],
                depth=one.depth,
                rails=one.rails,
                is_chained=one.is_chained,
                place=one.place,
                among=one.among,
                branches=len(continuations),
                is_current=run.pk == current.pk,
                on_path=run.pk in path,
                is_sibling=run.first_id == current.first_id,
            )
        )
        waiting += _stack(continuations, depth=one.depth + 1, below=one.below)
    return Tree(nodes=nodes, current=current.pk)


def _stack(runs: Sequence[Run], *, depth: int, below: tuple[Rail, ...]) -> list[_Waiting]:
    """A stack of the runs, the first on top, each with its place among them.

    A single continuation stays in line, right below its parent; only a fork moves to the right.
    """
    among = len(runs)
    if among == 1:
        return [_Waiting(runs[0], depth, 1, 1, below, below, is_chained=depth > 0)]
    before = below[: MAX_INDENT - 1]
    return [
        _Waiting(
            run,
            depth,
            place,
            among,
            (*before, "end" if place == among else "tee"),
            (*before, "none" if place == among else "pass"),
            is_chained=False,
        )
        for place, run in reversed(list(enumerate(runs, start=1)))
    ]


def _ancestors(run: Run, by_id: dict[uuid.UUID, Run]) -> set[uuid.UUID]:
    path: set[uuid.UUID] = set()
    above = run.parent_id
    while above in by_id and above not in path:
        path.add(above)
        above = by_id[above].parent_id
    return path
