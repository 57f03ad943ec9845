"""A run's figures in words."""

import pytest

from playground.runs.figures import write_place, write_seconds, write_speed


@pytest.mark.parametrize(
    ("ahead", "seconds", "words"),
    [
        (0, None, "next in line"),
        (1, None, "1 run before this one"),
        (2, None, "2 runs before this one"),
        # A wait is a whole number of seconds, and at least one.
        (0, 0.2, "next in line, about 1 s"),
        (3, 12.4, "3 runs before this one, about 12 s"),
    ],
)
def test_a_place_in_the_queue(ahead: int, seconds: float | None, words: str) -> None:
    assert write_place(ahead, seconds) == words


def test_a_speed_has_two_digits_or_more() -> None:
    assert [write_speed(speed) for speed in (None, 0, 3.14159, 9.96, 412.3)] == [
        "",
        "",
        "3.1",
        "10.0",
        "412",
    ]


def test_seconds_of_milliseconds() -> None:
    assert [write_seconds(ms) for ms in (None, 0, 1234.0)] == ["", "0.00", "1.23"]
