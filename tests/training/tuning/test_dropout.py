"""Dropout: a function of seed, step and place, of the right share, and fair on average."""

from dataclasses import replace

import pytest
import torch

from workers.training.dropout import Dropout

DROPOUT = Dropout(0.05, 1, 10, 0, torch.device("cpu"))


def test_it_is_the_same_whatever_was_drawn_before() -> None:
    x = torch.ones(100, 8)
    first = DROPOUT(3)(x)
    torch.rand(5)
    DROPOUT(2)(x)

    noise = DROPOUT(3)

    assert noise(x).equal(first)
    assert not noise(x).equal(first)


@pytest.mark.parametrize("change", [{"seed": 2}, {"step": 11}, {"number": 1}])
def test_every_place_has_its_own(change: dict[str, int]) -> None:
    x = torch.ones(100, 8)

    assert not replace(DROPOUT, **change)(3)(x).equal(DROPOUT(3)(x))
    assert not DROPOUT(4)(x).equal(DROPOUT(3)(x))


def test_the_share_is_dropped_and_the_rest_made_up_for() -> None:
    dropped = DROPOUT(0)(torch.ones(1000, 100))

    assert (dropped == 0).float().mean().item() == pytest.approx(0.05, abs=0.003)
    assert dropped.max().item() == pytest.approx(1 / 0.95)
    assert dropped.mean().item() == pytest.approx(1, abs=0.003)
