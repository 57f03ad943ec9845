"""The branches of runs that are shown to others."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Sequence

from playground.runs.models import Run
from playground.sharing.light_runs import light_runs

# Of all the runs that are shown, together.
MAX_BRANCHES = 200
# Of the trees that branches are looked for in; no one reads more.
_MAX_NODES = 5_000


def branches_of(
    runs: Sequence[Run], *, only: Collection[uuid.UUID] | None = None
) -> dict[uuid.UUID, list[tuple[int, Run]]]:
    """The continuations of each run, with their depth below it, each before its own.

    ``only``: the ids of those that may be shown; None for all.
    """
    trees = {run.tree for run in runs if run.tree}
    if not trees:
        return {}
    # All of them are the owner's: a run's parent always is.
    nodes = Run.objects.filter(person=runs[0].person_id, tree__in=trees).order_by("number")
    children: dict[uuid.UUID | None, list[uuid.UUID]] = defaultdict(list)
    for run_id, parent in nodes.values_list("pk", "parent")[:_MAX_NODES]:
        children[parent].append(run_id)
    # A continuation of two shown runs, one of which continues the other, is shown once.
    seen: set[uuid.UUID] = set()
    below = {}
    for run in sorted(runs, key=lambda one: one.number, reverse=True):
        found = _below(run.pk, children, only)
        below[run.pk] = [one for one in found if one[1] not in seen]
        seen.update(run_id for _depth, run_id in below[run.pk])
    wanted = [run_id for run in runs for _depth, run_id in below[run.pk]][:MAX_BRANCHES]
    shown = Run.objects.filter(pk__in=wanted, status__in=Run.FINAL).exclude(text="")
    rows = {run.pk: run for run in light_runs(shown, most=MAX_BRANCHES)}
    return {
        run_id: [(depth, rows[branch]) for depth, branch in found if branch in rows]
        for run_id, found in below.items()
    }


def _below(
    run_id: uuid.UUID,
    children: dict[uuid.UUID | None, list[uuid.UUID]],
    only: Collection[uuid.UUID] | None,
) -> list[tuple[int, uuid.UUID]]:
    found: list[tuple[int, uuid.UUID]] = []
    # Without recursion: a conversation is as deep as it is long.
    waiting = [(1, child) for child in reversed(children.get(run_id, []))]
    while waiting and len(found) < MAX_BRANCHES:
        depth, branch = waiting.pop()
        if only is None or branch in only:
            found.append((depth, branch))
        waiting += [(depth + 1, child) for child in reversed(children.get(branch, []))]
    return found
