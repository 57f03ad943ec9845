"""What the engine learns about the time of its steps."""

import pytest

from workers.engine.scheduling.step_cost import StepCost


def test_base_and_rate_are_found_from_steps_of_different_sizes() -> None:
    cost = StepCost()

    for rows in (4, 4, 36, 4, 20, 68, 4, 5):
        cost.observe(rows, 0.016 + 0.0008 * rows)

    assert cost.base == pytest.approx(0.016)
    assert cost.rate == pytest.approx(0.0008)
    # (4 + 60 rows) take 16 + 51.2 ms; 4 rows take 19.2 and 2.5 times that is 48 ms.
    assert cost.more_rows(4, 1.5) == pytest.approx(36)


def test_rows_within_a_time_leave_room_for_the_base() -> None:
    cost = StepCost()
    assert cost.rows_within(2.0) is None

    for rows in (1, 33, 65):
        cost.observe(rows, 0.4 + 0.04 * rows)

    assert cost.rows_within(2.0) == pytest.approx(40)
    assert cost.rows_within(0.1) == 0


def test_there_is_no_estimate_before_steps_differ() -> None:
    cost = StepCost()

    for _ in range(20):
        cost.observe(8, 0.02)

    assert cost.more_rows(8, 1.5) is None


def test_the_base_adapts_while_steps_have_equal_sizes() -> None:
    cost = StepCost()
    for rows in (4, 36, 4, 68):
        cost.observe(rows, 0.016 + 0.001 * rows)

    for _ in range(200):
        cost.observe(4, 0.050)

    assert 0.0003 < cost.rate <= 0.001
    assert cost.base + 4 * cost.rate == pytest.approx(0.050, rel=0.01)
