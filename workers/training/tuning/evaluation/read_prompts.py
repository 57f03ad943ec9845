"""Prompts that are read once, and continuations side by side: each sees the prompt and itself."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from workers.training.network import GPTJ, PaddedRows, rotate


class ReadPrompts:
    """A batch of prompts with their keys and values kept; adapters on the network count.

    last: the final state of each prompt's last token, (rows, n_embd).
    """

    def __init__(self, network: GPTJ, prompts: Sequence[Sequence[int]]) -> None:
        self.network, device = network, network.table.device
        self.rows, self.longest = len(prompts), max(map(len, prompts))
        self.lengths = torch.tensor([len(prompt) for prompt in prompts], device=device)
        ids = torch.zeros(self.rows, self.longest, dtype=torch.long)
        for row, prompt in enumerate(prompts):
            ids[row, : len(prompt)] = torch.tensor(prompt)
        self._keys: list[Tensor] = []
        self._values: list[Tensor] = []
        self._padded = PaddedRows(network.table, self.longest)
        states = network.states(ids.to(device), self._read)
        self.last = states[torch.arange(self.rows, device=device), self.lengths - 1]

    def _read(self, layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """(rows, longest, heads, head size)."""
        self._keys.append(rotate(k, self._padded.table))
        self._values.append(v)
        return self._padded(layer, q, k, v)

    def continue_with(self, ids: Tensor, owner: Tensor, depth: Tensor) -> Tensor:
        """Final states (rows, tokens, n_embd) of the same tokens behind each prompt.

        ids, owner, depth: (tokens). Of each token: itself, the number of the continuation that it
        belongs to, and its place in that, from 0.
        """
        own = (owner[:, None] == owner) & (depth[:, None] >= depth)
        prompt = torch.arange(self.longest, device=ids.device) < self.lengths[:, None]
        seen = torch.cat(
            (
                prompt[:, None].expand(-1, len(ids), -1),
                own.expand(self.rows, -1, -1),
            ),
            dim=2,
        )[:, None]
        table = self.network.table[(self.lengths[:, None] + depth).flatten()]

        def attend(layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
            """(rows * tokens, heads, head size)."""
            q, k, v = (
                x.view(self.rows, len(ids), *x.shape[1:])
                for x in (rotate(q, table), rotate(k, table), v)
            )
            k = torch.cat((self._keys[layer], k), dim=1)
            v = torch.cat((self._values[layer], v), dim=1)
            mixed = functional.scaled_dot_product_attention(
                q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2), attn_mask=seen
            )
            return mixed.transpose(1, 2).flatten(0, 1)

        states = self.network.states(ids.repeat(self.rows), attend)
        return states.view(self.rows, len(ids), -1)
