"""Low-rank adapters: y += scale B (A x) for each row by the adapter that it names."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from workers.engine.backends.native import build


class NativeLora:
    """Adapters of one product [outputs, inputs], by slot; slot 0 is none.

    A row's result is the same to the bit whatever other rows are in the call.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        self.inputs = inputs
        self.outputs = outputs
        self._held: dict[int, tuple[Tensor, Tensor]] = {}
        self._table = (build.LoraWeights * 1)()
        self._most_rank = 0

    def set(self, slot: int, a: Tensor, b: Tensor, scale: float) -> None:
        """A [rank, inputs], B [outputs, rank]. Replaces what the slot had. An fp32 A in one
        piece is kept as it is; B is packed for the kernel."""
        rank = a.shape[0]
        if (
            slot < 1
            or a.shape != (rank, self.inputs)
            or b.shape != (self.outputs, rank)
            or not rank
        ):
            raise ValueError(
                f"slot {slot}: A {list(a.shape)} and B {list(b.shape)} do not fit a product of "
                f"{self.inputs} inputs and {self.outputs} outputs"
            )
        a = a.detach().to("cpu", torch.float32).contiguous()
        b = self._packed(b.detach().to("cpu", torch.float32).contiguous())
        if slot >= len(self._table):
            table = (build.LoraWeights * (slot + 1))()
            ctypes.memmove(table, self._table, ctypes.sizeof(self._table))
            self._table = table
        self._held[slot] = a, b
        self._table[slot] = build.LoraWeights(a.data_ptr(), b.data_ptr(), rank, scale)
        self._most_rank = max(held.shape[0] for held, _ in self._held.values())

    def _packed(self, b: Tensor) -> Tensor:
        kernels, (outputs, rank) = build.require(), b.shape
        packed = torch.empty(kernels.lora_packed_size(outputs, rank))
        kernels.lora_pack(b.data_ptr(), outputs, rank, packed.data_ptr())
        return packed

    def drop(self, slot: int) -> None:
        """Frees a slot; rows that name it then get nothing added."""
        if self._held.pop(slot, None) is not None:
            self._table[slot] = build.LoraWeights()
            self._most_rank = max((held.shape[0] for held, _ in self._held.values()), default=0)

    def module(self, x_from: int, y_from: int) -> build.LoraModule:
        """For `LoraCall`: it reads and changes columns from these on. Stale once a slot is set or
        dropped."""
        return build.LoraModule(
            ctypes.addressof(self._table),
            len(self._table),
            self._most_rank,
            *(self.inputs, x_from, self.outputs, y_from),
        )

    def add(self, x: Tensor, y: Tensor, slots: Tensor) -> None:
        """x fp32 [N, inputs], y fp32 [N, outputs] in place, slots int32 [N]; the rows of x and y
        may be strided. A slot that holds nothing adds nothing."""
        LoraCall([self.module(0, 0)], x_width=self.inputs, y_width=self.outputs)(x, y, slots)


class LoraCall:
    """All modules of a layer that read the same rows and change the same rows, in one call.

    Modules of the same columns of y are next to each other, and are added in their order.
    x_width, y_width: columns that x and y have. gelu_from: columns of y from here on pass gelu in
    every row, after what is added. They are those of one module, or of none.
    """

    def __init__(
        self,
        modules: Sequence[build.LoraModule],
        *,
        x_width: int,
        y_width: int,
        gelu_from: int | None = None,
    ) -> None:
        self._add: Any = build.require().lora_add
        self._modules = (build.LoraModule * len(modules))(*modules)
        self._address = ctypes.addressof(self._modules)
        self._widths = x_width, y_width
        self._gelu = (0, 0) if gelu_from is None else (gelu_from, y_width - gelu_from)

    def __call__(self, x: Tensor, y: Tensor, slots: Tensor) -> None:
        """x fp32 [N, x_width], y fp32 [N, y_width] in place, slots int32 [N]; the rows of x and y
        may be strided. A slot that holds nothing adds nothing."""
        rows = x.shape[0]
        x_width, y_width = self._widths
        if x.shape[1] != x_width or y.shape != (rows, y_width):
            raise ValueError(f"x is {list(x.shape)}, y {list(y.shape)}")
        if slots.dtype is not torch.int32 or slots.shape != (rows,) or not slots.is_contiguous():
            raise ValueError(f"slots must be int32 [{rows}]")
        (stride, one), (y_stride, y_one) = x.stride(), y.stride()
        if not (one == y_one == 1 and x.dtype is y.dtype is torch.float32):
            raise ValueError("x and y must be float32 rows, each in one piece")
        if not rows:
            return
        failed = self._add(
            *(self._address, len(self._modules), slots.data_ptr(), rows),
            *(x.data_ptr(), stride, y.data_ptr(), y_stride, *self._gelu),
            torch.get_num_threads(),
        )
        if failed:
            raise MemoryError("There is no memory for an adapter's scratch.")
