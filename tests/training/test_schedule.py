"""The learning rate of each step."""

import pytest

from workers.training.schedule import Cosine, Schedule


def test_the_rate_rises_stays_and_falls_to_zero() -> None:
    schedule = Schedule(peak=1.0, ends=(1000,))
    rates = [schedule.rate(step) for step in range(1001)]

    assert rates[0] < 0.05
    assert rates[100:600] == [1.0] * 500
    assert rates[1000] == 0.0
    assert rates[650:] == sorted(rates[650:], reverse=True)


def test_another_round_changes_no_earlier_step_and_equals_the_first() -> None:
    once, twice = Schedule(ends=(1000,)), Schedule(ends=(1000, 3000))

    rates = [twice.rate(step) for step in range(3001)]

    assert rates[:1000] == [once.rate(step) for step in range(1000)]
    assert rates[1000:1100] == rates[:100]
    assert rates[1100:2300] == [twice.peak] * 1200
    assert rates[2299] > rates[2400] > rates[2999] > rates[3000] == 0.0


def test_each_round_falls_over_its_own_share() -> None:
    schedule = Schedule(ends=(1000, 3000, 4000), decays=(0.35, 0.6))

    rates = [schedule.rate(step) for step in range(4001)]

    assert rates[640] == rates[1800] == rates[3400] == schedule.peak
    assert rates[660] == pytest.approx(schedule.peak * 340 / 350)
    assert rates[2400] == pytest.approx(schedule.peak / 2)
    assert rates[3700] == pytest.approx(schedule.peak / 2)


def test_a_cosine_rises_and_falls_to_nothing() -> None:
    schedule = Cosine(1.0, 100, 0.06)
    rates = [schedule.rate(step) for step in range(101)]

    assert rates[:6] == pytest.approx([step / 6 for step in range(1, 7)])
    assert rates[5:] == sorted(rates[5:], reverse=True)
    assert rates[53] == pytest.approx(0.5)
    assert rates[100] == pytest.approx(0.0)


@pytest.mark.parametrize(("steps", "warm_up"), [(1, 0.06), (1, 0), (2, 1), (3, 0.06)])
def test_a_short_cosine_learns_in_each_step(steps: int, warm_up: float) -> None:
    schedule = Cosine(1.0, steps, warm_up)

    assert all(0 < schedule.rate(step) <= 1 for step in range(steps))
