"""GPT-J's architecture in plain torch, written to be trained quickly on a CPU.

Parameters carry the names of transformers' ``GPTJForCausalLM``, so that a state
dict goes into a checkpoint as it is; a test holds the two to equal logits.
"""

from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True)
class Shape:
    """The sizes of a GPT-J, named as in its ``config.json``."""

    vocab_size: int
    n_embd: int
    n_layer: int
    n_head: int
    rotary_dim: int
    n_positions: int

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
            "layer_norm_epsilon": 1e-5,
            "tie_word_embeddings": False,
            "use_cache": True,
            "bos_token_id": end_of_text,
            "eos_token_id": end_of_text,
            "dtype": "bfloat16",
        }


def rotary_table(length: int, rotary_dim: int) -> Tensor:
    """Unit complex numbers, (length, rotary_dim / 2): one angle a pair of dimensions."""
    frequency = 1.0 / (10000 ** (torch.arange(0, rotary_dim, 2, dtype=torch.float32) / rotary_dim))
    angle = torch.outer(torch.arange(length, dtype=torch.float32), frequency)
    return torch.polar(torch.ones_like(angle), angle)


def rotate(x: Tensor, table: Tensor) -> Tensor:
    """Turn the first dimensions of (batch, length, heads, head size), pairs interleaved."""
    pairs = table.shape[-1]
    turned, rest = x[..., : 2 * pairs], x[..., 2 * pairs :]
    as_complex = torch.view_as_complex(turned.float().unflatten(-1, (pairs, 2)))
    turned = torch.view_as_real(as_complex * table[: x.shape[1], None]).flatten(-2).to(x.dtype)
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


class Attention(nn.Module):
    """Causal self-attention; GPT-J's projections have no bias."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads = shape.n_head
        for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
            setattr(self, name, nn.Linear(shape.n_embd, shape.n_embd, bias=False))

    def forward(self, x: Tensor, table: Tensor, later: Tensor) -> Tensor:
        """(batch, length, n_embd) in and out."""
        q, k, v = (
            getattr(self, name)(x).unflatten(-1, (self.heads, -1))
            for name in ("q_proj", "k_proj", "v_proj")
        )
        q, k = rotate(q, table), rotate(k, table)
        mixed = attend(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2), later)
        out: Tensor = self.out_proj(mixed.transpose(1, 2).flatten(2))
        return out


class FeedForward(nn.Module):
    """Two projections around GPT-2's tanh form of gelu."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.fc_in = nn.Linear(shape.n_embd, 4 * shape.n_embd)
        self.fc_out = nn.Linear(4 * shape.n_embd, shape.n_embd)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, length, n_embd) in and out."""
        out: Tensor = self.fc_out(functional.gelu(self.fc_in(x), approximate="tanh"))
        return out


class Block(nn.Module):
    """One layer: attention and feed-forward read the same normalised input."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.ln_1 = nn.LayerNorm(shape.n_embd)
        self.attn = Attention(shape)
        self.mlp = FeedForward(shape)

    def forward(self, x: Tensor, table: Tensor, later: Tensor) -> Tensor:
        """(batch, length, n_embd) in and out."""
        normal = self.ln_1(x)
        return x + self.attn(normal, table, later) + self.mlp(normal)


class GPTJ(nn.Module):
    """Token ids to hidden states; the head is applied only where a loss wants it."""

    table: Tensor

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.transformer = nn.ModuleDict(
            {
                "wte": nn.Embedding(shape.vocab_size, shape.n_embd),
                "h": nn.ModuleList(Block(shape) for _ in range(shape.n_layer)),
                "ln_f": nn.LayerNorm(shape.n_embd),
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

    def hidden(self, ids: Tensor) -> Tensor:
        """Final normalised states, (batch, length, n_embd), of ids (batch, length)."""
        length = ids.shape[1]
        later = torch.full((length, length), -torch.inf, device=ids.device).triu(1)
        x = self.transformer["wte"](ids)
        for block in self.transformer["h"]:
            x = block(x, self.table, later)
        out: Tensor = self.transformer["ln_f"](x)
        return out

    def forward(self, ids: Tensor) -> Tensor:
        """Logits (batch, length, vocab_size) in fp32."""
        logits: Tensor = self.lm_head(self.hidden(ids))
        return logits.float()
