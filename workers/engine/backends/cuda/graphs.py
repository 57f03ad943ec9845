"""Steps that only decode, captured as CUDA graphs and replayed.

A decoding step is some 200 short launches; replaying a graph of them costs the host one. A graph's
tensors have fixed addresses, so it is captured for a number of rows, with a table for each row of
all the blocks that a sequence can have, and a step takes the smallest graph that holds it. Unused
rows read and write the cache's scratch block.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from workers.engine.adapters.bank import StepAdapters
from workers.engine.backends.cuda.cache import CudaAttention, CudaCache
from workers.engine.backends.cuda.step_tables import aligned, staged
from workers.engine.backends.interface import Network, Span
from workers.engine.scheduling.blocks import BLOCK

BUCKETS = (1, 2, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256)
_CHUNKS = (2, 16, 32, 64)


class GatheringBank(Protocol):
    """What graphs need of a bank of adapters."""

    @property
    def generation(self) -> int: ...

    def gathered(self, slots: Tensor) -> StepAdapters:
        """Adds to row n the change of the adapter in slot slots[n], nothing for slot 0, with the
        values of `slots` (int32 [N], on the device) at run time. Valid until `generation`
        changes."""


class DecodeInputs:
    """The input of a decoding step of at most `count` rows, in tensors with fixed addresses.

    ids, slots: int32 [count], tokens and their adapters' slots; `attention` reads the rest.
    """

    def __init__(self, cache: CudaCache, count: int) -> None:
        self._count = count
        self._width = -(-cache.positions // BLOCK)
        self._begins, length = aligned([count, count, 2 * count, 3 * count, count * self._width])
        # The input of unused rows: token 0 at position 0 of the scratch block.
        self._nobody = torch.zeros(length, dtype=torch.int32)
        _, _, rows, singles, tables = self._views(self._nobody)
        rows[:, 1] = cache.scratch * BLOCK
        singles[:, 0] = torch.arange(count)
        singles[:, 1] = 1
        singles[:, 2] = torch.arange(count) * self._width
        tables.fill_(cache.scratch)
        device = cache.layout.device
        self._whole = self._nobody.to(device, copy=True)
        self.ids, self.slots, rows, singles, tables = self._views(self._whole)
        no_tiles = torch.empty(0, 4, dtype=torch.int32, device=device)
        self.attention = CudaAttention(cache, rows, singles, no_tiles, tables.view(-1))

    def fill(self, ids: Sequence[int], slots: Sequence[int], spans: Sequence[Span]) -> None:
        """For spans of one row each, span n at row n."""
        host = self._nobody.clone()
        on_ids, on_slots, rows, singles, tables = (view.numpy() for view in self._views(host))
        on_ids[: len(ids)] = ids
        on_slots[: len(slots)] = slots
        for row, span in enumerate(spans):
            position = span.start
            table = span.table[: position // BLOCK + 1]
            rows[row] = position, table[-1] * BLOCK + position % BLOCK
            singles[row, 1] = position + 1
            tables[row, : len(table)] = table
        self._whole.copy_(staged(host, self._whole.device), non_blocking=True)

    def _views(self, whole: Tensor) -> list[Tensor]:
        """ids, slots, and `StepTables`' rows, singles and tables."""
        count = self._count
        shapes = ((count,), (count,), (count, 2), (count, 3), (count, self._width))
        return [
            whole[begin : begin + torch.Size(shape).numel()].view(shape)
            for begin, shape in zip(self._begins, shapes, strict=True)
        ]


class CudaCapture:
    """Captures what runs on a device; all captures share their memory, as no two are needed at the
    same time."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._stream = torch.cuda.Stream(device)
        self._memory = torch.cuda.graph_pool_handle()

    def __call__(self, forward: Callable[[], Tensor]) -> tuple[Callable[[], None], Tensor]:
        """What runs `forward` again, and the tensor in which its result is then."""
        with torch.cuda.device(self._device):
            self._stream.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(self._stream):
                # Compiles kernels and makes workspaces, which cannot be done in a capture.
                forward()
            torch.cuda.current_stream().wait_stream(self._stream)
            graph = torch.cuda.CUDAGraph()
            # Other threads score texts and load adapters meanwhile; their calls are not ours.
            with torch.cuda.graph(
                graph, self._memory, self._stream, capture_error_mode="thread_local"
            ):
                result = forward()
        return graph.replay, result


@dataclass(frozen=True, slots=True)
class _Graph:
    """logits: fp32 [count, vocab], overwritten by each `replay`."""

    replay: Callable[[], None]
    inputs: DecodeInputs
    logits: Tensor
    generation: int


class GraphedDecode:
    """The `CapturedDecode` of one network and one cache. Used under `torch.inference_mode()`.

    capture: gives what repeats a calculation, see `CudaCapture`.
    adapters: None serves steps without adapters only.
    most_rows: larger steps are not captured; 0 captures none.
    """

    def __init__(
        self,
        network: Network,
        cache: CudaCache,
        capture: Callable[[Callable[[], Tensor]], tuple[Callable[[], None], Tensor]],
        adapters: GatheringBank | None = None,
        *,
        most_rows: int = BUCKETS[-1],
    ) -> None:
        self._network = network
        self._cache = cache
        self._capture = capture
        self._adapters = adapters
        needed = bisect_left(BUCKETS, most_rows) + 1 if most_rows > 0 else 0
        self._buckets = BUCKETS[:needed]
        self._graphs: dict[tuple[int, bool], _Graph] = {}

    def prepare(self) -> None:
        """Compiles all kernels and captures all steps without adapters, so that no request has to
        wait for it. Takes seconds."""
        # Chunks of as many rows as products have shapes for.
        for rows in _CHUNKS:
            chunk = Span(0, 0, rows, [self._cache.scratch] * -(-rows // BLOCK))
            ids = torch.zeros(rows, dtype=torch.int64, device=self._cache.layout.device)
            self._network.logits(self._network.hidden(ids, self._cache.step([chunk])))
        # The largest first: the others then find room in its memory.
        for count in reversed(self._buckets):
            self._graph(count, adapts=False)

    def logits(
        self, ids: Sequence[int], slots: Sequence[int], spans: Sequence[Span]
    ) -> Tensor | None:
        """fp32 logits [N, vocab] of rows `ids`, whose adapters are in `slots`; None for a step that
        has to run as others do. Valid until the next call."""
        rows = len(ids)
        adapts = any(slots)
        if rows != len(spans) or (adapts and self._adapters is None):
            return None
        place = bisect_left(self._buckets, rows)
        if place == len(self._buckets):
            return None
        graph = self._graph(self._buckets[place], adapts=adapts)
        graph.inputs.fill(ids, slots, spans)
        graph.replay()
        return graph.logits[:rows]

    def _graph(self, count: int, *, adapts: bool) -> _Graph:
        bank = self._adapters if adapts else None
        generation = bank.generation if bank else 0
        graph = self._graphs.get((count, adapts))
        if graph is None or graph.generation != generation:
            # Its memory first.
            self._graphs.pop((count, adapts), None)
            inputs = DecodeInputs(self._cache, count)
            adapters = bank.gathered(inputs.slots) if bank else None

            def forward() -> Tensor:
                hidden = self._network.hidden(inputs.ids, inputs.attention, adapters)
                return self._network.logits(hidden)

            replay, logits = self._capture(forward)
            graph = self._graphs[count, adapts] = _Graph(replay, inputs, logits, generation)
        return graph
