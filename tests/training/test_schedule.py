"""The learning rate of each step."""

import pytest

from workers.training.schedule import Schedule


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
