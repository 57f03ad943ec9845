"""Rows of different lengths as one line of tokens, and attention that keeps them apart.

Linear layers compute each token once and no padding. A row's tokens see those before them in the
same row (block-diagonal), at positions that begin at 0 in each row. Attention computes them packed
where the device has a kernel for it, else as rows that are padded to the longest of the batch.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

import torch
from torch import Tensor
from torch.nn import functional

from workers.training.kernels import Kernel, attend_to_own_row
from workers.training.network import GPTJ, NoiseOfLayer, attend, rotate

LONGEST_PLAIN = 512
"""Positions up to which two plain products are faster on a CPU than torch's fused kernel."""


@dataclass(frozen=True)
class PackedBatch:
    """Rows one after the other.

    ids, positions: (tokens). lengths: of each row. bounds: (rows + 1), int32: where each row
    begins, and the end of the last one. slots: the place of each token in (rows, longest),
    flattened; None where no row is shorter than the longest.
    at, targets: (labels): places of ids at which the loss is taken, and the tokens that follow.
    asked: the place of each label among (rows, most labels), flattened. last_seen: (rows, most
    labels): the position that such a label stands at, 0 where a row has fewer.
    tokens: those that are no padding.
    """

    ids: Tensor
    positions: Tensor
    lengths: tuple[int, ...]
    bounds: Tensor
    slots: Tensor | None
    at: Tensor
    targets: Tensor
    asked: Tensor
    last_seen: Tensor
    tokens: int

    def to(self, device: torch.device) -> "PackedBatch":
        """The same on a device."""
        return replace(
            self,
            ids=self.ids.to(device),
            positions=self.positions.to(device),
            bounds=self.bounds.to(device),
            slots=None if self.slots is None else self.slots.to(device),
            at=self.at.to(device),
            targets=self.targets.to(device),
            asked=self.asked.to(device),
            last_seen=self.last_seen.to(device),
        )


def pack_rows(
    rows: Sequence[Sequence[int]], learnt_from: Sequence[int], *, padded: bool = False
) -> PackedBatch:
    """A batch of token ids; each row's loss is taken from its token number ``learnt_from`` on.

    That number is at least 1: the first token of a row follows nothing. With ``padded`` each row
    is filled up to the longest, and the padding is computed as if it were text.
    """
    if min(learnt_from) < 1:
        raise ValueError("The first token of a row follows nothing, so it cannot be learnt.")
    longest = max(map(len, rows))
    filled = [[*row, *[0] * (longest - len(row))] if padded else row for row in rows]
    lengths = tuple(map(len, filled))
    labels = [len(row) - begin for row, begin in zip(rows, learnt_from, strict=True)]
    most = max(labels)
    at: list[int] = []
    asked: list[int] = []
    targets: list[int] = []
    slots: list[int] = []
    last_seen = torch.zeros(len(rows), most, dtype=torch.long)
    before = 0
    for number, (row, begin) in enumerate(zip(rows, learnt_from, strict=True)):
        at.extend(range(before + begin - 1, before + len(row) - 1))
        targets.extend(row[begin:])
        asked.extend(range(number * most, number * most + labels[number]))
        last_seen[number, : labels[number]] = torch.arange(begin - 1, len(row) - 1)
        slots.extend(range(number * longest, number * longest + lengths[number]))
        before += lengths[number]
    return PackedBatch(
        ids=torch.tensor([token for row in filled for token in row], dtype=torch.long),
        positions=torch.cat([torch.arange(length) for length in lengths]),
        lengths=lengths,
        bounds=torch.tensor([0, *accumulate(lengths)], dtype=torch.int32),
        slots=None if before == len(rows) * longest else torch.tensor(slots, dtype=torch.long),
        at=torch.tensor(at, dtype=torch.long),
        targets=torch.tensor(targets, dtype=torch.long),
        asked=torch.tensor(asked, dtype=torch.long),
        last_seen=last_seen,
        tokens=sum(map(len, rows)),
    )


class PackedRows:
    """Attention over a packed batch. In ``last_layer`` only the labels ask, if that is given."""

    def __init__(
        self,
        batch: PackedBatch,
        table: Tensor,
        *,
        last_layer: int | None,
        kernel: Kernel = "rows",
    ) -> None:
        self.batch, self.last_layer, self.kernel = batch, last_layer, kernel
        self.rows, self.longest = len(batch.lengths), max(batch.lengths)
        self.table = table[batch.positions]
        device = table.device
        self.later = torch.full((self.longest, self.longest), -torch.inf, device=device).triu(1)

    def __call__(self, layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """(tokens, heads, head size) in; out of every token, or of those that ask."""
        if self.kernel == "varlen" and layer != self.last_layer:
            q, k = rotate(q, self.table), rotate(k, self.table)
            return attend_to_own_row(q, k, v, self.batch.bounds, self.longest)
        k, v = self._pad(rotate(k, self.table)), self._pad(v)
        if layer == self.last_layer:
            return self._labels(rotate(q, self.table[self.batch.at]), k, v)
        q = self._pad(rotate(q, self.table))
        if self.longest <= LONGEST_PLAIN:
            mixed = attend(q, k, v, self.later)
        else:
            mixed = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        flat = mixed.transpose(1, 2).reshape(-1, *mixed.shape[1::2])
        return flat if self.batch.slots is None else flat.index_select(0, self.batch.slots)

    def _pad(self, x: Tensor) -> Tensor:
        """(tokens, heads, head size) to (rows, heads, longest, head size)."""
        if self.batch.slots is not None:
            padded = x.new_zeros(self.rows * self.longest, *x.shape[1:])
            x = padded.index_copy(0, self.batch.slots, x)
        return x.view(self.rows, self.longest, *x.shape[1:]).transpose(1, 2)

    def _labels(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Attention of the labels: each sees the positions of its row up to its own."""
        last_seen = self.batch.last_seen
        padded = q.new_zeros(last_seen.numel(), *q.shape[1:]).index_copy(0, self.batch.asked, q)
        q = padded.view(*last_seen.shape, *q.shape[1:]).transpose(1, 2)
        seen = torch.arange(self.longest, device=q.device) <= last_seen[:, None, :, None]
        mixed = functional.scaled_dot_product_attention(q, k, v, attn_mask=seen)
        return mixed.transpose(1, 2).flatten(0, 1).index_select(0, self.batch.asked)


def label_states(
    network: GPTJ,
    batch: PackedBatch,
    *,
    noise_of_layer: NoiseOfLayer | None = None,
    recompute: bool = False,
    kernel: Kernel = "rows",
) -> Tensor:
    """Final states (labels, n_embd) at a batch's labels."""
    last = network.shape.n_layer - 1
    mixing = PackedRows(batch, network.table, last_layer=last, kernel=kernel)
    return network.states(
        batch.ids, mixing, at=batch.at, noise_of_layer=noise_of_layer, recompute=recompute
    )
