"""Which tokens run in the next step. Decides with plain numbers and no torch.

A step runs rows. Every sequence that is decoding has one, its newest token. Beside them, prompts
enter in chunks, as many rows as keep the step short for those who wait for their next token.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

from workers.engine.scheduling.blocks import BLOCK, BlockPool
from workers.engine.scheduling.prefixes import (
    Claims,
    adopt,
    cached_blocks,
    record_block,
    record_tail,
)
from workers.engine.scheduling.sequence import Plan, Sequence, Work
from workers.engine.scheduling.step_cost import StepCost

# How much longer than without it a step with prompts may take.
STALL = 1.5
# Seconds. A step cannot be interrupted: requests that come or end meanwhile wait for its end.
MAX_STEP_SECONDS = 2.0


@dataclass(slots=True)
class Scheduler:
    """Waiting and live sequences.

    max_batch: live sequences at most.
    pool: the cache's blocks. A sequence is admitted when all the blocks it can need are free.
    grid: chunks of prompts end at multiples of this or with the prompt. Where a row's numbers
        depend on the chunk that it is in, this makes the chunks the same in any batch.
    prefill_rows: rows of prompts in one step at most, when nobody is decoding.
    shares: whether cached text is reused.
    interval: least seconds between two tokens of a sequence; 0 for no cap.
    reused: prompt tokens found in the cache so far.
    """

    max_batch: int
    pool: BlockPool
    grid: int = BLOCK
    prefill_rows: int = 256
    shares: bool = True
    interval: float = 0.0
    cost: StepCost = field(default_factory=StepCost)
    waiting: deque[Sequence] = field(default_factory=deque)
    live: list[Sequence] = field(default_factory=list)
    reused: int = 0

    def add(self, sequence: Sequence) -> None:
        self.waiting.append(sequence)

    def remove(self, sequence: Sequence, *, spoilt: bool = False) -> None:
        """Removes a sequence; its slot and blocks are free at once.

        spoilt: its results cannot be trusted and must not be reused.
        """
        if sequence not in self.live:
            self.waiting.remove(sequence)
            return
        self.live.remove(sequence)
        if self.shares and not spoilt:
            record_tail(sequence, self.pool)
        self.pool.release(sequence.blocks, forget=spoilt)
        self.pool.promised -= sequence.promised
        sequence.blocks, sequence.promised = [], 0

    def plan(self, now: float) -> Plan:
        """The next step; empty when nothing can run at time `now`."""
        self._admit()
        due = [sequence for sequence in self.live if sequence.due <= now]
        decoding = [self._work(sequence, 1) for sequence in due if sequence.decodes]
        entering = [sequence for sequence in due if not sequence.decodes]
        prompts = self._prompts(entering, len(decoding)) if entering else Plan([], [])
        return Plan(prompts.copies, decoding + prompts.work)

    def record_rows(self, work: Work) -> None:
        """Notes that a step has put these rows' keys and values into the cache."""
        sequence, end = work.sequence, work.start + work.count
        sequence.computed = end
        if self.shares:
            for index in range(work.start // BLOCK, end // BLOCK):
                record_block(sequence, index, self.pool)
            if end == sequence.prompt_length:
                record_tail(sequence, self.pool)

    def next_time(self) -> float | None:
        """Earliest time at which `plan` has rows; None when nothing is held."""
        if self.waiting and self._room(self.waiting[0]) is not None:
            return -math.inf
        return min((sequence.due for sequence in self.live), default=None)

    def schedule_next(self, sequence: Sequence, now: float) -> None:
        """Sets when the next token is due. Late tokens catch up by one interval at most.

        Due times are on a common grid, so sequences of one pace run in one batch.
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

    # -- admission ---------------------------------------------------------------------------

    def _admit(self) -> None:
        """First come, first served: who waits longest is next, however much it needs."""
        while self.waiting:
            found = self._room(self.waiting[0])
            if found is None:
                return
            sequence = self.waiting.popleft()
            for block in found:
                self.pool.share(block)
            sequence.blocks = found
            sequence.computed = len(found) * BLOCK
            sequence.promised = sequence.capacity - len(found)
            self.pool.promised += sequence.promised
            self.reused += sequence.computed
            self.live.append(sequence)

    def _room(self, sequence: Sequence) -> list[int] | None:
        """The blocks that hold its beginning already, if there is a slot and room for the rest."""
        if len(self.live) >= self.max_batch:
            return None
        found = cached_blocks(sequence, self.pool) if self.shares else []
        # An idle block that is used again no longer counts as room.
        awoken = sum(self.pool.is_idle(block) for block in found)
        if sequence.capacity - len(found) + awoken > self.pool.unpromised:
            return None
        return found

    # -- prompts -----------------------------------------------------------------------------

    def _prompts(self, entering: list[Sequence], decoding: int) -> Plan:
        """Chunks of these sequences for a step in which so many others decode.

        The shortest go first; the oldest gets a part of every step, so that none starves.
        """
        plan = Plan([], [])
        left = self._budget(decoding)
        claims = Claims()
        oldest = entering[0]
        kept = BLOCK
        for sequence in sorted(entering, key=lambda each: each.remaining):
            if sequence is oldest:
                kept = 0
            if left <= kept:
                continue
            if self.shares:
                adopted = adopt(sequence, self.pool)
                self.reused += adopted.tokens
                if adopted.copy is not None:
                    plan.copies.append(adopted.copy)
                if claims.wait(sequence):
                    # Another one computes the same tokens in this very step: they are in the cache
                    # with the next.
                    continue
            end = self._chunk_end(sequence, left - kept)
            work = self._work(sequence, end - sequence.computed)
            plan.work.append(work)
            left -= work.count
            if self.shares:
                claims.take(sequence, end)
        return plan

    def _budget(self, decoding: int) -> int:
        longest = self.cost.rows_within(MAX_STEP_SECONDS)
        most = self.prefill_rows if longest is None else min(longest, self.prefill_rows)
        rows = self.cost.more_rows(decoding, STALL) if decoding else most
        return BLOCK if rows is None else int(max(min(rows, most), BLOCK / 2))

    def _chunk_end(self, sequence: Sequence, rows: int) -> int:
        """Where a chunk of at most about `rows` rows ends, in a sequence that is not decoding."""
        start = sequence.computed
        whole = start < sequence.prompt_length
        end = sequence.prompt_length if whole else len(sequence.ids)
        if end - start > rows:
            end = max(start + rows, start + 1)
            end -= end % self.grid
            if end <= start:
                end = min((start // self.grid + 1) * self.grid, len(sequence.ids))
                if whole:
                    end = min(end, sequence.prompt_length)
        return end

    def _work(self, sequence: Sequence, count: int) -> Work:
        """The sequence's next `count` rows, with blocks to write their keys and values to."""
        start = sequence.computed
        while len(sequence.blocks) * BLOCK < start + count:
            sequence.blocks.append(self.pool.take())
            sequence.promised -= 1
        return Work(
            sequence=sequence,
            start=start,
            count=count,
            samples=start + count == len(sequence.ids),
            row_by_row=start >= sequence.prompt_length,
        )
