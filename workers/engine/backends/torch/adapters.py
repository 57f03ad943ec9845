"""Adapters multiplied by torch: for GPUs, and for CPUs without this engine's own kernels.

They are in stacked matrices, one pair of stacks for each layer and module that any of them has.
Rows of one adapter make two plain products, on views where the rows are neighbours. On a GPU, where
each of many small products costs a launch, the rows of small groups go together instead: their
adapters are gathered, and two batched products serve them all (as S-LoRA and Punica do).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from workers.engine.adapters.adapter import Adapter, module_shape
from workers.engine.adapters.bank import columns_in, columns_out
from workers.engine.checkpoint.spec import ModelConfig

# Slots that a stack begins with, slot 0 among them.
_FIRST_SLOTS = 4
# The faster way on each device, see `StackStore`: on a CPU, copying an adapter costs more than a
# product with it.
GATHERED_BELOW_ON_CPU = 0
GATHERED_BELOW_ON_GPU = 16


@dataclass(slots=True)
class _Stack:
    """a [slots, rank, in], b [slots, out, rank], with the scale taken in; ranks below the largest
    are padded with zeros.

    owners: slots whose adapter has this module; the others hold zeros.
    """

    a: Tensor
    b: Tensor
    owners: set[int]


@dataclass(frozen=True, slots=True)
class _Group:
    """Rows of one adapter: neighbours as a slice, others by index."""

    slot: int
    rows: slice | Tensor


@dataclass(frozen=True, slots=True)
class _Gathered:
    """Rows [M] of several adapters, with each one's slot [M]; rows None for all rows in order."""

    slots: Tensor
    rows: Tensor | None


@dataclass(frozen=True, slots=True)
class _StackedRows:
    width: int
    stacks: dict[tuple[int, str], _Stack]
    owners: frozenset[int]
    groups: list[_Group]
    gathered: _Gathered | None

    def add_in(self, layer: int, x: Tensor, wide: Tensor, *, gelu: bool = False) -> None:
        for module, columns in columns_in(self.width).items():
            self._add(layer, module, x, wide[:, columns])
        if gelu:
            torch.ops.aten.gelu_(wide[:, 3 * self.width :], approximate="tanh")

    def add_out(self, layer: int, mixed: Tensor, y: Tensor) -> None:
        for module, columns in columns_out(self.width).items():
            self._add(layer, module, mixed[:, columns], y)

    def _add(self, layer: int, module: str, x: Tensor, y: Tensor) -> None:
        """Adds the changes of one module to its output y, in place, from its input x."""
        stack = self.stacks.get((layer, module))
        if stack is None or self.owners.isdisjoint(stack.owners):
            return
        for group in self.groups:
            if group.slot not in stack.owners:
                continue
            inner = x[group.rows] @ stack.a[group.slot].T
            back = stack.b[group.slot].T
            if isinstance(group.rows, slice):
                y[group.rows].addmm_(inner, back)
            else:
                y.index_add_(0, group.rows, inner @ back)
        if self.gathered is not None:
            slots, rows = self.gathered.slots, self.gathered.rows
            picked = x if rows is None else x[rows]
            inner = torch.bmm(stack.a.index_select(0, slots), picked.unsqueeze(2))
            change = torch.bmm(stack.b.index_select(0, slots), inner).squeeze(2)
            if rows is None:
                y.add_(change)
            else:
                y.index_add_(0, rows, change)


class StackStore:
    """dtype: of the activations.
    gathered_below: groups of fewer rows are gathered; 0 for none.
    """

    def __init__(
        self,
        config: ModelConfig,
        device: torch.device,
        dtype: torch.dtype,
        gathered_below: int,
    ) -> None:
        self._config = config
        self._device = device
        self._dtype = dtype
        self._gathered_below = gathered_below
        self._stacks: dict[tuple[int, str], _Stack] = {}
        self._room = _FIRST_SLOTS
        self.generation = 0

    def load(self, slot: int, adapter: Adapter) -> None:
        if slot >= self._room:
            self._grow(2 * self._room)
        for key, pair in adapter.weights.items():
            self._make_room(key, pair.rank)
        # Left by the slot's last adapter, or by a failed load.
        for stack in self._stacks.values():
            stack.a[slot].zero_()
            stack.b[slot].zero_()
        for key, pair in adapter.weights.items():
            stack = self._stacks[key]
            stack.a[slot, : pair.rank] = pair.a.to(self._device)
            stack.b[slot, :, : pair.rank] = (pair.b * pair.scale).to(self._device)
        for key in adapter.weights:
            self._stacks[key].owners.add(slot)

    def drop(self, slot: int) -> None:
        for key, stack in list(self._stacks.items()):
            stack.owners.discard(slot)
            if not stack.owners:
                del self._stacks[key]
                self.generation += 1

    def rows(self, slots: Sequence[int]) -> _StackedRows:
        rows_of: dict[int, list[int]] = {}
        for row, slot in enumerate(slots):
            if slot:
                rows_of.setdefault(slot, []).append(row)
        few = {slot: rows for slot, rows in rows_of.items() if len(rows) < self._gathered_below}
        if len(few) == 1:
            few = {}
        gathered = None
        if few:
            gathered = _Gathered(
                self._index([slot for slot, rows in few.items() for _ in rows]),
                self._index([row for rows in few.values() for row in rows]),
            )
        return _StackedRows(
            width=self._config.n_embd,
            stacks=self._stacks,
            owners=frozenset(rows_of),
            groups=[
                _Group(slot, self._span(rows)) for slot, rows in rows_of.items() if slot not in few
            ],
            gathered=gathered,
        )

    def gathered(self, slots: Tensor) -> _StackedRows:
        owners = frozenset().union(*(stack.owners for stack in self._stacks.values()))
        stacks = dict(self._stacks)
        return _StackedRows(self._config.n_embd, stacks, owners, [], _Gathered(slots, None))

    def _span(self, rows: list[int]) -> slice | Tensor:
        if rows[-1] - rows[0] == len(rows) - 1:
            return slice(rows[0], rows[-1] + 1)
        return self._index(rows)

    def _index(self, numbers: list[int]) -> Tensor:
        return torch.tensor(numbers, dtype=torch.int64, device=self._device)

    def _grow(self, room: int) -> None:
        self.generation += 1
        for key, stack in self._stacks.items():
            self._stacks[key] = self._copy(stack, room, stack.a.shape[1])
        self._room = room

    def _make_room(self, key: tuple[int, str], rank: int) -> None:
        stack = self._stacks.get(key)
        if stack is None or stack.a.shape[1] < rank:
            self.generation += 1
        if stack is None:
            out, into = module_shape(self._config, key[1])
            self._stacks[key] = _Stack(
                self._zeros(self._room, rank, into), self._zeros(self._room, out, rank), set()
            )
        elif stack.a.shape[1] < rank:
            self._stacks[key] = self._copy(stack, self._room, rank)

    def _copy(self, stack: _Stack, room: int, rank: int) -> _Stack:
        slots, old_rank, into = stack.a.shape
        a = self._zeros(room, rank, into)
        b = self._zeros(room, stack.b.shape[1], rank)
        a[:slots, :old_rank] = stack.a
        b[:slots, :, :old_rank] = stack.b
        return _Stack(a, b, stack.owners)

    def _zeros(self, *shape: int) -> Tensor:
        return torch.zeros(*shape, dtype=self._dtype, device=self._device)
