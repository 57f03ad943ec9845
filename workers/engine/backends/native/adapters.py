"""Adapters multiplied by this engine's own kernels, on a CPU in fp32."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from workers.engine.adapters.adapter import Adapter, module_shape
from workers.engine.backends.native.lora import NativeLora
from workers.engine.checkpoint.spec import ModelConfig


@dataclass(slots=True)
class _Table:
    """A kernel's adapters of one layer and module; owners: slots that hold any."""

    kernel: NativeLora
    owners: set[int]


@dataclass(frozen=True, slots=True)
class _NativeRows:
    """slots: int32 [N]; owners: those among them that are not 0."""

    tables: dict[tuple[int, str], _Table]
    owners: frozenset[int]
    slots: Tensor

    def add_of(self, layer: int, module: str) -> Callable[[Tensor, Tensor], None] | None:
        table = self.tables.get((layer, module))
        if table is None or self.owners.isdisjoint(table.owners):
            return None
        return partial(table.kernel.add, slots=self.slots)


class NativeStore:
    """A row's numbers are the same to the bit whatever rows are beside it."""

    def __init__(self, config: ModelConfig) -> None:
        self._config = config
        self._tables: dict[tuple[int, str], _Table] = {}
        self.generation = 0

    def load(self, slot: int, adapter: Adapter) -> None:
        try:
            for key, pair in adapter.weights.items():
                if key not in self._tables:
                    out, into = module_shape(self._config, key[1])
                    self._tables[key] = _Table(NativeLora(into, out), set())
                    self.generation += 1
                table = self._tables[key]
                table.kernel.set(slot, pair.a, pair.b, pair.scale)
                table.owners.add(slot)
        except Exception:
            self.drop(slot)
            raise

    def drop(self, slot: int) -> None:
        for key, table in list(self._tables.items()):
            if slot in table.owners:
                table.kernel.drop(slot)
                table.owners.remove(slot)
            if not table.owners:
                del self._tables[key]
                self.generation += 1

    def gathered(self, slots: Tensor) -> _NativeRows:
        owners = frozenset().union(*(table.owners for table in self._tables.values()))
        return _NativeRows(dict(self._tables), owners, slots)

    def rows(self, slots: Sequence[int]) -> _NativeRows:
        return _NativeRows(
            tables=self._tables,
            owners=frozenset(slots) - {0},
            slots=torch.tensor(slots, dtype=torch.int32),
        )
