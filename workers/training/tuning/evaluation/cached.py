"""GPT-J with its keys and values kept, so that what several texts share is computed once.

The modules are those of `workers.training.network`, adapters on them included; only attention is
written anew, for rows of different lengths and for tokens that must not see each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn import functional

from workers.training.network import GPTJ


@dataclass
class Cache:
    """Keys and values of a batch, for each layer (rows, heads, room, head size).

    A row's tokens are at the places 0, 1, 2 ... in order; what is behind its length is padding.
    """

    rows: int
    room: int
    keys: list[Tensor] = field(default_factory=list)
    values: list[Tensor] = field(default_factory=list)

    def layer(self, number: int, like: Tensor) -> tuple[Tensor, Tensor]:
        """Keys and values of a layer, made at its first use."""
        if number == len(self.keys):
            shape = (self.rows, like.shape[1], self.room, like.shape[3])
            self.keys.append(like.new_zeros(shape))
            self.values.append(like.new_zeros(shape))
        return self.keys[number], self.values[number]


def hidden(
    network: GPTJ, cache: Cache, ids: Tensor, *, first: int | Tensor, positions: Tensor, seen: Tensor
) -> Tensor:
    """Final states (rows, length, n_embd) of more tokens, whose keys and values are kept.

    ids: (rows, length).
    first: the place in the cache that the first of them takes, of all rows or of each (rows,).
    positions: (rows, length), where each token is in its text.
    seen: (rows, length, room), which places each token attends to.
    """
    length = ids.shape[1]
    places = torch.as_tensor(first, device=ids.device).view(-1, 1).expand(cache.rows, 1)
    places = places + torch.arange(length, device=ids.device)
    rows = torch.arange(cache.rows, device=ids.device)[:, None]
    table, mask = network.table[positions][:, :, None], seen[:, None]
    x = network.transformer["wte"](ids)
    for number, block in enumerate(network.transformer["h"]):
        normal = block.ln_1(x)
        q, k, v = (
            getattr(block.attn, name)(normal).unflatten(-1, (block.attn.heads, -1))
            for name in ("q_proj", "k_proj", "v_proj")
        )
        q, k = _rotate(q, table).transpose(1, 2), _rotate(k, table)
        keys, values = cache.layer(number, q)
        keys[rows, :, places], values[rows, :, places] = k, v
        mixed = functional.scaled_dot_product_attention(q, keys, values, attn_mask=mask)
        x = x + block.attn.out_proj(mixed.transpose(1, 2).flatten(2)) + block.mlp(normal)
    out: Tensor = network.transformer["ln_f"](x)
    return out


def _rotate(x: Tensor, table: Tensor) -> Tensor:
    """Turn the first dimensions of (rows, length, heads, head size) by (rows, length, 1, pairs)."""
    pairs = table.shape[-1]
    turned, rest = x[..., : 2 * pairs], x[..., 2 * pairs :]
    as_complex = torch.view_as_complex(turned.float().unflatten(-1, (pairs, 2)))
    turned = torch.view_as_real(as_complex * table).flatten(-2).to(x.dtype)
    return torch.cat((turned, rest), dim=-1)


@dataclass(frozen=True)
class Read:
    """A batch of prompts that was read: its cache, and what follows each prompt."""

    cache: Cache
    lengths: Tensor
    """Tokens of each prompt, (rows,)."""
    last: Tensor
    """The final state of each prompt's last token, (rows, n_embd)."""


def read_prompts(network: GPTJ, prompts: Sequence[Sequence[int]], *, more: int) -> Read:
    """Read prompts, each of at least one token, with room for ``more`` tokens behind the longest."""
    device = network.table.device
    lengths = torch.tensor([len(prompt) for prompt in prompts], device=device)
    longest = int(lengths.max())
    ids = torch.zeros(len(prompts), longest, dtype=torch.long)
    for row, prompt in enumerate(prompts):
        ids[row, : len(prompt)] = torch.tensor(prompt)
    cache = Cache(len(prompts), longest + more)
    positions = torch.arange(longest, device=device).expand(len(prompts), -1)
    seen = positions[:, :, None] >= torch.arange(cache.room, device=device)
    states = hidden(network, cache, ids.to(device), first=0, positions=positions, seen=seen)
    last = states[torch.arange(len(prompts), device=device), lengths - 1]
    return Read(cache, lengths, last)
