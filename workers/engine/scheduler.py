"""Which tokens run in the next step. Decides with plain numbers and no torch.

A step runs rows. A sequence that is decoding has one row, its newest token; a sequence whose
prompt is not in the cache yet has a chunk of it. Chunks begin at multiples of `CHUNK`, whatever
else runs, so that the arithmetic done for a sequence depends on the sequence alone: in fp32 a
request's tokens are then the same alone, in any batch, and when it is resumed.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from workers.engine.request import Request
from workers.engine.text import TextStream

CHUNK = 128


@dataclass(slots=True, eq=False)
class Sequence:
    """A request's state. Holds no logic.

    ids: prompt and generated tokens.
    computed: how many of `ids` have their keys and values in the cache.
    due: time before which its next token must not be sampled.
    cache, sampling: handles of the runner; None until the sequence is admitted.
    """

    request: Request
    ids: list[int]
    text: TextStream
    computed: int = 0
    due: float = -math.inf
    cache: Any = None
    sampling: Any = None

    @property
    def id(self) -> str:
        return self.request.id

    @property
    def prompt_length(self) -> int:
        return len(self.request.prompt_ids)

    @property
    def generated(self) -> int:
        return len(self.ids) - self.prompt_length

    @property
    def capacity(self) -> int:
        """Positions its cache needs: all tokens but the last, which is never fed back."""
        return self.prompt_length + self.request.params.max_tokens - 1


@dataclass(frozen=True, slots=True)
class Work:
    """Rows of one sequence in a step: ids[start : start + count].

    samples: whether the logits of its last row give a new token.
    row_by_row: attention runs for each row alone, as it does when decoding. True for decode rows
        and for generated tokens that a resumed sequence computes again.
    """

    sequence: Sequence
    start: int
    count: int
    samples: bool
    row_by_row: bool


@dataclass(slots=True)
class Scheduler:
    """Waiting and live sequences.

    max_batch: live sequences at most.
    cache_positions: positions that all live caches may hold together.
    prefill_rows: rows of prompts in one step, at most (one chunk runs at least).
    interval: least seconds between two tokens of a sequence; 0 for no cap.
    """

    max_batch: int
    cache_positions: float = math.inf
    prefill_rows: int = 2 * CHUNK
    interval: float = 0.0
    waiting: deque[Sequence] = field(default_factory=deque)
    live: list[Sequence] = field(default_factory=list)
    reserved: int = 0

    def add(self, sequence: Sequence) -> None:
        self.waiting.append(sequence)

    def remove(self, sequence: Sequence) -> None:
        """Forgets a sequence; its slot and cache positions are free at once."""
        if sequence in self.live:
            self.live.remove(sequence)
            self.reserved -= sequence.capacity
        else:
            self.waiting.remove(sequence)

    def plan(self, now: float) -> list[Work]:
        """Rows of the next step; empty when nothing can run at time `now`."""
        self._admit()
        decodes: list[Work] = []
        chunks: list[Work] = []
        budget = self.prefill_rows
        for sequence in self.live:
            if sequence.due > now:
                continue
            work = _next_work(sequence)
            if work.count == 1 and work.row_by_row:
                decodes.append(work)
            elif not chunks or work.count <= budget:
                chunks.append(work)
                budget -= work.count
        return decodes + chunks

    def next_time(self) -> float | None:
        """Earliest time at which `plan` has rows; None when nothing is held."""
        if self.waiting and self._fits(self.waiting[0]):
            return -math.inf
        return min((sequence.due for sequence in self.live), default=None)

    def sampled(self, sequence: Sequence, now: float) -> None:
        """Sets when the next token is due. Late tokens catch up by one interval at most.

        Due times lie on a common grid, so that sequences of one pace run in one batch.
        """
        if self.interval == 0.0:
            return
        due = sequence.due + self.interval
        if due < now - self.interval:
            ticks = math.floor(now / self.interval)
            due = ticks * self.interval
            if sequence.due == -math.inf:
                # A first token is off the grid: two intervals on is the first tick that is at
                # least one whole interval later.
                due += 2 * self.interval
        sequence.due = due

    def _admit(self) -> None:
        while self.waiting and self._fits(self.waiting[0]):
            sequence = self.waiting.popleft()
            self.reserved += sequence.capacity
            self.live.append(sequence)

    def _fits(self, sequence: Sequence) -> bool:
        room = self.reserved + sequence.capacity <= self.cache_positions
        return len(self.live) < self.max_batch and room


def _next_work(sequence: Sequence) -> Work:
    start = sequence.computed
    in_prompt = start < sequence.prompt_length
    end = min(
        (start // CHUNK + 1) * CHUNK, sequence.prompt_length if in_prompt else len(sequence.ids)
    )
    return Work(
        sequence=sequence,
        start=start,
        count=end - start,
        samples=end == len(sequence.ids),
        row_by_row=not in_prompt,
    )
