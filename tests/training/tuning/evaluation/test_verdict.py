"""What counts as better, and when too little is known."""

import pytest

from workers.training.tuning.evaluation.intervals import Figure
from workers.training.tuning.evaluation.verdict import judge_labels, judge_text


@pytest.mark.parametrize(
    "base, tuned, outcome",
    [
        (10, 55, "better"),
        (10, 9, "nothing"),
        (10, 10, "nothing"),
        (10, 13, "nothing"),
        (0, 6, "better"),
        (0, 5, "nothing"),
    ],
)
def test_labels_must_be_right_beyond_what_a_coin_would_do(
    base: int, tuned: int, outcome: str
) -> None:
    # Rows that both get right say nothing: the winning rows are the tuned model's alone.
    before = [row < base for row in range(60)]
    after = [row < tuned for row in range(60)]

    verdict = judge_labels(before, after)

    assert verdict.outcome == outcome
    assert f"{tuned} of 60" in verdict.sentence
    assert ("learnt nothing" in verdict.sentence) == (outcome == "nothing")


@pytest.mark.parametrize("low, outcome", [(0.01, "better"), (0.0, "nothing"), (-0.2, "nothing")])
def test_text_must_be_likelier_beyond_its_interval(low: float, outcome: str) -> None:
    saved = Figure(0.1, low, 0.3)

    verdict = judge_text(saved, Figure(1711, 1500, 1900), Figure(2.57, 2.4, 2.8), rows=40)

    assert verdict.outcome == outcome
    assert "2.57" in verdict.sentence
    assert "1,711.00" in verdict.sentence


@pytest.mark.parametrize("rows, words", [(0, "No rows"), (1, "1 held-out row is"), (5, "5 held")])
def test_a_few_rows_are_too_few(rows: int, words: str) -> None:
    verdict = judge_labels([False] * rows, [True] * rows)

    assert verdict.outcome == "unclear"
    assert words in verdict.sentence
