"""How long a job is: what is said before its first step, and corrected while it runs."""

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from workers.training.packing import PackedBatch
from workers.training.tuning.learner import Learner
from workers.training.tuning.memory import bytes_of_rows, find_micro_batch, free_bytes, peak_bytes
from workers.training.tuning.order import steps_of
from workers.training.tuning.processes import Single, Together

MEASURED = 10
"""Steps after which the length of a job in minutes is corrected for the first time."""


@dataclass(frozen=True)
class Plan:
    """micro_batch: rows computed at once, kept for all of the job. steps: in all. evaluate_every:
    steps between two looks at the held-out rows."""

    micro_batch: int
    steps: int
    evaluate_every: int


def make_plan(learner: Learner, processes: Single | Together) -> tuple[Plan, float]:
    """The plan of a job before its first step, and about how many seconds a step takes.

    Nothing is learnt by it. Raises DoesNotFit.
    """
    micro_batch = learner.options.micro_batch or _fitting_micro_batch(learner, processes)
    learner.micro_batch = int(processes.first_says([micro_batch])[0])
    seconds = _seconds_of_step(learner, processes)
    steps = int(processes.first_says([_planned_steps(learner, seconds)])[0])
    return Plan(learner.micro_batch, steps, _steps_between_looks(learner, steps)), seconds


def _fitting_micro_batch(learner: Learner, processes: Single | Together) -> int:
    """Rows computed at once: as many of the longest as memory takes, some for each process."""
    options, on_cpu = learner.options, learner.device.type == "cpu"
    longest = max(learner.rows, key=lambda row: len(row.ids))
    length = len(longest.ids)

    def attempt(rows: int) -> None:
        learner.micro_batch = rows
        # Where one process runs out of memory and others do not, these would wait for it.
        if not learner.is_sharded:
            _compute(learner, learner.longest()[:1])

    def estimate(rows: int) -> int:
        if learner.tokens_at_once is not None:
            rows = min(rows, max(1, learner.tokens_at_once // length))
        return bytes_of_rows(
            learner.base.network.shape,
            rows * (options.threads if on_cpu else 1),
            length,
            labels=length - longest.begin,
            recompute=options.gradient_checkpointing,
        )

    # On a CPU two cores have a part each; the division must not depend on their number.
    parts = max(processes.count, 2 if on_cpu else 1)
    batch = -(-learner.batch // parts)
    return find_micro_batch(batch, attempt, estimate, free_bytes(learner.device))


def _compute(learner: Learner, batches: Sequence[PackedBatch]) -> None:
    """Gradients that are thrown away."""
    for _ in learner.trainer.gradients(list(enumerate(batches))):
        pass


def _seconds_of_step(learner: Learner, processes: Single | Together) -> float:
    batches = next(learner.batches())
    began = time.monotonic()
    _compute(learner, batches[: -(-len(batches) // processes.count)])
    return max(1e-3, time.monotonic() - began)


def _planned_steps(learner: Learner, seconds_a_step: float) -> int:
    """Steps of the epochs, or of the minutes at this speed; one at least."""
    options = learner.options
    if options.minutes is None:
        return steps_of(len(learner.rows), learner.batch, options.epochs or 1)
    return max(1, int(options.minutes * 60 / seconds_a_step))


def _steps_between_looks(learner: Learner, steps: int) -> int:
    """An epoch, but 5 to 20 looks in all."""
    once_an_epoch = min(learner.steps_of_epoch, math.ceil(steps / 5))
    return learner.options.evaluate_every or max(once_an_epoch, math.ceil(steps / 20))


def describe_plan(
    plan: Plan, learner: Learner, processes: Single | Together, *, seconds_a_step: float
) -> dict[str, Any]:
    """The record's line on a plan."""
    options, parts = learner.options, learner.steps_of_epoch
    return {
        "rows": len(learner.rows),
        "sequences": learner.parts_of_epoch,
        "steps": plan.steps,
        "epochs": round(plan.steps / parts, 3),
        "tokens": round(sum(learner.lengths) * plan.steps / parts),
        "micro_batch": plan.micro_batch,
        "kernel": ", ".join(_way_of_computing(learner, processes)),
        "memory": peak_bytes(learner.device),
        "seconds": round(seconds_a_step * plan.steps, 1),
        "parameters": learner.base.parameters,
        "trained": sum(parameter.numel() for parameter in learner.trained.values()),
        "method": options.method,
        "rank": options.rank,
        "rate": options.rate,
    }


def _way_of_computing(learner: Learner, processes: Single | Together) -> Iterator[str]:
    yield f"{learner.device.type} {learner.precision}"
    yield "packed" if learner.options.packing else "padded"
    if learner.device.type != "cpu":
        yield f"attention by {learner.kernel}"
    if learner.options.quantize != "none":
        yield f"base in {learner.options.quantize}"
    if processes.count > 1:
        yield f"{processes.count} processes, {'sharded' if learner.is_sharded else 'replicated'}"


def corrected_steps(learner: Learner, *, step: int, seconds: float) -> int:
    """Steps that fit into the minutes, where ``step`` of them took ``seconds``."""
    left = max(0.0, (learner.options.minutes or 0) * 60 - seconds)
    return step + int(left / (seconds / step))
