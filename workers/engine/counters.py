"""The engine's counters, for pages that show its state. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from workers.engine.request import FinishReason
from workers.engine.scheduling.scheduler import Scheduler
from workers.engine.scheduling.sequence import Work

# Seconds of busy steps over which the shown speed is averaged.
_WINDOW = 5.0


@dataclass(frozen=True, slots=True)
class Counters:
    """Since the engine was made:
        steps; busy_seconds: time in them; generated_tokens; prompt_tokens: computed, not reused;
        reused_tokens: prompt tokens found in the cache; evicted_blocks: gave way to others;
        finished: how many choices ended for each reason.
    Now:
        running, waiting: choices; rows, decoding: of the last step, all and those of decoding;
        blocks, used_blocks, idle_blocks: of the cache: all, in use, kept for texts that
        come again; tokens_per_second: generated, over the last seconds of busy steps.
    """

    steps: int
    busy_seconds: float
    generated_tokens: int
    prompt_tokens: int
    reused_tokens: int
    evicted_blocks: int
    finished: dict[FinishReason, int]
    running: int
    waiting: int
    rows: int
    decoding: int
    blocks: int
    used_blocks: int
    idle_blocks: int
    tokens_per_second: float


@dataclass(slots=True)
class Meter:
    """Counts as the engine's thread tells it; any thread may read."""

    steps: int = 0
    busy_seconds: float = 0.0
    generated: int = 0
    prompt: int = 0
    rows: int = 0
    decoding: int = 0
    finishes: dict[FinishReason, int] = field(default_factory=dict)
    _window_tokens: float = 0.0
    _window_seconds: float = 0.0

    def count_step(self, work: Sequence[Work], seconds: float) -> None:
        self.steps += 1
        self.busy_seconds += seconds
        self.rows = sum(item.count for item in work)
        tokens = sum(item.samples for item in work)
        self.decoding = sum(item.row_by_row for item in work)
        self.prompt += sum(item.count for item in work if not item.row_by_row)
        self.generated += tokens
        keep = max(0.0, 1.0 - seconds / _WINDOW) if self._window_seconds >= _WINDOW else 1.0
        self._window_tokens = keep * self._window_tokens + tokens
        self._window_seconds = keep * self._window_seconds + seconds

    def count_finish(self, reason: FinishReason) -> None:
        self.finishes[reason] = self.finishes.get(reason, 0) + 1

    def read(self, scheduler: Scheduler, *, held: int) -> Counters:
        running, pool = len(scheduler.live), scheduler.pool
        return Counters(
            steps=self.steps,
            busy_seconds=self.busy_seconds,
            generated_tokens=self.generated,
            prompt_tokens=self.prompt,
            reused_tokens=scheduler.reused,
            evicted_blocks=pool.evicted,
            finished=dict(self.finishes),
            running=running,
            waiting=max(0, held - running),
            rows=self.rows,
            decoding=self.decoding,
            blocks=pool.capacity,
            used_blocks=pool.used,
            idle_blocks=pool.idle,
            tokens_per_second=(
                self._window_tokens / self._window_seconds if self._window_seconds else 0.0
            ),
        )
