"""Low-rank adapters of many requests in one batch, never merged (Hu et al. 2022, "LoRA").

y += scale * (x A^T) B^T for each row by its own adapter. Adapters are in the slots of a bank; slot
0 means none. The backend stores and multiplies them (`AdapterStore`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from torch import Tensor

from workers.engine.adapters.adapter import Adapter, module_shape
from workers.engine.checkpoint.spec import ModelConfig
from workers.engine.errors import AdapterShape


class StepAdapters(Protocol):
    """The adapters of one step's rows; loading and dropping make it stale."""

    def add_in(self, layer: int, x: Tensor, wide: Tensor, *, gelu: bool = False) -> None:
        """Adds to columns q, k, v and mlp of `wide` [N, 7d], in place, from `x` [N, d]. With
        `gelu`, column mlp of every row passes GPT-J's gelu after that. Rows may be strided."""

    def add_out(self, layer: int, mixed: Tensor, y: Tensor) -> None:
        """Adds to `y` [N, d], in place, from the input of its product: `mixed` [N, 5d], columns
        attention and mlp. Rows of either may be strided."""


class AdapterStore(Protocol):
    """Adapters by slot.

    generation: changes when what `gathered` gave reads memory that is no longer in use, or misses
        a module that has come to be adapted.
    """

    generation: int

    def load(self, slot: int, adapter: Adapter) -> None:
        """Into a free slot. May raise out of memory, and the slot is then free still."""

    def drop(self, slot: int) -> None: ...

    def rows(self, slots: Sequence[int]) -> StepAdapters:
        """Of a step whose row n belongs to slots[n]; loading and dropping make it stale."""

    def gathered(self, slots: Tensor) -> StepAdapters:
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
        return self._store.rows(slots)

    def gathered(self, slots: Tensor) -> StepAdapters:
        """For steps of as many rows as `slots` has, int32 on the model's device. They are read when
        the products run, so a captured calculation serves any adapters. Slots may be loaded and
        dropped meanwhile. Valid for one `generation`."""
        return self._store.gathered(slots)


def columns_in(width: int) -> dict[str, slice]:
    """Where the modules that read a layer's normed input write, in the wide rows."""
    return {
        "q_proj": slice(0, width),
        "k_proj": slice(width, 2 * width),
        "v_proj": slice(2 * width, 3 * width),
        "fc_in": slice(3 * width, 7 * width),
    }


def columns_out(width: int) -> dict[str, slice]:
    """What the modules that write a layer's output read, of `mixed` rows."""
    return {"out_proj": slice(0, width), "fc_out": slice(width, 5 * width)}
