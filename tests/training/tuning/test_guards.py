"""Guards: a loss that goes astray, texts that never end, memory that is too small."""

import math

import pytest
import torch

from workers.training.trainer import StepResult
from workers.training.tuning.errors import Diverged, DoesNotFit, NeverEnds
from workers.training.tuning.guards import WATCHED, LossGuard, check_ends, check_held_out_loss
from workers.training.tuning.inference import GreedyText
from workers.training.tuning.memory import find_micro_batch


def look(guard: LossGuard, *losses: float, norm: float = 1.0) -> None:
    for step, loss in enumerate(losses, 1):
        guard.look(step, StepResult(loss * 10, 10, 100, norm))


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_stops_at_its_step(loss: float) -> None:
    with pytest.raises(Diverged, match="At step 3 the loss is not finite"):
        look(LossGuard(100), 4.0, 3.0, loss)


def test_a_gradient_that_is_not_finite_stops() -> None:
    with pytest.raises(Diverged, match="the gradient is not finite"):
        look(LossGuard(100), 4.0, norm=math.nan)


def test_a_held_out_loss_that_is_not_finite_stops() -> None:
    check_held_out_loss(3, 100.0)

    with pytest.raises(Diverged, match="At step 4 the loss of the held-out rows"):
        check_held_out_loss(4, math.nan)


def test_a_loss_that_stays_far_above_its_beginning_stops() -> None:
    with pytest.raises(Diverged, match=r"the loss is 20.00; it began at 6.00"):
        look(LossGuard(100), 6.0, *[20.0] * WATCHED)


def test_odd_batches_and_a_restless_loss_stop_nothing() -> None:
    look(LossGuard(100), 6.0, 30.0, 5.0, 30.0, 4.0, 6.0, 3.0, 5.0, 2.0, 8.0, 1.0, 30.0)


def text(ended: bool) -> GreedyText:
    return GreedyText("a", [1], ended)


def test_texts_that_go_on_fail_the_job_and_some_are_said() -> None:
    with pytest.raises(NeverEnds, match="Only 9 of 20"):
        check_ends([text(number < 9) for number in range(20)], max_tokens=30)

    assert check_ends([text(number < 19) for number in range(20)], max_tokens=30) == (
        "19 of 20 texts end by themselves within 30 tokens."
    )
    assert check_ends([text(True)] * 20, max_tokens=30) is None


@pytest.mark.parametrize("error", [torch.OutOfMemoryError, MemoryError])
def test_rows_at_once_are_halved_until_they_fit(error: type[Exception]) -> None:
    tried = []

    def attempt(rows: int) -> None:
        tried.append(rows)
        if rows > 3:
            raise error

    assert find_micro_batch(16, attempt, lambda rows: 0, None) == 2
    assert tried == [16, 8, 4, 2]


def test_what_would_fill_the_memory_of_a_cpu_is_not_tried() -> None:
    tried: list[int] = []

    assert find_micro_batch(16, tried.append, lambda rows: rows * 100, 500) == 4
    assert tried == [4]


def test_one_row_that_does_not_fit_is_said_in_megabytes() -> None:
    def attempt(rows: int) -> None:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to")

    with pytest.raises(DoesNotFit, match=r"about 3 MB. 2 MB were free"):
        find_micro_batch(2, attempt, lambda rows: 3 << 20, 2 << 20)


def test_another_error_is_no_lack_of_memory() -> None:
    def attempt(rows: int) -> None:
        raise RuntimeError("something else")

    with pytest.raises(RuntimeError, match="something else"):
        find_micro_batch(2, attempt, lambda rows: 0, None)
