"""How long a job is: what is said before its first step, and corrected while it runs."""

import math
import time
from dataclasses import dataclass

from workers.training.tuning.learner import Learner
from workers.training.tuning.order import steps_of

MEASURED = 10
"""Steps after which the length of a job in minutes is corrected for the first time."""


@dataclass(frozen=True)
class Plan:
    """micro_batch: rows computed at once, kept for all of the job. steps: in all. evaluate_every:
    steps between two looks at the held-out rows."""

    micro_batch: int
    steps: int
    evaluate_every: int


def looks_of(learner: Learner, steps: int) -> int:
    """Steps between two looks at the held-out rows: an epoch, but 5 to 20 looks in all."""
    once_an_epoch = min(learner.steps_of_epoch, math.ceil(steps / 5))
    return learner.options.evaluate_every or max(once_an_epoch, math.ceil(steps / 20))


def seconds_of_step(learner: Learner) -> float:
    """About how long a step takes, from one of the first batch; nothing is learnt."""
    batches = next(learner.batches())
    began = time.monotonic()
    for _ in learner.trainer.gradients(list(enumerate(batches))):
        pass
    return max(1e-3, time.monotonic() - began)


def planned_steps(learner: Learner, *, seconds_a_step: float) -> int:
    """Steps of the epochs, or of the minutes at this speed; one at least."""
    options = learner.options
    if options.minutes is None:
        return steps_of(len(learner.rows), options.batch, options.epochs or 1)
    return max(1, int(options.minutes * 60 / seconds_a_step))


def corrected_steps(learner: Learner, *, step: int, seconds: float) -> int:
    """Steps that fit into the minutes, where ``step`` of them took ``seconds``."""
    left = max(0.0, (learner.options.minutes or 0) * 60 - seconds)
    return step + int(left / (seconds / step))
