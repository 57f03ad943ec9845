"""One choice of one request while the engine holds it. Holds no logic and no torch."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from workers.engine.request import Request
from workers.engine.scheduling.blocks import BLOCK
from workers.engine.text import TextStream


@dataclass(slots=True, eq=False)
class Sequence:
    """A request's choice.

    choice: its number among the request's.
    ids: prompt and generated tokens.
    root: the key before the first token; adapter_slot: where its adapter's weights are, 0 for none.
    computed: how many of `ids` have their keys and values in the cache.
    blocks: its blocks of the cache, in order; promised: how many more it may take.
    keys: of its full blocks, as far as they were computed.
    due: time before which its next token must not be sampled.
    sampling: what the sampler remembers; None until the sequence is admitted.
    """

    request: Request
    choice: int
    ids: list[int]
    text: TextStream
    root: bytes
    adapter_slot: int = 0
    computed: int = 0
    blocks: list[int] = field(default_factory=list)
    promised: int = 0
    keys: list[bytes] = field(default_factory=list)
    due: float = -math.inf
    sampling: Any = None

    @property
    def name(self) -> tuple[str, int]:
        """The name of the sequence in the scheduler."""
        return self.request.id, self.choice

    @property
    def prompt_length(self) -> int:
        return len(self.request.prompt_ids)

    @property
    def generated(self) -> int:
        return len(self.ids) - self.prompt_length

    @property
    def remaining(self) -> int:
        """Tokens whose keys and values are not in the cache yet."""
        return len(self.ids) - self.computed

    @property
    def decodes(self) -> bool:
        """Whether its next row is a token that was just generated."""
        return self.remaining == 1 and self.computed >= self.prompt_length

    @property
    def capacity(self) -> int:
        """Blocks for all its tokens but the last, which is never fed back."""
        positions = self.prompt_length + self.request.params.max_tokens - 1
        return max(1, -(-positions // BLOCK))


@dataclass(frozen=True, slots=True)
class Work:
    """Rows of one sequence in a step: ids[start : start + count].

    samples: whether the logits of its last row give a new token.
    row_by_row: these tokens were generated, each in a step of its own. Attention that is not the
        same for a row alone and in a chunk then runs for each row alone.
    """

    sequence: Sequence
    start: int
    count: int
    samples: bool
    row_by_row: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """A step: blocks to copy first, (source, target) in order, and rows to run."""

    copies: list[tuple[int, int]]
    work: list[Work]

    def __bool__(self) -> bool:
        return bool(self.work)
