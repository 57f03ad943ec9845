"""Figures of labels are scikit-learn's."""

import random

import pytest
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score

from workers.training.tuning.evaluation.metrics import accuracy, confusion, macro_f1

LABELS = ["billing", "fault", "praise", "stock"]


def drawn(seed: int, *, others: bool) -> tuple[list[str], list[str]]:
    """Expected and given labels; with ``others``, some answers are no label."""
    rng = random.Random(seed)
    expected = rng.choices(LABELS[:3], k=rng.randint(1, 60))
    answers = [*LABELS, "?"] if others else LABELS
    return expected, [rng.choice([label, rng.choice(answers)]) for label in expected]


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("others", [False, True])
def test_figures_are_those_of_scikit_learn(seed: int, others: bool) -> None:
    expected, given = drawn(seed, others=others)

    assert accuracy(expected, given) == pytest.approx(accuracy_score(expected, given))
    assert macro_f1(expected, given, LABELS) == pytest.approx(
        f1_score(expected, given, labels=LABELS, average="macro", zero_division=0)
    )
    table = confusion(expected, given, LABELS)
    with_others = [*LABELS, "?"]
    assert table == confusion_matrix(expected, given, labels=with_others)[:-1].tolist()
