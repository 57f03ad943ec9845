"""The loss curve is drawn from the log."""

from xml.etree import ElementTree

import pytest

from tools.demo_model.training.curve import picture, points, tick

LOG = [
    {
        "step": step,
        "tokens": step * 7_500,
        "loss": 8.0 * 0.998**step,
        **({"validation": {"sql": 1.0, "qa": 0.5}} if step % 100 == 0 else {}),
    }
    for step in range(20, 2001, 20)
]


def test_the_picture_has_both_lines_within_its_frame() -> None:
    training, held_out = points(LOG)

    drawn = ElementTree.fromstring(picture(training, held_out))

    lines = drawn.findall("{http://www.w3.org/2000/svg}polyline")
    assert [len(line.get("points", "").split()) for line in lines] == [100, 20]
    for line in lines:
        for place in line.get("points", "").split():
            x, y = map(float, place.split(","))
            assert 0 <= x <= 640
            assert 0 <= y <= 320


@pytest.mark.parametrize(("last", "distance"), [(25, 5), (12.2, 2), (0.7, 0.1), (100, 20)])
def test_ticks_are_round(last: float, distance: float) -> None:
    assert tick(last) == pytest.approx(distance)
