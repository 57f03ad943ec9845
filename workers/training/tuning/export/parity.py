"""Whether merged weights compute what the adapter beside its base computes.

Both are computed layer by layer in fp32 from what is stored, so that one layer of each is in
memory, however large the model is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from workers.training.network import Block, Linear, LowRank, PaddedRows, rotary_table
from workers.training.tuning.errors import TuningError
from workers.training.tuning.export.merge import Dtype, Halves
from workers.training.tuning.export.stored import StoredWeights

# Of one side; half a dozen times as much is in memory.
LOGIT_BYTES = 16 * 2**20
# Rows of an embedding or head that are fp32 at once: they are the widest matrices by far.
ROWS_AT_ONCE = 8192


@dataclass(frozen=True)
class Bar:
    """The furthest that merged weights may be from the adapter."""

    largest: float
    argmax_equal: float = 0.0
    divergence: float = float("inf")


# Two trials had 2.9e-5 and 1.3e-4, 0.013 and 0.015, 0.12 and 0.13: sums in another order differ by
# more, the more was learnt. In bf16 2,004 of 2,009 likeliest tokens were the same.
BARS: Mapping[Dtype, Bar] = {
    "float32": Bar(1e-3, argmax_equal=0.999, divergence=1e-6),
    "float16": Bar(0.03),
    "bfloat16": Bar(0.3, argmax_equal=0.995, divergence=1e-4),
}


@dataclass(frozen=True)
class Parity:
    """Of the merged weights' logits against the adapter's, at each position of some texts.

    largest: difference of two logits. argmax_equal: share of positions whose likeliest token is
    the same. divergence: mean of KL(adapter || merged) in nats.
    """

    positions: int
    largest: float
    argmax_equal: float
    divergence: float

    def meets(self, bar: Bar) -> bool:
        """Whether the weights may be given out."""
        return (
            self.largest <= bar.largest
            and self.argmax_equal >= bar.argmax_equal
            and self.divergence <= bar.divergence
        )


class NotEqualEnough(TuningError):
    """The merged weights compute something else than the adapter."""

    code = "not_equal_enough"


@torch.inference_mode()
def compare(
    base: StoredWeights,
    adapter: Mapping[str, Halves],
    merged: StoredWeights,
    texts: Sequence[Sequence[int]],
) -> Parity:
    """Over all positions of texts, each of at least one token."""
    longest = max(map(len, texts))
    ids = torch.zeros(len(texts), longest, dtype=torch.long)
    for row, text in enumerate(texts):
        ids[row, : len(text)] = torch.tensor(text)
    lengths = torch.tensor([len(text) for text in texts])
    held = torch.arange(longest) < lengths[:, None]
    sides: tuple[tuple[StoredWeights, Mapping[str, Halves]], ...] = ((base, adapter), (merged, {}))
    states = [
        functional.embedding(ids, side.read_stored("transformer.wte.weight")).float()
        for side, _ in sides
    ]
    mixing = PaddedRows(rotary_table(longest, base.shape.rotary_dim), longest)
    for layer in range(base.shape.n_layer):
        states = [
            _block(side, halves, layer)(x, mixing)
            for (side, halves), x in zip(sides, states, strict=True)
        ]
    return _compare_logits(
        *(
            (_final_norm(side, x[held]), *_head(side))
            for (side, _), x in zip(sides, states, strict=True)
        )
    )


def _block(weights: StoredWeights, adapter: Mapping[str, Halves], layer: int) -> Block:
    with torch.device("meta"):
        block = Block(weights.shape, layer)
    prefix = f"transformer.h.{layer}."
    for name, module in list(block.named_modules()):
        for kind, _ in list(module.named_parameters(recurse=False)):
            path = f"{prefix}{name}.{kind}"
            setattr(module, kind, nn.Parameter(weights.read(path), requires_grad=False))
        if isinstance(module, Linear) and (halves := adapter.get(f"{prefix}{name}.weight")):
            module.low_rank = LowRank(halves.a.float(), halves.b.float(), halves.scale)
    return block


def _final_norm(weights: StoredWeights, x: Tensor) -> Tensor:
    weight, bias = (weights.read(f"transformer.ln_f.{kind}") for kind in ("weight", "bias"))
    return functional.layer_norm(x, x.shape[-1:], weight, bias, weights.shape.layer_norm_epsilon)


def _head(weights: StoredWeights) -> tuple[Tensor, Tensor]:
    return weights.read_stored("lm_head.weight"), weights.read("lm_head.bias")


Side = tuple[Tensor, Tensor, Tensor]
"""Final states (positions, n_embd), and the head's weight as it is stored, and its bias."""


def _logits(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return torch.cat(
        [
            functional.linear(x, rows.float(), part)
            for rows, part in zip(weight.split(ROWS_AT_ONCE), bias.split(ROWS_AT_ONCE), strict=True)
        ],
        dim=-1,
    )


def _compare_logits(first: Side, second: Side) -> Parity:
    """A few positions at a time: the logits of all of them are large."""
    positions = first[0].shape[0]
    at_once = max(1, LOGIT_BYTES // (4 * first[1].shape[0]))
    largest, equal, divergence = 0.0, 0, 0.0
    for begin in range(0, positions, at_once):
        p, q = (
            _logits(x[begin : begin + at_once], weight, bias) for x, weight, bias in (first, second)
        )
        largest = max(largest, float((p - q).abs().max()))
        equal += int((p.argmax(-1) == q.argmax(-1)).sum())
        divergence += float(
            functional.kl_div(
                q.log_softmax(-1), p.log_softmax(-1), reduction="sum", log_target=True
            )
        )
    return Parity(positions, largest, equal / positions, divergence / positions)
