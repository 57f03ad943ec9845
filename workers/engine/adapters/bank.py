"""Low-rank adapters of many requests in one batch, never merged (Hu et al. 2022, "LoRA").

y += scale * (x A^T) B^T for each row by its own adapter. Adapters are in the slots of a bank; slot
0 means none. The backend stores and multiplies them (`AdapterStore`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from torch import Tensor

from workers.engine.adapters.adapter import Adapter, module_shape
from workers.engine.checkpoint.spec import ModelConfig
from workers.engine.errors import AdapterShape

# Adds the changes of one layer's module to its output y, in place, from its input x: both [N, .],
# rows may be strided.
Add = Callable[[Tensor, Tensor], None]


class RowAdapters(Protocol):
    """The adapters of a step's rows."""

    def add_of(self, layer: int, module: str) -> Add | None:
        """None where no row's adapter has this module."""


class AdapterStore(Protocol):
    """Adapters by slot.

    generation: changes when what `gathered` gave reads memory that is no longer in use, or misses
        a module that has come to be adapted.
    """

    generation: int

    def load(self, slot: int, adapter: Adapter) -> None:
        """Into a free slot. May raise out of memory, and the slot is then free still."""

    def drop(self, slot: int) -> None: ...

    def rows(self, slots: Sequence[int]) -> RowAdapters:
        """Of a step whose row n belongs to slots[n]; loading and dropping make it stale."""

    def gathered(self, slots: Tensor) -> RowAdapters:
        """As `rows`, but `slots` are read when the products run. Valid for one `generation`."""


class AdapterBank:
    """Adapters of one model in a backend's store. Used by one thread at a time."""

    def __init__(self, config: ModelConfig, store: AdapterStore) -> None:
        self.config = config
        self._store = store
        self._used: set[int] = set()

    @property
    def generation(self) -> int:
        """See `AdapterStore`."""
        return self._store.generation

    def load(self, adapter: Adapter) -> int:
        """Puts an adapter into a free slot and returns it. Raises `AdapterShape` for an adapter of
        another model; may raise out of memory, and nothing is loaded then."""
        for (layer, module), pair in adapter.weights.items():
            out, into = module_shape(self.config, module)
            if layer >= self.config.n_layer or pair.a.shape[1] != into or pair.b.shape[0] != out:
                raise AdapterShape(
                    f"Adapter {adapter.name!r} was read for another model than this one.",
                    adapter=adapter.name,
                )
        slot = next(slot for slot in range(1, len(self._used) + 2) if slot not in self._used)
        self._store.load(slot, adapter)
        self._used.add(slot)
        return slot

    def drop(self, slot: int) -> None:
        """Empties a slot; no step may use it any more."""
        self._used.remove(slot)
        self._store.drop(slot)

    def step(self, slots: Sequence[int]) -> StepAdapters | None:
        """The changes of a step whose row n belongs to adapter `slots[n]`; None when all are 0."""
        if not any(slots):
            return None
        return StepAdapters(self._store.rows(slots), self.config.n_embd)

    def gathered(self, slots: Tensor) -> StepAdapters:
        """For steps of as many rows as `slots` has, int32 on the model's device. They are read when
        the products run, so a captured calculation serves any adapters. Slots may be loaded and
        dropped meanwhile. Valid for one `generation`."""
        return StepAdapters(self._store.gathered(slots), self.config.n_embd)


class StepAdapters:
    """The adapters of one step; loading and dropping make it stale."""

    def __init__(self, rows: RowAdapters, width: int) -> None:
        self._rows = rows
        self._columns = {
            "q_proj": slice(0, width),
            "k_proj": slice(width, 2 * width),
            "v_proj": slice(2 * width, 3 * width),
            "fc_in": slice(3 * width, 7 * width),
        }
        self._inputs = {"out_proj": slice(0, width), "fc_out": slice(width, 5 * width)}

    def add_in(self, layer: int, x: Tensor, wide: Tensor) -> None:
        """Adds to columns q, k, v and mlp of `wide` [N, 7d], in place, from `x` [N, d]."""
        for module, columns in self._columns.items():
            add = self._rows.add_of(layer, module)
            if add is not None:
                add(x, wide[:, columns])

    def add_out(self, layer: int, mixed: Tensor, y: Tensor) -> None:
        """Adds to `y` [N, d], in place, from the input of its product: `mixed` [N, 5d], columns
        attention and mlp. Rows of either may be strided."""
        for module, columns in self._inputs.items():
            add = self._rows.add_of(layer, module)
            if add is not None:
                add(mixed[:, columns], y)
