"""Log-probabilities of a text that is given, not generated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workers.engine.errors import InvalidParameter
from workers.engine.model.runner import Runner
from workers.engine.request import MAX_TOP_LOGPROBS


@dataclass(frozen=True, slots=True)
class TokenScore:
    """A given token: its logprob after the tokens before it (None for the first), the likeliest
    tokens at its place, and the probability that these leave to all others (None for the first)."""

    token_id: int
    logprob: float | None
    top: tuple[tuple[int, float], ...] = ()
    rest: float | None = None


def score_tokens(runner: Runner, ids: Sequence[int], top: int, slot: int) -> list[TokenScore]:
    """One pass over all tokens, under the adapter in `slot`; with the `top` likeliest of each
    place. Raises `InvalidParameter`."""
    if not 0 <= top <= MAX_TOP_LOGPROBS:
        raise InvalidParameter("top", f"a whole number from 0 to {MAX_TOP_LOGPROBS}", top)
    scores = [TokenScore(ids[0], None)]
    for token_id, (logprob, likeliest, rest) in runner.score(ids, top, slot):
        scores.append(TokenScore(token_id, logprob, likeliest, rest))
    return scores
