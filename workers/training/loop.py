"""The way through a schedule: step after step, and what is done at intervals between them."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from workers.training.journal import Journal
from workers.training.trainer import Learnable, StepResult, Trainer


@dataclass(frozen=True)
class Intervals:
    """After how many steps something is done; at the last step all of it is."""

    record: int
    validate: int
    """A multiple of ``record``: what validation finds goes into the same line."""
    save: int


def train_steps(
    trainer: Trainer, batches_by_step: Iterable[Sequence[Learnable]]
) -> Iterator[StepResult]:
    """Train to the end of the schedule, which may change on the way.

    ``batches_by_step`` begins with those of the trainer's next step.
    """
    batches = iter(batches_by_step)
    while not trainer.is_finished:
        step = next(batches, None)
        if step is None:
            return
        yield trainer.train_step(step)


def run_schedule(
    trainer: Trainer,
    batches_by_step: Iterable[Sequence[Learnable]],
    *,
    journal: Journal,
    intervals: Intervals,
    validate: Callable[[], dict[str, float]],
    report: Callable[[dict[str, Any], timedelta], None],
    save: Callable[[], None],
) -> None:
    """Train to the end of the schedule.

    ``batches_by_step`` begins with those of the trainer's next step. ``report`` is called with
    each line of the record and the time that the rest of the schedule will take.
    """
    recent: list[StepResult] = []
    began = time.monotonic()
    for result in train_steps(trainer, batches_by_step):
        recent.append(result)
        if trainer.step % intervals.record == 0 or trainer.is_finished:
            seconds = time.monotonic() - began
            line = _line(trainer, recent, seconds)
            if trainer.step % intervals.validate == 0 or trainer.is_finished:
                line["validation"] = validate()
            journal.append(line)
            left = (trainer.schedule.steps - trainer.step) * seconds / len(recent)
            report(line, timedelta(seconds=round(left)))
            recent, began = [], time.monotonic()
        if trainer.step % intervals.save == 0 or trainer.is_finished:
            save()


def _line(trainer: Trainer, recent: Sequence[StepResult], seconds: float) -> dict[str, Any]:
    positions = sum(result.positions for result in recent)
    return {
        "step": trainer.step,
        "tokens": trainer.tokens,
        "loss": round(sum(result.loss for result in recent) / positions, 4),
        "rate": trainer.schedule.rate(trainer.step),
        "tokens_per_s": round(sum(result.tokens for result in recent) / seconds),
    }
