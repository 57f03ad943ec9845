"""The recommended duration follows the guide's rule."""

import pytest

from playground.datasets.durations import recommended_minutes


@pytest.mark.parametrize(
    ("size", "least", "most"),
    [
        (0, 1, 1),
        (50_000, 2.5, 5),
        (100_000, 5, 10),
        (1_000_000, 15, 24.5),
        (10_000_000, 45, 60),
        (40_000_000, 180, 240),
    ],
)
def test_minutes_by_size(size: int, least: float, most: float) -> None:
    found = recommended_minutes(size)

    assert (found.least, found.most) == (least, most)
    assert least <= found.minutes <= most


def test_more_never_takes_less() -> None:
    found = [recommended_minutes(size * 7_000).most for size in range(3_000)]

    assert found == sorted(found)


def test_the_sentence_names_size_and_rule() -> None:
    assert recommended_minutes(104_745).sentence == (
        "5 to 10 minutes for 105 kB: the rule is 5 to 10 minutes for 100 kB and 45 to 60 for 10 MB."
    )


def test_a_tiny_dataset_takes_about_a_minute() -> None:
    assert recommended_minutes(12_000).sentence.startswith("about a minute for 12 kB")
