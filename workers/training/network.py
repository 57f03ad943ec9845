"""GPT-J's architecture in plain torch, written to be trained quickly on a CPU.

Parameters carry the names of transformers' ``GPTJForCausalLM``, so that a state
dict goes into a checkpoint as it is; a test holds the two to equal logits.

The layers know states alone. Which token sees which is the business of a ``Mixing``: padded rows
here, packed rows and cached keys in modules of their own.
"""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint


@dataclass(frozen=True)
class Shape:
    """The sizes of a GPT-J, named as in its ``config.json``."""

    vocab_size: int
    n_embd: int
    n_layer: int
    n_head: int
    rotary_dim: int
    n_positions: int
    layer_norm_epsilon: float = 1e-5

    def hf_config(self, *, end_of_text: int) -> dict[str, Any]:
        """The ``config.json`` that transformers reads."""
        return {
            "architectures": ["GPTJForCausalLM"],
            "model_type": "gptj",
            **asdict(self),
            "n_inner": None,
            "activation_function": "gelu_new",
            "attn_pdrop": 0.0,
            "embd_pdrop": 0.0,
            "resid_pdrop": 0.0,
            "initializer_range": 0.02,
            "tie_word_embeddings": False,
            "use_cache": True,
            "bos_token_id": end_of_text,
            "eos_token_id": end_of_text,
            "dtype": "bfloat16",
        }


def rotary_table(length: int, rotary_dim: int) -> Tensor:
    """Unit complex numbers, (length, rotary_dim / 2): one angle a pair of dimensions."""
    # On the CPU wherever the network is made, also on no device.
    pairs = torch.arange(0, rotary_dim, 2, dtype=torch.float32, device="cpu")
    positions = torch.arange(length, dtype=torch.float32, device="cpu")
    angle = torch.outer(positions, 1.0 / (10000 ** (pairs / rotary_dim)))
    return torch.polar(torch.ones_like(angle), angle)


def rotate(x: Tensor, table: Tensor) -> Tensor:
    """Turn the first dimensions of (..., positions, heads, head size), pairs interleaved.

    ``table`` is (positions, pairs).
    """
    pairs = table.shape[-1]
    turned, rest = x[..., : 2 * pairs], x[..., 2 * pairs :]
    as_complex = torch.view_as_complex(turned.float().unflatten(-1, (pairs, 2)))
    turned = torch.view_as_real(as_complex * table[:, None]).flatten(-2).to(x.dtype)
    return torch.cat((turned, rest), dim=-1)


def attend(q: Tensor, k: Tensor, v: Tensor, later: Tensor) -> Tensor:
    """Causal attention over (batch, heads, length, head size).

    ``later`` is -inf above the diagonal. On a CPU at a few hundred positions two plain
    products cost a third of torch's fused kernel, forward and backward together.
    """
    if q.device.type != "cpu":
        return functional.scaled_dot_product_attention(q, k, v, is_causal=True)
    shape = q.shape
    q, k, v = (x.reshape(-1, shape[2], shape[3]) for x in (q, k, v))
    scores = torch.baddbmm(
        later.to(q.dtype).expand(q.shape[0], -1, -1),
        q,
        k.transpose(1, 2),
        alpha=shape[3] ** -0.5,
    )
    return torch.bmm(scores.softmax(-1).to(v.dtype), v).view(shape)


