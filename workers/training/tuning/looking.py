"""Looks at held-out rows and samples while a job trains."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from workers.training.tuning.base import Base
from workers.training.tuning.inference import (
    EncodedRow,
    GreedyText,
    generate_greedily,
    score_completions,
)

MOST_ROWS = 200
"""Held-out rows of a look; all of them are evaluated when the job ends."""
LONGEST_SAMPLE = 200


@dataclass(frozen=True)
class Look:
    """loss: in nats a token of completions and their ends. right: share of the rows whose
    completion greedy generation gives."""

    loss: float
    right: float

    @property
    def perplexity(self) -> float:
        """Of a token."""
        return math.exp(min(self.loss, 100.0))


def look_at_held_out(base: Base, rows: Sequence[EncodedRow]) -> Look:
    """How the network does on the first held-out rows."""
    scores = score_completions(base, rows[:MOST_ROWS])
    return Look(
        loss=-sum(score.log_probability for score in scores)
        / sum(score.tokens for score in scores),
        right=sum(score.is_greedy for score in scores) / len(scores),
    )


def longest_text(completion: int, base: Base) -> int:
    """Tokens that a text may have, where the longest completion of the dataset has so many."""
    return min(completion + completion // 2 + 8, base.network.shape.n_positions // 2)


def sample_texts(
    base: Base, prompts: Sequence[str], completion: int
) -> Iterator[tuple[str, GreedyText]]:
    """Each prompt and the text that follows it."""
    most = min(longest_text(completion, base), LONGEST_SAMPLE)
    yield from zip(prompts, generate_greedily(base, prompts, max_tokens=most), strict=True)
