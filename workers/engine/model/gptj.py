"""GPT-J (Wang and Komatsuzaki 2021), read top to bottom.

A block adds attention and MLP of the same normalised input: x + attn(ln(x)) + mlp(ln(x)). So a
layer is two products: one from d to q, k, v and the MLP's 4d, one from the attention's d and the
MLP's 4d back to d. Attention writes its result over v and the activation works in place, so that
the last 5d columns of the first product are the input of the second and nothing is concatenated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import layer_norm

from workers.engine.adapters.bank import StepAdapters
from workers.engine.backends.interface import Linear, StepAttention
from workers.engine.checkpoint.spec import ModelConfig


@dataclass(frozen=True, slots=True)
class Norm:
    weight: Tensor
    bias: Tensor


@dataclass(frozen=True, slots=True)
class Block:
    """norm [d]; project_in d -> 7d, columns q, k, v, mlp; project_out 5d -> d, rows attn, mlp."""

    norm: Norm
    project_in: Linear
    project_out: Linear


@dataclass(frozen=True, slots=True)
class GPTJ:
    """embedding [vocab, d]; head d -> vocab, untied, with a bias; rotations as `rotation_table`'s.

    activations: what rows are computed in between the products.
    Use under `torch.inference_mode()`.
    """

    config: ModelConfig
    embedding: Tensor
    blocks: Sequence[Block]
    final_norm: Norm
    head: Linear
    rotations: Tensor
    activations: torch.dtype

    @property
    def device(self) -> torch.device:
        return self.embedding.device

    def hidden(
        self, ids: Tensor, attention: StepAttention, adapters: StepAdapters | None = None
    ) -> Tensor:
        """Final hidden states [N, d] of rows `ids` [N] int64."""
        width = self.config.n_embd
        x = self.embedding[ids].to(self.activations)
        for index, block in enumerate(self.blocks):
            normed = self._normalise(x, block.norm)
            if adapters is None:
                wide = block.project_in(normed, gelu_from=3 * width)
            else:
                wide = block.project_in(normed)
                adapters.add_in(index, normed, wide, gelu=True)
            mixed = attention(index, wide)
            x = block.project_out(mixed, residual=x)
            if adapters is not None:
                adapters.add_out(index, mixed, x)
        return self._normalise(x, self.final_norm)

    def logits(self, hidden: Tensor) -> Tensor:
        """fp32 logits [N, vocab] of hidden states [N, d]."""
        return self.head(hidden).float()

    def _normalise(self, x: Tensor, norm: Norm) -> Tensor:
        return layer_norm(
            x, (self.config.n_embd,), norm.weight, norm.bias, self.config.layer_norm_epsilon
        )


def rotation_table(config: ModelConfig, device: torch.device) -> Tensor:
    """cos + i sin of each position and pair, complex64 [n_positions, rotary_dim / 2].

    Angles are formed in fp32 as the original did; a table from fp64 angles would differ by 1e-4 at
    the last positions. Channels 2j and 2j + 1 of a head are one complex number (interleaved).
    """
    rotary = config.rotary_dim
    inverse = 1.0 / (10000 ** (torch.arange(0, rotary, 2, dtype=torch.int64) / rotary))
    angles = torch.arange(config.n_positions, dtype=torch.float32)[:, None] * inverse
    return torch.complex(torch.cos(angles), torch.sin(angles)).to(device)
