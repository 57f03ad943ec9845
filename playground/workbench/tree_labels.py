"""What the runs of a tree are called: by where their texts begin to differ."""

import uuid
from collections import defaultdict
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
    families: dict[uuid.UUID, dict[tuple[str, ...], uuid.UUID]] = defaultdict(dict)
    labels: dict[uuid.UUID, str] = {}
    for run in siblings:
        words = tuple(str(run.head).split())  # type: ignore[attr-defined]
        if not words:
            labels[run.pk] = _NOTHING.get(Run.Status(run.status), "(wrote nothing)")
        elif families[run.first_id].setdefault(words, run.pk) != run.pk:
            labels[run.pk] = "(the same text)"
    for family in families.values():
        labels |= _labels_of_family(family)
    return labels


def _labels_of_family(family: dict[tuple[str, ...], uuid.UUID]) -> dict[uuid.UUID, str]:
    """In the order of their words, the text that shares most with another is next to it."""
    ordered = sorted(family)
    shared = [0] * len(ordered)
    for at, (one, other) in enumerate(pairwise(ordered)):
        pairs = zip(one, other, strict=False)
        common = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
        shared[at] = max(shared[at], common)
        shared[at + 1] = common
    return {
        family[words]: _label(words, after) for words, after in zip(ordered, shared, strict=True)
    }


def _label(words: Sequence[str], after: int) -> str:
    own = " ".join(words[after:])
    if not own:
        return "… (ends there)"
    return f"… {own}"[:LABEL_CHARACTERS] if after else own[:LABEL_CHARACTERS]
