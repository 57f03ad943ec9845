"""From logits to tokens.

Order: penalties, temperature, top-k, top-p, draw. The draw inverts the cumulative distribution in
the vocabulary's order at one uniform number keyed by (seed, position): a difference in the last bit
of a logit can then change a token only where the number lies within that bit of a border. All
operations work row by row, so a row's token does not depend on its neighbours.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from workers.engine.randomness import uniform
from workers.engine.request import SamplingParams

# Rows are sorted only as far as this before a full sort is needed for top-p.
_NUCLEUS_GUESS = 512


@dataclass(frozen=True, slots=True)
class Choice:
    """A sampled token; `logprob` and `top` as in `TokenOutput`. `finite` is False when the model
    gave no number for the row, and the token means nothing then."""

    token_id: int
    finite: bool
    logprob: float | None = None
    top: tuple[tuple[int, float], ...] | None = None


class RowState:
    """What sampling remembers of one sequence.

    seen: bool [vocab], tokens of prompt and output; counts: fp32 [vocab], occurrences in the
    output. Either is None when no penalty needs it.
    """

    __slots__ = ("counts", "params", "seen")

    def __init__(
        self,
        params: SamplingParams,
        prompt_ids: Sequence[int],
        generated_ids: Sequence[int],
        *,
        rows: int,
        device: torch.device,
    ) -> None:
        self.params = params
        self.seen: Tensor | None = None
        self.counts: Tensor | None = None
        if params.repetition_penalty != 1.0:
            self.seen = torch.zeros(rows, dtype=torch.bool, device=device)
            known = [*prompt_ids, *generated_ids]
            self.seen[torch.tensor(known, dtype=torch.int64, device=device)] = True
        if params.frequency_penalty != 0.0 or params.presence_penalty != 0.0:
            self.counts = torch.zeros(rows, dtype=torch.float32, device=device)
            shown = torch.tensor(generated_ids, dtype=torch.int64, device=device)
            self.counts += torch.bincount(shown, minlength=rows)

    def record(self, token_id: int) -> None:
        """Notes a token that became part of the output."""
        if self.seen is not None:
            self.seen[token_id] = True
        if self.counts is not None:
            self.counts[token_id] += 1.0

    def penalise(self, logits: Tensor) -> Tensor:
        """Logits [vocab] after the penalties, a new tensor if there are any."""
        params = self.params
        if self.seen is not None:
            penalty = params.repetition_penalty
            scaled = torch.where(logits > 0, logits / penalty, logits * penalty)
            logits = torch.where(self.seen, scaled, logits)
        if self.counts is not None:
            present = (self.counts > 0).float()
            cost = self.counts * params.frequency_penalty + present * params.presence_penalty
            logits = logits - cost
        return logits


def sample(logits: Tensor, states: Sequence[RowState], positions: Sequence[int]) -> list[Choice]:
    """One token for each row of fp32 logits [R, vocab].

    Rows of the vocabulary that are no tokens hold -inf. `positions` are those of the new tokens,
    from 1.
    """
    finite = torch.isfinite(logits.amax(dim=-1)).tolist()
    shaped = _penalised(logits, states)
    drawn = [row for row, state in enumerate(states) if not state.params.greedy]
    if len(drawn) == len(states):
        tokens = _draw(shaped, states, positions)
    else:
        tokens = shaped.argmax(dim=-1)
        if drawn:
            tokens[drawn] = _draw(
                shaped[drawn], [states[row] for row in drawn], [positions[row] for row in drawn]
            )
    choices = [
        Choice(token_id=token, finite=ok) for token, ok in zip(tokens.tolist(), finite, strict=True)
    ]
    _add_logprobs(choices, logits, states)
    return choices


def _draw(logits: Tensor, states: Sequence[RowState], positions: Sequence[int]) -> Tensor:
    probabilities = warp(logits, [state.params for state in states])
    uniforms = [
        uniform(state.params.seed, position)
        for state, position in zip(states, positions, strict=True)
    ]
    return _invert(probabilities, uniforms)


def _penalised(logits: Tensor, states: Sequence[RowState]) -> Tensor:
    touched = [
        row
        for row, state in enumerate(states)
        if state.seen is not None or state.counts is not None
    ]
    if not touched:
        return logits
    shaped = logits.clone()
    for row in touched:
        shaped[row] = states[row].penalise(logits[row])
    return shaped


def warp(logits: Tensor, params: Sequence[SamplingParams]) -> Tensor:
    """Temperature, top-k and top-p of rows [R, vocab]: unnormalised probabilities, 0 where cut."""
    # Taking the largest away first changes no probability and lets no temperature overflow.
    logits = logits - logits.amax(dim=-1, keepdim=True)
    if any(each.temperature != 1.0 for each in params):
        logits = logits / _column([each.temperature for each in params], logits)
    logits = _keep_top_k(logits, [each.top_k for each in params])
    probabilities = torch.softmax(logits, dim=-1)
    return _keep_top_p(probabilities, [each.top_p for each in params])


def _column(values: Sequence[float], like: Tensor) -> Tensor:
    return torch.tensor(values, dtype=like.dtype, device=like.device).unsqueeze(1)


def _keep_top_k(logits: Tensor, ks: Sequence[int]) -> Tensor:
    """-inf where fewer than k logits of the row are as large; ties with the k-th stay."""
    rows = [row for row, k in enumerate(ks) if 0 < k < logits.shape[-1]]
    if not rows:
        return logits
    largest = logits.topk(max(ks[row] for row in rows), dim=-1).values
    cutoff = torch.full_like(logits[:, :1], -math.inf)
    for row in rows:
        cutoff[row, 0] = largest[row, ks[row] - 1]
    return logits.masked_fill(logits < cutoff, -math.inf)


def _keep_top_p(probabilities: Tensor, ps: Sequence[float]) -> Tensor:
    """0 outside the smallest set that reaches p; ties with its least likely token stay."""
    rows = [row for row, p in enumerate(ps) if p < 1.0]
    if not rows:
        return probabilities
    limits = torch.tensor(
        [ps[row] for row in rows], dtype=torch.float64, device=probabilities.device
    )
    chosen = probabilities if len(rows) == len(ps) else probabilities[rows]
    sorted_mass = chosen.topk(min(_NUCLEUS_GUESS, chosen.shape[-1]), dim=-1).values
    reached = sorted_mass.sum(dim=-1, dtype=torch.float64)
    if sorted_mass.shape[-1] < chosen.shape[-1] and bool((reached < limits).any()):
        sorted_mass = chosen.sort(dim=-1, descending=True).values
    cumulative = sorted_mass.cumsum(dim=-1, dtype=torch.float64)
    before = cumulative - sorted_mass
    kept = (before < limits.unsqueeze(1)).sum(dim=-1, keepdim=True).clamp_(min=1)
    cutoff = torch.zeros_like(probabilities[:, :1])
    cutoff[rows] = sorted_mass.gather(1, kept - 1)
    return probabilities.masked_fill(probabilities < cutoff, 0.0)


def _invert(probabilities: Tensor, uniforms: Sequence[float]) -> Tensor:
    """Row by row, the first token whose cumulative probability exceeds the row's number."""
    cumulative = probabilities.cumsum(dim=-1, dtype=torch.float64)
    total = cumulative[:, -1:]
    numbers = torch.tensor(uniforms, dtype=torch.float64, device=total.device).unsqueeze(1)
    # Rounding up to the total would fall behind the last token.
    targets = torch.minimum(numbers * total, torch.nextafter(total, torch.zeros_like(total)))
    return torch.searchsorted(cumulative, targets, right=True).squeeze(1)


