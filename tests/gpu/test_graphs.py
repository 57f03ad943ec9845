"""Steps captured as CUDA graphs give the same results as steps that run one kernel at a time.

Triton kernels are imported inside the tests, so that this file can be collected without a GPU.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
import torch
from torch import Tensor

from tests.engine.adapters.test_lora import random_adapter
from tests.engine.tiny import Tiny, prompt_of
from workers.engine.adapters.bank import AdapterBank
from workers.engine.backends.interface import Cache, Span

if TYPE_CHECKING:
    from workers.engine.backends.cuda.graphs import GraphedDecode

pytestmark = pytest.mark.gpu

# Prompts of sequences that decode together; their blocks alternate.
LENGTHS = (1, 31, 32, 33, 90, 200, 64, 5, 17)
MAX_BLOCKS = 8


class Decoding:
    """The same sequences in a cache, decoded with and without graphs."""

    def __init__(self, tiny: Tiny, bank: AdapterBank | None = None) -> None:
        self.model = tiny.model
        self.bank = bank
        self.cache: Cache = tiny.cache(MAX_BLOCKS * len(LENGTHS))
        self.texts = [list(prompt_of(length)) for length in LENGTHS]
        self.tables = [
            [index * len(LENGTHS) + number for index in range(MAX_BLOCKS)]
            for number in range(len(LENGTHS))
        ]
        for text, table in zip(self.texts, self.tables, strict=True):
            if len(text) > 1:
                ids = torch.tensor(text[:-1], device=self.model.device)
                self.model.hidden(ids, self.cache.step([Span(0, 0, len(ids), table)]))

    def graphed_decode(self, most_rows: int = 16) -> GraphedDecode:
        from workers.engine.backends.cuda.cache import CudaCache
        from workers.engine.backends.cuda.graphs import CudaCapture, GraphedDecode

        assert isinstance(self.cache, CudaCache)
        capture = CudaCapture(self.model.device)
        return GraphedDecode(self.model, self.cache, capture, self.bank, most_rows=most_rows)

    def last(self, numbers: list[int]) -> tuple[list[int], list[Span]]:
        spans = [
            Span(row, len(self.texts[number]) - 1, 1, self.tables[number])
            for row, number in enumerate(numbers)
        ]
        return [self.texts[number][-1] for number in numbers], spans

    def eager(self, numbers: list[int], slots: list[int]) -> Tensor:
        ids, spans = self.last(numbers)
        adapters = self.bank.step(slots) if self.bank else None
        rows = torch.tensor(ids, device=self.model.device)
        return self.model.logits(self.model.hidden(rows, self.cache.step(spans), adapters))

    def append(self, numbers: list[int], logits: Tensor) -> None:
        for number, token in zip(numbers, logits.argmax(dim=-1).tolist(), strict=True):
            self.texts[number].append(token)


@pytest.mark.parametrize("name", ["small", "wide_heads", "odd_sizes"])
@torch.inference_mode()
def test_graphs_equal_single_kernels_while_sequences_join_and_leave(
    tiny: Callable[..., Tiny], name: str
) -> None:
    decoding = Decoding(tiny(name))
    graphs = decoding.graphed_decode()

    for numbers in ([0], [0, 4, 2], list(range(9)), list(range(9))[::-1], [3, 1], [5]):
        for _ in range(12):
            ids, spans = decoding.last(numbers)
            slots = [0] * len(ids)
            logits = graphs.logits(ids, slots, spans)
            assert logits is not None
            expected = decoding.eager(numbers, slots)
            torch.testing.assert_close(logits, expected, atol=1e-4, rtol=1e-5)
            decoding.append(numbers, logits)


@torch.inference_mode()
def test_prepared_graphs_serve_without_another_capture(
    small: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoding = Decoding(small)
    graphs = decoding.graphed_decode()
    graphs.prepare()
    captures: list[object] = []
    monkeypatch.setattr(torch.cuda, "CUDAGraph", lambda: captures.append(1))

    for rows in range(1, 10):
        ids, spans = decoding.last(list(range(rows)))
        logits = graphs.logits(ids, [0] * rows, spans)
        assert logits is not None
        expected = decoding.eager(list(range(rows)), [0] * rows)
        torch.testing.assert_close(logits, expected, atol=1e-4, rtol=1e-5)
    assert captures == []


@torch.inference_mode()
def test_graphs_with_adapters_follow_what_is_loaded_and_dropped(small: Tiny) -> None:
    model = small.model
    layers = tuple(range(model.config.n_layer))
    adapters = [
        random_adapter(seed, rank, layers=layers, config=model.config)
        for seed, rank in ((1, 3), (2, 5), (3, 8))
    ]
    bank = AdapterBank(model.config, small.backend.adapter_store(model.config))
    decoding = Decoding(small, bank)
    graphs = decoding.graphed_decode()
    numbers = [0, 3, 4, 7, 2]

    def check(slots: list[int]) -> None:
        ids, spans = decoding.last(numbers)
        logits = graphs.logits(ids, slots, spans)
        assert logits is not None
        expected = decoding.eager(numbers, slots)
        assert (logits - expected).norm() < 1e-4 * expected.norm()

    first, second = bank.load(adapters[0]), bank.load(adapters[1])
    check([0, first, second, first, 0])
    check([second, 0, 0, first, second])
    bank.drop(first)
    third = bank.load(adapters[2])
    check([third, second, 0, third, 0])
    check([0, 0, 0, 0, 0])
