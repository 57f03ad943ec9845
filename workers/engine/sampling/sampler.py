"""From logits to tokens.

Order, as in transformers: logit bias, repetition penalty, frequency and presence penalties,
temperature, top-k, top-p, min-p, draw. The draw inverts the cumulative distribution in the
vocabulary's order at one uniform number keyed by (seed, choice, position): a difference in the last
bit of a logit can then change a token only where the number is within that bit of a border. All
operations work row by row, so a row's token does not depend on its neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from workers.engine.request import MAX_TOP_LOGPROBS, SamplingParams
from workers.engine.sampling.draw import draw
from workers.engine.sampling.penalties import Penalties, penalise
from workers.engine.sampling.randomness import uniform
from workers.engine.sampling.tiles import argmax, largest, running_sums, tiled


class TokenLogprobs(NamedTuple):
    """Of the model's own distribution: `logprob` of the token; `top`, (token id, logprob) with the
    likeliest first; `rest`, the probability that is left outside `top`, from 0 to 1."""

    logprob: float
    top: tuple[tuple[int, float], ...]
    rest: float


@dataclass(frozen=True, slots=True)
class Choice:
    """A sampled token; `logprob`, `top` and `rest` as in `TokenOutput`. `finite` is False when the
    model gave no number for the row, and the token means nothing then."""

    token_id: int
    finite: bool
    logprob: float | None = None
    top: tuple[tuple[int, float], ...] | None = None
    rest: float | None = None


class RowState:
    """What sampling remembers of one sequence.

    choice: number of the choice, which keys its randomness.
    penalties: None where no parameter asks for any.
    rows, device: of the logits.
    """

    __slots__ = ("choice", "params", "penalties")

    def __init__(
        self,
        params: SamplingParams,
        prompt_ids: Sequence[int],
        generated_ids: Sequence[int],
        *,
        rows: int,
        device: torch.device,
        choice: int = 0,
    ) -> None:
        self.params = params
        self.choice = choice
        self.penalties: Penalties | None = None
        if Penalties.needed(params):
            self.penalties = Penalties(params, prompt_ids, generated_ids)

    def record(self, token_id: int) -> None:
        """Notes a token that became part of the output."""
        if self.penalties is not None:
            self.penalties.record(token_id)


def sample(logits: Tensor, states: Sequence[RowState], positions: Sequence[int]) -> list[Choice]:
    """One token for each row of fp32 logits [R, vocab].

    Rows of the vocabulary that are no tokens hold -inf. `positions` are those of the new tokens,
    from 1.
    """
    shaped = penalise(logits, [state.penalties for state in states])
    greedy = [row for row, state in enumerate(states) if state.params.greedy]
    drawn = [row for row, state in enumerate(states) if not state.params.greedy]
    tokens = torch.empty(len(states), dtype=torch.int64, device=logits.device)
    if greedy:
        tokens[greedy] = argmax(tiled(_rows(shaped, greedy)))
    if drawn:
        tokens[drawn] = draw(
            _rows(shaped, drawn),
            [states[row].params for row in drawn],
            [
                uniform(states[row].params.seed, positions[row], choice=states[row].choice)
                for row in drawn
            ],
        )
    finite = torch.isfinite(logits.amax(dim=-1))
    # One transfer: each waits for the device.
    token_ids, is_finite = torch.stack((tokens, finite.to(torch.int64))).tolist()
    found = _sampled_logprobs(logits, token_ids, states)
    return [
        Choice(token, bool(ok)) if of is None else Choice(token, bool(ok), *of)
        for token, ok, of in zip(token_ids, is_finite, found, strict=True)
    ]


def _rows(logits: Tensor, rows: list[int]) -> Tensor:
    return logits if len(rows) == logits.shape[0] else logits[rows]


def _sampled_logprobs(
    logits: Tensor, tokens: Sequence[int], states: Sequence[RowState]
) -> list[TokenLogprobs | None]:
    """Of each row's token; None for rows whose parameters ask for none."""
    wanted = {
        row: state.params.logprobs
        for row, state in enumerate(states)
        if state.params.logprobs is not None
    }
    if not wanted:
        return [None] * len(states)
    rows = list(wanted)
    chosen = [tokens[row] for row in rows]
    found = token_logprobs(_rows(logits, rows), chosen, list(wanted.values()))
    by_row = dict(zip(rows, found, strict=True))
    return [by_row.get(row) for row in range(len(states))]


def token_logprobs(
    logits: Tensor, tokens: Sequence[int], tops: Sequence[int]
) -> list[TokenLogprobs]:
    """For each row of fp32 logits [R, vocab]: the logprob of its token, its `tops[row]` likeliest
    tokens (`MAX_TOP_LOGPROBS` at most), and the remaining probability.

    The remainder is summed without the likeliest tokens, so it is exact also when it is small.
    """
    tiles = tiled(logits)
    maxima = tiles.amax(dim=-1)
    most = maxima.amax(dim=-1, keepdim=True)
    # The same number for all rows in all batches, so that equal tokens come in the same order.
    values, ids = largest(tiles, maxima, MAX_TOP_LOGPROBS)
    chosen = logits.gather(1, torch.tensor(tokens, device=logits.device).unsqueeze(1))
    weights = (tiles - most.unsqueeze(-1)).exp_()
    mass = weights.flatten(1).gather(1, ids)
    ranks = torch.arange(MAX_TOP_LOGPROBS, device=logits.device)
    in_top = ranks < torch.tensor(tops, device=logits.device).unsqueeze(1)
    weights.flatten(1).scatter_(1, ids, torch.where(in_top, 0.0, mass))
    left = running_sums(weights)[:, -1:]
    total = left + torch.where(in_top, mass, 0.0).sum(dim=-1, keepdim=True, dtype=torch.float64)
    logprobs = (torch.cat((chosen, values), dim=1) - most).double() - total.log()

    numbers = torch.cat((left / total, logprobs), dim=1).tolist()
    found = []
    for k, (rest, logprob, *top), top_ids in zip(tops, numbers, ids.tolist(), strict=True):
        k = min(k, logits.shape[1])
        found.append(TokenLogprobs(logprob, tuple(zip(top_ids[:k], top[:k], strict=True)), rest))
    return found
