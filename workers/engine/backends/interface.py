"""The interface of a backend for the model and its runner.

    Linear          products of a dense layer
    Cache           keys and values, and attention over them
    AdapterStore    low-rank adapters by slot (see `adapters.bank`)
    CapturedDecode  steps that only decode, recorded once and replayed
    Backend         makes all of these for one device

`choose` makes a backend once, when a checkpoint is loaded. Nothing else asks which device there is,
which kernels it has, or in which dtype weights are held.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from workers.engine.adapters.bank import AdapterBank, AdapterStore, StepAdapters
from workers.engine.checkpoint.spec import Dtype, ModelConfig
from workers.engine.scheduling.blocks import BLOCK


class Linear(Protocol):
    """weight [out, in] and bias [out] of a dense layer."""

    def __call__(
        self, x: Tensor, *, gelu_from: int | None = None, residual: Tensor | None = None
    ) -> Tensor:
        """[N, in] -> [N, out]; rows of x may be strided.

        gelu_from: columns from here on go through GPT-J's gelu (the tanh form).
        residual: [N, out], added to the result.
        """


@dataclass(frozen=True, slots=True)
class Span:
    """`count` consecutive rows of a step, from `row`, that are the tokens of one sequence from
    position `start` on.

    table: the sequence's blocks; position p is in block table[p // BLOCK].
    row_by_row: attention for each row alone rather than for chunks, where that differs.
    """

    row: int
    start: int
    count: int
    table: Sequence[int]
    row_by_row: bool = False


class StepAttention(Protocol):
    """Attention of one step's rows."""

    def __call__(self, layer: int, wide: Tensor) -> Tensor:
        """Rotates q and k of wide [N, >= 3d], columns q, k, v and others; stores k and v; attends.

        The result [N, d] replaces v's columns, and wide[:, 2d:] is returned. In place, so that
        nothing is copied between the two products of a layer.
        """


class Cache(Protocol):
    """Blocks for keys and values of all layers."""

    def step(self, spans: Sequence[Span]) -> StepAttention:
        """Attention over the rows of these spans, which follow one another from row 0."""

    def copy(self, source: int, target: int) -> None:
        """Makes block `target` hold what `source` holds."""


@dataclass(frozen=True, slots=True)
class CacheLayout:
    """Geometry and place of a cache; dtype: what keys and values are kept in."""

    layers: int
    heads: int
    head_dim: int
    dtype: torch.dtype
    device: torch.device

    @property
    def block_bytes(self) -> int:
        item_bytes: int = self.dtype.itemsize
        return BLOCK * 2 * self.layers * self.heads * self.head_dim * item_bytes


class Network(Protocol):
    """The network that a capture records, `GPTJ`; a backend knows nothing else about it."""

    def hidden(
        self, ids: Tensor, attention: StepAttention, adapters: StepAdapters | None = None
    ) -> Tensor: ...
    def logits(self, hidden: Tensor) -> Tensor: ...


class CapturedDecode(Protocol):
    """Steps that only decode, captured. Used by one thread at a time."""

    def logits(
        self, ids: Sequence[int], slots: Sequence[int], spans: Sequence[Span]
    ) -> Tensor | None:
        """fp32 logits [N, vocab] of rows `ids`, whose adapters are in `slots`; None for a step that
        has to run as others do. Valid until the next call."""


@dataclass(frozen=True, slots=True)
class Precision:
    """The types of stored numbers and of the computation.

    dtype: of weights, as requested.
    read: of matrices when they are read, and of the embedding.
    activations: of rows between products; biases and norms have this dtype too.
    cached: of keys and values.
    item_bytes: bytes of one weight of a matrix.
    """

    dtype: Dtype
    read: torch.dtype
    activations: torch.dtype
    cached: torch.dtype
    item_bytes: int


@dataclass(frozen=True)
class Backend(ABC):
    """How one model computes on one device.

    kernels: the kernels in words: "native", or "torch" and the reason.
    copies: whether `linear` does not change the given weight.
    chunk_grid: multiples at which chunks of prompts end. Where a row's numbers depend on the chunk
        that it is in, this makes the chunks the same in any batch.
    prefill_rows: rows of prompts in a step that nobody waits for: enough for products at full
        speed, few enough for a newcomer not to wait long.
    free_bytes: free memory of the device; None if that is unknown.
    """

    device: torch.device
    precision: Precision
    kernels: str
    copies: bool
    chunk_grid: int
    prefill_rows: int
    free_bytes: Callable[[], int | None]

    @abstractmethod
    def linear(self, weight: Tensor, bias: Tensor) -> Linear:
        """A dense layer of weight [out, in] and bias [out]."""

    @abstractmethod
    def cache(self, config: ModelConfig, rotations: Tensor, blocks: int) -> Cache:
        """Room for keys and values of `blocks` blocks. May raise out of memory.

        rotations: complex64 [positions, rotary / 2], see `gptj.rotation_table`.
        """

    @abstractmethod
    def adapter_store(self, config: ModelConfig) -> AdapterStore:
        """An empty store of adapters for the model's modules."""

    def capture(
        self, network: Network, cache: Cache, adapters: AdapterBank, most_rows: int
    ) -> CapturedDecode | None:
        """Decoding steps of up to `most_rows` rows over a cache that this backend made, ready to be
        replayed; None where nothing is won by it, as on a CPU. May take seconds."""
        return None

    def cache_layout(self, config: ModelConfig) -> CacheLayout:
        return CacheLayout(
            config.n_layer, config.n_head, config.head_dim, self.precision.cached, self.device
        )

    def default_blocks(self, layout: CacheLayout, most_positions: int) -> int:
        """Blocks for half of the free memory, and at most as many as `most_positions` needs."""
        free = self.free_bytes()
        most = -(-most_positions // BLOCK)
        return most if free is None else min(most, free // 2 // layout.block_bytes)
