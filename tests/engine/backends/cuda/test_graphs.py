"""Which steps are captured, and that a replayed step gives its own rows' logits.

Captures here run the calculation again, as a replayed graph does. The capture on a GPU is tested
on a GPU.
"""

from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor

from tests.engine.tiny import Tiny, prompt_of
from workers.engine.adapters.bank import StepAdapters
from workers.engine.backends.cuda.cache import CudaCache
from workers.engine.backends.cuda.graphs import BUCKETS, GraphedDecode
from workers.engine.backends.interface import Span

# Decoding texts and their blocks.
TEXTS = [prompt_of(length) for length in (1, 7, 33)]
TABLES = [[5], [2], [4, 0]]


class Capture:
    """Counts the captures and the rows of each."""

    def __init__(self) -> None:
        self.rows: list[int] = []

    def __call__(self, forward: Callable[[], Tensor]) -> tuple[Callable[[], None], Tensor]:
        result = forward()
        self.rows.append(result.shape[0])

        def replay() -> None:
            result.copy_(forward())

        return replay, result


class Bank:
    """Adapters that add their slot to a part of each layer's output, so a row shows its adapter."""

    def __init__(self) -> None:
        self.generation = 0
        self.gathers = 0

    def gathered(self, slots: Tensor) -> StepAdapters:
        self.gathers += 1
        return Added(slots)


class Added:
    def __init__(self, slots: Tensor) -> None:
        self._slots = slots

    def add_in(self, layer: int, x: Tensor, wide: Tensor, *, gelu: bool = False) -> None:
        if gelu:
            torch.ops.aten.gelu_(wide[:, 3 * x.shape[1] :], approximate="tanh")

    def add_out(self, layer: int, mixed: Tensor, y: Tensor) -> None:
        y[:, ::3] += self._slots.unsqueeze(1)


@pytest.fixture
def inference() -> Iterator[None]:
    with torch.inference_mode():
        yield


@pytest.fixture
def cache(one_head: Tiny, inference: None, few_splits: None) -> CudaCache:
    """Contains all of `TEXTS` except their last tokens."""
    model = one_head.model
    cache = CudaCache(one_head.cache_layout, model.rotations, 6, capability=(9, 0))
    for text, table in zip(TEXTS[1:], TABLES[1:], strict=True):
        ids = torch.tensor(text[:-1], device=model.device)
        model.hidden(ids, cache.step([Span(0, 0, len(ids), table)]))
    return cache


def last(numbers: list[int]) -> tuple[list[int], list[Span]]:
    """The last tokens of these texts, and their places."""
    spans = [
        Span(row, len(TEXTS[number]) - 1, 1, TABLES[number]) for row, number in enumerate(numbers)
    ]
    return [TEXTS[number][-1] for number in numbers], spans


def expected_logits(one_head: Tiny, numbers: list[int]) -> Tensor:
    rows = [one_head.oracle(torch.tensor([TEXTS[number]])).logits[0, -1] for number in numbers]
    return torch.stack(rows)


def test_replayed_steps_give_the_logits_of_their_rows(one_head: Tiny, cache: CudaCache) -> None:
    capture = Capture()
    decode = GraphedDecode(one_head.model, cache, capture)

    for numbers in ([0, 1, 2], [2], [2, 0, 1]):
        ids, spans = last(numbers)
        logits = decode.logits(ids, [0] * len(ids), spans)

        assert logits is not None
        torch.testing.assert_close(
            logits.cpu(), expected_logits(one_head, numbers), atol=1e-5, rtol=1e-5
        )
    assert capture.rows == [4, 1], "a step of the same size was captured again"


def test_rows_of_different_adapters_share_a_step(one_head: Tiny, cache: CudaCache) -> None:
    decode = GraphedDecode(one_head.model, cache, Capture(), Bank())
    ids, spans = last([1, 2])

    plain = decode.logits(ids, [0, 0], spans)
    assert plain is not None
    plain = plain.clone()
    swapped = decode.logits(ids, [0, 3], spans)
    assert swapped is not None

    torch.testing.assert_close(swapped[0], plain[0], atol=1e-5, rtol=1e-5)
    assert (swapped[1] - plain[1]).abs().max() > 1e-2


def test_a_changed_bank_is_captured_again_and_plain_steps_are_not(
    one_head: Tiny, cache: CudaCache
) -> None:
    capture, bank = Capture(), Bank()
    decode = GraphedDecode(one_head.model, cache, capture, bank)
    ids, spans = last([1])
    for slot in (0, 1, 2):
        decode.logits(ids, [slot], spans)
    assert (capture.rows, bank.gathers) == ([1, 1], 1)

    bank.generation += 1
    for slot in (0, 1, 2):
        decode.logits(ids, [slot], spans)

    assert (capture.rows, bank.gathers) == ([1, 1, 1], 2)


def test_steps_without_a_graph_run_normally(one_head: Tiny, cache: CudaCache) -> None:
    capture = Capture()
    ids, spans = last([0, 1, 2])
    small = GraphedDecode(one_head.model, cache, capture, most_rows=2)

    assert small.logits(ids, [0, 0, 0], spans) is None, "more rows than any graph has"
    assert small.logits(ids[:1], [1], spans[:1]) is None, "an adapter, and no bank"
    assert small.logits([1, 2], [0, 0], [Span(0, 0, 2, [1])]) is None, "a chunk of a prompt"
    off = GraphedDecode(one_head.model, cache, capture, most_rows=0)
    assert off.logits(ids[:1], [0], spans[:1]) is None
    assert capture.rows == []


def test_preparing_captures_every_size_up_to_the_largest_step(
    one_head: Tiny, cache: CudaCache
) -> None:
    capture = Capture()
    decode = GraphedDecode(one_head.model, cache, capture, most_rows=3)

    decode.prepare()

    assert capture.rows == [4, 2, 1]
    ids, spans = last([0, 1, 2])
    decode.logits(ids, [0, 0, 0], spans)
    assert capture.rows == [4, 2, 1]
    assert list(BUCKETS) == sorted(set(BUCKETS))