def _add_logprobs(choices: list[Choice], logits: Tensor, states: Sequence[RowState]) -> None:
    wanted = {
        row: state.params.logprobs
        for row, state in enumerate(states)
        if state.params.logprobs is not None
    }
    if not wanted:
        return
    rows = list(wanted)
    tokens = [choices[row].token_id for row in rows]
    found = token_logprobs(logits[rows], tokens, list(wanted.values()))
    for row, (logprob, top) in zip(rows, found, strict=True):
        choice = choices[row]
        choices[row] = Choice(choice.token_id, choice.finite, logprob, top)


def token_logprobs(
    logits: Tensor, tokens: Sequence[int], tops: Sequence[int]
) -> list[tuple[float, tuple[tuple[int, float], ...]]]:
    """For each row [R, vocab]: the logprob of its token, and its `tops[row]` likeliest tokens."""
    logprobs = torch.log_softmax(logits, dim=-1)
    chosen = logprobs.gather(1, torch.tensor(tokens, device=logits.device).unsqueeze(1))
    chosen_list = chosen.squeeze(1).tolist()
    most = min(max(tops), logits.shape[-1])
    values, ids = logprobs.topk(most, dim=-1)
    value_lists, id_lists = values.tolist(), ids.tolist()
    return [
        (chosen_list[row], tuple(zip(id_lists[row][:k], value_lists[row][:k], strict=True)))
        for row, k in enumerate(tops)
    ]
