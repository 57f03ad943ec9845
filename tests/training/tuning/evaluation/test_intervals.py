"""Intervals are those of the formulas that they are named for."""

import math

import pytest
from scipy.stats import binomtest

from workers.training.tuning.evaluation.intervals import (
    RowLoss,
    bootstrap,
    loss_saved,
    perplexity,
    sign_test,
    wilson,
)


@pytest.mark.parametrize("right, total", [(0, 1), (1, 1), (54, 60), (0, 500), (500, 500), (7, 9)])
def test_a_share_has_the_interval_of_wilson(right: int, total: int) -> None:
    oracle = binomtest(right, total).proportion_ci(method="wilson")

    figure = wilson(right, total)

    assert figure.value == right / total
    assert (figure.low, figure.high) == pytest.approx((oracle.low, oracle.high))
    assert 0 <= figure.low <= figure.value <= figure.high <= 1


@pytest.mark.parametrize("first, second", [(0, 0), (1, 0), (5, 0), (6, 0), (9, 3), (40, 41)])
def test_winning_rows_are_judged_as_tosses_of_a_coin(first: int, second: int) -> None:
    total = first + second
    oracle = binomtest(first, total, alternative="greater").pvalue if total else 1.0

    assert sign_test(first, second) == pytest.approx(oracle)


def test_perplexity_counts_tokens_and_not_rows() -> None:
    losses = [RowLoss(2.0, 1), RowLoss(1.0, 9)]

    assert perplexity(losses).value == pytest.approx(math.exp(3.0 / 10))


def test_an_interval_is_the_same_each_time_and_holds_the_value() -> None:
    losses = [RowLoss(number % 7, 3 + number % 4) for number in range(50)]

    first, second = perplexity(losses), perplexity(losses)

    assert first == second
    assert first.low < first.value < first.high


def test_more_rows_narrow_the_interval() -> None:
    few = [RowLoss(number % 7, 3 + number % 4) for number in range(28)]

    wide, narrow = perplexity(few), perplexity(few * 16)

    assert narrow.high - narrow.low < (wide.high - wide.low) / 3


def test_the_bootstrap_of_a_share_is_near_its_exact_interval() -> None:
    right = [number < 70 for number in range(100)]

    figure = bootstrap(100, lambda rows: sum(right[row] for row in rows) / len(rows))

    assert (figure.low, figure.high) == pytest.approx((0.61, 0.79), abs=0.02)


def test_what_is_saved_is_measured_in_pairs() -> None:
    # Rows differ by far more than the models do, and each row is a little better.
    base = [RowLoss(10.0 * number, 10) for number in range(1, 21)]
    tuned = [RowLoss(row.loss - 1.0, 10) for row in base]

    saved = loss_saved(base, tuned)

    assert (saved.value, saved.low, saved.high) == pytest.approx((0.1, 0.1, 0.1))


def test_an_impossible_completion_has_a_finite_perplexity() -> None:
    assert math.isfinite(perplexity([RowLoss(1e6, 1)]).high)
