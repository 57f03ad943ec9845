"""What the runs of a tree are called: by where their texts begin to differ."""

import uuid
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise, takewhile

from playground.runs.models import Run

# Of a text, as far as texts are compared; and of a label.
HEAD_CHARACTERS = 600
LABEL_CHARACTERS = 120
_NOTHING = {
    Run.Status.QUEUED: "(waiting)",
    Run.Status.RUNNING: "(writing)",
    Run.Status.FAILED: "(failed)",
}


def labels_of(siblings: Sequence[Run]) -> dict[uuid.UUID, str]:
    """The label of each run: its text, from the first word that no run of the same prompt shares.

    The runs have ``head``, what their text begins with.
    """
    families: dict[uuid.UUID, list[tuple[list[str], uuid.UUID]]] = defaultdict(list)
    labels: dict[uuid.UUID, str] = {}
    for run in siblings:
        words = str(run.head).split()  # type: ignore[attr-defined]
        if words:
            families[run.first_id].append((words, run.pk))
        else:
            labels[run.pk] = _NOTHING.get(Run.Status(run.status), "(wrote nothing)")
    for family in families.values():
        labels |= _labels_of_family(family)
    return labels


def _labels_of_family(family: list[tuple[list[str], uuid.UUID]]) -> dict[uuid.UUID, str]:
    """In the order of their words, the text that shares most with another is next to it."""
    ordered = sorted(family)
    shared = [0] * len(ordered)
    texts = Counter(tuple(words) for words, _ in ordered)
    for at, (one, other) in enumerate(pairwise(ordered)):
        common = sum(
            1
            for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one[0], other[0], strict=False))
        )
        shared[at] = max(shared[at], common)
        shared[at + 1] = common
    return {
        run_id: _label(words, after, is_repeated=texts[tuple(words)] > 1)
        for (words, run_id), after in zip(ordered, shared, strict=True)
    }


def _label(words: list[str], after: int, *, is_repeated: bool) -> str:
    own = " ".join(words[after:])
    if not own:
        return "(the same text)" if is_repeated else "… (ends there)"
    return f"… {own}"[:LABEL_CHARACTERS] if after else own[:LABEL_CHARACTERS]
