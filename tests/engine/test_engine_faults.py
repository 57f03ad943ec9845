"""A request that fails, and a device that fails:

who gets the error, and what happens to the others.
"""

from typing import Any

import pytest
import torch

from tests.engine.tiny import (
    Tiny,
    prompt_of,
    request,
    run,
    run_alone,
)
from workers.engine.engine import Engine
from workers.engine.errors import (
    DeviceFailed,
    NonFiniteLogits,
    OutOfMemory,
    RequestFailed,
)
from workers.engine.model.gptj import GPTJ


class Fault:
    """A head that fails, or gives no numbers, whenever a row of it is `hidden` of a poisoned run.

    Rows cannot be told apart in the head, so the fault watches the input tokens.
    """

    def __init__(self, model: GPTJ, poison: int, fault: Exception | float) -> None:
        self._model = model
        self._poison = poison
        self._fault = fault
        self._poisoned: list[int] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def hidden(self, ids: torch.Tensor, *rest: Any) -> torch.Tensor:
        hidden = self._model.hidden(ids, *rest)
        rows = (ids == self._poison).nonzero().flatten()
        if rows.numel():
            if isinstance(self._fault, Exception):
                raise self._fault
            hidden[rows] = self._fault
        return hidden


def engine_with(small: Tiny, fault: Exception | float) -> Engine:
    """Fails where token 257 runs: a filler, so no healthy request ever has it."""
    model = Fault(small.model, 257, fault)
    return Engine(model, small.backend, small.vocabulary)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (RuntimeError("injected"), RequestFailed),
        (MemoryError(), OutOfMemory),
        (RuntimeError("[enforce fail] can't allocate memory: 8 bytes"), OutOfMemory),
        (float("nan"), NonFiniteLogits),
        (float("inf"), NonFiniteLogits),
    ],
    ids=["error", "memory", "allocator", "nan", "inf"],
)
def test_a_failing_request_fails_alone(
    small: Tiny, fault: Exception | float, error: type[Exception]
) -> None:
    healthy = [request(str(seed), prompt_of(20 + seed), 25, seed=seed) for seed in range(3)]
    poisoned = request("poisoned", (*prompt_of(140), 257), 10)

    results = run(engine_with(small, fault), healthy[0], poisoned, *healthy[1:])

    finish = results["poisoned"].finish
    assert finish is not None
    assert finish.reason == "error"
    assert isinstance(finish.error, error)
    assert results["poisoned"].tokens == []
    for each in healthy:
        assert results[each.id].tokens == run_alone(small, each).tokens


def test_no_memory_for_one_request_fails_it_alone(
    small: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = small.engine()
    opened = engine._runner.open

    def scarce(sequence: Any) -> None:
        if sequence.request.id == "big":
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        opened(sequence)

    monkeypatch.setattr(engine._runner, "open", scarce)
    results = run(engine, request("big", prompt_of(200), 300), request("a", prompt_of(9), 5))

    assert results["big"].finish is not None
    assert isinstance(results["big"].finish.error, OutOfMemory)
    assert len(results["a"].tokens) == 5
    assert engine.counters.used_blocks == 0


def test_blocks_of_a_failed_request_are_not_reused(small: Tiny) -> None:
    engine = engine_with(small, float("nan"))
    prompt = prompt_of(100)
    run(engine, request("poisoned", (*prompt, 257), 10))

    healthy = request("healthy", (*prompt, 5), 20, seed=1)

    assert run(engine, healthy)["healthy"].tokens == run_alone(small, healthy).tokens
    assert engine.counters.reused_tokens == 0


def test_a_device_failure_is_raised(small: Tiny) -> None:
    engine = engine_with(small, RuntimeError("CUDA error: an illegal memory access was met"))
    engine.submit(request("a", prompt_of(4), 5))
    engine.submit(request("b", (257,), 5))

    with pytest.raises(DeviceFailed):
        engine.step()
