"""Adapters multiplied by this engine's own kernels, on a CPU in fp32."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from workers.engine.adapters.adapter import Adapter, module_shape
from workers.engine.adapters.bank import columns_in, columns_out
from workers.engine.backends.native.lora import LoraCall, NativeLora
from workers.engine.checkpoint.spec import ModelConfig


@dataclass(frozen=True, slots=True)
class _Layer:
    """The calls of one layer: `plain` without gelu, for what reads the wide rows otherwise."""

    into: LoraCall
    plain: LoraCall
    out: LoraCall


@dataclass(frozen=True, slots=True)
class _NativeRows:
    """slots: int32 [N]. The store's adapters are read when the products run."""

    store: NativeStore
    slots: Tensor

    def add_in(self, layer: int, x: Tensor, wide: Tensor, *, gelu: bool = False) -> None:
        calls = self.store.layer(layer)
        (calls.into if gelu else calls.plain)(x, wide, self.slots)

    def add_out(self, layer: int, mixed: Tensor, y: Tensor) -> None:
        self.store.layer(layer).out(mixed, y, self.slots)


class NativeStore:
    """A row's numbers are the same to the bit whatever rows are beside it, and a row without an
    adapter has those that it has in a step without any."""

    def __init__(self, config: ModelConfig) -> None:
        self._config = config
        self._tables: dict[tuple[int, str], NativeLora] = {}
        # Which slots hold each table's adapters.
        self._owners: dict[tuple[int, str], set[int]] = {}
        self._layers: dict[int, _Layer] = {}
        self.generation = 0

    def load(self, slot: int, adapter: Adapter) -> None:
        self._layers = {}
        try:
            for key, pair in adapter.weights.items():
                if key not in self._tables:
                    out, into = module_shape(self._config, key[1])
                    self._tables[key], self._owners[key] = NativeLora(into, out), set()
                    self.generation += 1
                self._tables[key].set(slot, pair.a, pair.b, pair.scale)
                self._owners[key].add(slot)
        except Exception:
            self.drop(slot)
            raise

    def drop(self, slot: int) -> None:
        self._layers = {}
        for key, owners in list(self._owners.items()):
            if slot in owners:
                self._tables[key].drop(slot)
                owners.remove(slot)
            if not owners:
                del self._tables[key], self._owners[key]
                self.generation += 1

    def gathered(self, slots: Tensor) -> _NativeRows:
        return _NativeRows(self, slots)

    def rows(self, slots: Sequence[int]) -> _NativeRows:
        return _NativeRows(self, torch.tensor(slots, dtype=torch.int32))

    def layer(self, layer: int) -> _Layer:
        """The calls of a layer, made anew after a load or a drop."""
        found = self._layers.get(layer)
        if found is None:
            found = self._layers[layer] = self._calls_of(layer)
        return found

    def _calls_of(self, layer: int) -> _Layer:
        width = self._config.n_embd
        into = [
            table.module(0, columns.start)
            for module, columns in columns_in(width).items()
            if (table := self._tables.get((layer, module))) is not None
        ]
        out = [
            table.module(columns.start, 0)
            for module, columns in columns_out(width).items()
            if (table := self._tables.get((layer, module))) is not None
        ]
        return _Layer(
            into=LoraCall(into, x_width=width, y_width=7 * width, gelu_from=3 * width),
            plain=LoraCall(into, x_width=width, y_width=7 * width),
            out=LoraCall(out, x_width=5 * width, y_width=width),
        )
