"""When training has gone astray, and whether what was learnt can be used."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

from workers.training.trainer import StepResult
from workers.training.tuning.errors import Diverged, NeverEnds
from workers.training.tuning.inference import GreedyText

WATCHED = 5
"""Steps whose middle loss is looked at: one odd batch stops nothing."""
FACTOR = 1.2
"""How far above the loss at the beginning, and above that of guessing evenly, is astray."""
LEAST_ENDED = 0.5
"""Share of the texts that must end by themselves."""


@dataclass
class LossGuard:
    """Stops a job whose loss is not finite or diverges. Its two lists are part of the state."""

    vocabulary: int
    first: list[float] = field(default_factory=list)
    """Losses of the first steps."""
    recent: list[float] = field(default_factory=list)
    """Losses of the last steps."""

    def look(self, step: int, result: StepResult) -> None:
        """Raise Diverged where the loss of a step shows it."""
        loss = result.loss / result.positions
        if not math.isfinite(loss) or not math.isfinite(result.gradient_norm):
            what = "loss" if not math.isfinite(loss) else "gradient"
            raise Diverged(
                f"At step {step} the {what} is not finite. Lower the learning rate, or look for "
                "odd rows in the dataset."
            )
        if len(self.first) < WATCHED:
            self.first.append(loss)
        self.recent = [*self.recent, loss][-WATCHED:]
        limit = FACTOR * max(self.first[0], math.log(self.vocabulary))
        middle = statistics.median(self.recent)
        if len(self.recent) == WATCHED and middle > limit:
            raise Diverged(
                f"At step {step} the loss is {middle:.2f}; it began at {self.first[0]:.2f}. "
                "Training diverges. Lower the learning rate."
            )


def check_held_out_loss(step: int, loss: float) -> None:
    """Raise Diverged where the loss of held-out rows is not finite."""
    if not math.isfinite(loss):
        raise Diverged(
            f"At step {step} the loss of the held-out rows is not finite. Lower the learning rate."
        )


def check_ends(texts: Sequence[GreedyText], *, max_tokens: int) -> str | None:
    """Raise NeverEnds where most texts go on; a sentence where some do, None where all end."""
    ended = sum(text.ended for text in texts)
    said = f"{ended} of {len(texts)} texts end by themselves within {max_tokens:,} tokens"
    if ended < LEAST_ENDED * len(texts):
        raise NeverEnds(
            f"Only {said}. The model has not learnt where a completion ends: train longer, or "
            "with a higher learning rate."
        )
    return None if ended == len(texts) else f"{said}."