class Mixing(Protocol):
    """What attention does with the queries, keys and values of a layer."""

    def __call__(self, layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Rotate and attend: (..., heads, head size) in, the shape of ``q`` out."""


Noise = Callable[[Tensor], Tensor]
"""Dropout of what the adapters of a layer read; each call draws anew."""
NoiseOfLayer = Callable[[int], Noise]
"""A layer's dropout from its beginning, so that a layer can be computed again."""


class PaddedRows:
    """Each token of (batch, length) sees what is before it in its row. Padding is at the end."""

    def __init__(self, table: Tensor, length: int) -> None:
        self.table = table[:length]
        self.later = torch.full((length, length), -torch.inf, device=table.device).triu(1)

    def __call__(self, layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """(batch, length, heads, head size) in and out."""
        q, k = rotate(q, self.table), rotate(k, self.table)
        mixed = attend(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2), self.later)
        return mixed.transpose(1, 2)


class LowRank(nn.Module):
    """What LoRA adds to a linear layer: ``scale * (x A^T) B^T`` (Hu et al. 2022)."""

    def __init__(self, a: Tensor, b: Tensor, scale: float) -> None:
        super().__init__()
        self.lora_A, self.lora_B = nn.Parameter(a), nn.Parameter(b)
        self.scale = scale


class Linear(nn.Linear):
    """A linear layer that an adapter may be attached to.

    product: computes it in place of ``weight`` and ``bias``, if set, from weights of fewer bits.
    """

    low_rank: LowRank | None
    product: nn.Module | None

    def __init__(self, inputs: int, outputs: int, *, bias: bool = True) -> None:
        super().__init__(inputs, outputs, bias=bias)
        self.low_rank = None
        self.product = None

    def forward(self, x: Tensor, noisy: Tensor | None = None) -> Tensor:
        """(..., inputs) to (..., outputs); the adapter reads ``noisy`` where that is given."""
        y: Tensor = super().forward(x) if self.product is None else self.product(x)
        if self.low_rank is None:
            return y
        low = functional.linear(x if noisy is None else noisy, self.low_rank.lora_A)
        added = torch.addmm(
            y.flatten(0, -2),
            low.flatten(0, -2),
            self.low_rank.lora_B.t(),
            alpha=self.low_rank.scale,
        )
        return added.view(y.shape)


Read = tuple[Tensor, Tensor]
"""States that a linear layer reads, and the same after dropout for its adapter."""


def _unchanged(x: Tensor) -> Tensor:
    return x


class Attention(nn.Module):
    """Self-attention; GPT-J's projections have no bias."""

    q_proj: Linear
    k_proj: Linear
    v_proj: Linear
    out_proj: Linear

    def __init__(self, shape: Shape, layer: int) -> None:
        super().__init__()
        self.layer, self.heads = layer, shape.n_head
        for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
            setattr(self, name, Linear(shape.n_embd, shape.n_embd, bias=False))

    def forward(self, states: Read, asked: Read, mixing: Mixing, noise: Noise) -> Tensor:
        """(..., n_embd) in; what is added to those that are ``asked``."""
        q, k, v = (
            project(*read).unflatten(-1, (self.heads, -1))
            for project, read in (
                (self.q_proj, asked),
                (self.k_proj, states),
                (self.v_proj, states),
            )
        )
        mixed = mixing(self.layer, q, k, v).flatten(-2)
        out: Tensor = self.out_proj(mixed, noise(mixed))
        return out


class FeedForward(nn.Module):
    """Two projections around GPT-2's tanh form of gelu."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.fc_in = Linear(shape.n_embd, 4 * shape.n_embd)
        self.fc_out = Linear(4 * shape.n_embd, shape.n_embd)

    def forward(self, asked: Read, noise: Noise) -> Tensor:
        """(..., n_embd) in and out."""
        inner = functional.gelu(self.fc_in(*asked), approximate="tanh")
        out: Tensor = self.fc_out(inner, noise(inner))
        return out


class Block(nn.Module):
    """One layer: attention and feed-forward read the same normalised input."""

    def __init__(self, shape: Shape, layer: int) -> None:
        super().__init__()
        self.layer = layer
        self.ln_1 = nn.LayerNorm(shape.n_embd, eps=shape.layer_norm_epsilon)
        self.attn = Attention(shape, layer)
        self.mlp = FeedForward(shape)

    def forward(
        self,
        x: Tensor,
        mixing: Mixing,
        at: Tensor | None = None,
        noise_of_layer: NoiseOfLayer | None = None,
    ) -> Tensor:
        """(..., n_embd) in and out; of (tokens, n_embd) only those ``at`` these places, if any."""
        noise = noise_of_layer(self.layer) if noise_of_layer else _unchanged
        normal = self.ln_1(x)
        states = asked = (normal, noise(normal))
        if at is not None:
            x, *taken = (state.index_select(0, at) for state in (x, *states))
            asked = (taken[0], taken[1])
        return x + self.attn(states, asked, mixing, noise) + self.mlp(asked, noise)


class GPTJ(nn.Module):
    """Token ids to hidden states; the head is applied only where a loss wants it."""

    table: Tensor

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.transformer = nn.ModuleDict(
            {
                "wte": nn.Embedding(shape.vocab_size, shape.n_embd),
                "h": nn.ModuleList(Block(shape, layer) for layer in range(shape.n_layer)),
                "ln_f": nn.LayerNorm(shape.n_embd, eps=shape.layer_norm_epsilon),
            }
        )
        self.lm_head = nn.Linear(shape.n_embd, shape.vocab_size)
        self.register_buffer(
            "table", rotary_table(shape.n_positions, shape.rotary_dim), persistent=False
        )
        for name, parameter in self.named_parameters():
            if parameter.dim() == 2:
                # The additions to the residual stream start small: 2 additions a layer.
                closes = name.endswith(("out_proj.weight", "fc_out.weight"))
                scale = (2 * shape.n_layer) ** -0.5 if closes else 1.0
                nn.init.normal_(parameter, std=0.02 * scale)
            elif name.endswith("bias"):
                nn.init.zeros_(parameter)

    def states(
        self,
        ids: Tensor,
        mixing: Mixing,
        *,
        at: Tensor | None = None,
        noise_of_layer: NoiseOfLayer | None = None,
        recompute: bool = False,
    ) -> Tensor:
        """Final normalised states, (..., n_embd), of ids (...).

        ``at``: the places of ids (tokens) whose states are wanted; the last layer computes no
        others. ``recompute`` keeps no layer's inner states for the gradient.
        """
        held = self.lm_head.weight.dtype
        # An adapter stays fp32.
        mixed = torch.autocast(ids.device.type, held) if held == torch.bfloat16 else nullcontext()
        with mixed:
            x = self.transformer["wte"](ids)
            for block in self.transformer["h"]:
                arguments = (x, mixing, at if block.layer == self.shape.n_layer - 1 else None)
                if recompute and torch.is_grad_enabled():
                    x = checkpoint(
                        block,
                        *arguments,
                        noise_of_layer,
                        use_reentrant=False,
                        preserve_rng_state=False,
                    )
                else:
                    x = block(*arguments, noise_of_layer)
            out: Tensor = self.transformer["ln_f"](x)
        return out.to(held)

    def hidden(self, ids: Tensor) -> Tensor:
        """Final normalised states, (batch, length, n_embd), of padded ids (batch, length)."""
        return self.states(ids, PaddedRows(self.table, ids.shape[1]))

    def forward(self, ids: Tensor) -> Tensor:
        """Logits (batch, length, vocab_size) in fp32."""
        logits: Tensor = self.lm_head(self.hidden(ids))
        return logits.float()
