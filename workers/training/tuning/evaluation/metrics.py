"""How often labels are right: accuracy, F1 and which label was taken for which."""

from collections import Counter
from collections.abc import Sequence


def accuracy(expected: Sequence[str], given: Sequence[str]) -> float:
    """Share of rows whose label is right, 0 to 1."""
    right = sum(label == other for label, other in zip(expected, given, strict=True))
    return right / len(expected)


def macro_f1(expected: Sequence[str], given: Sequence[str], labels: Sequence[str]) -> float:
    """The mean over labels of F1 = 2 TP / (2 TP + FP + FN), 0 to 1.

    A label that neither side has counts 0. An answer that is no label is wrong for its row and
    counts for no other label.
    """
    wanted, answered = Counter(expected), Counter(given)
    right = Counter(one for one, other in zip(expected, given, strict=True) if one == other)
    return sum(
        2 * right[label] / either if (either := wanted[label] + answered[label]) else 0.0
        for label in labels
    ) / len(labels)


def confusion(
    expected: Sequence[str], given: Sequence[str], labels: Sequence[str]
) -> list[list[int]]:
    """A row for each expected label: how often each label was given, in the same order.

    The last column counts the answers that are no label.
    """
    places = {label: place for place, label in enumerate(labels)}
    table = [[0] * (len(labels) + 1) for _ in labels]
    for one, other in zip(expected, given, strict=True):
        table[places[one]][places.get(other, len(labels))] += 1
    return table
