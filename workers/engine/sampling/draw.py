"""Temperature, top-k, top-p, min-p and the draw.

A draw inverts the cumulative distribution in the vocabulary's order, so the numbers that decide
are few: where truncation leaves at most `FEW` tokens, which the sharp distributions of a trained
model mostly do, these tokens are taken out first and everything else is done on them. Other rows
take a pass over the whole vocabulary. Which way a row goes depends on the row alone, so a row's
token is the same alone as in any batch.

Cut-offs are values, so equal tokens stay or go together. Top-k and top-p are those of Fan et al.
2018 and Holtzman et al. 2019; min-p is that of Nguyen et al. 2024; all as transformers has them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property

import torch
from torch import Tensor

from workers.engine.request import SamplingParams
from workers.engine.sampling.tiles import TILE, crossing, largest, running_sums, tiled

FEW = 128
# A smaller temperature would be 0 in fp32. Dividing by this one leaves the likeliest tokens only.
_COLDEST = torch.finfo(torch.float32).tiny


class _Rows:
    """Rows that are drawn, with their parameters as columns [R, 1]."""

    def __init__(
        self, tiles: Tensor, params: Sequence[SamplingParams], numbers: Sequence[float]
    ) -> None:
        self.tiles = tiles
        self.params = params
        self.numbers = self._column(numbers)
        self.maxima = tiles.amax(dim=-1)
        self.top = self.maxima.amax(dim=-1, keepdim=True)
        self.temperature = self._column(
            [max(each.temperature, _COLDEST) for each in params]
        ).float()
        columns = tiles.shape[1] * TILE
        self.ks = [each.top_k if each.top_k < columns else 0 for each in params]
        self.cut = [
            k > 0 or each.top_p < 1.0 or each.min_p > 0.0
            for k, each in zip(self.ks, params, strict=True)
        ]

    def _column(self, values: Sequence[float]) -> Tensor:
        return torch.tensor(values, dtype=torch.float64, device=self.tiles.device).unsqueeze(1)

    @property
    def need_total(self) -> bool:
        """Whether top-p cuts a row by its sum over the whole vocabulary."""
        return any(
            k == 0 and each.top_p < 1.0 for k, each in zip(self.ks, self.params, strict=True)
        )

    @cached_property
    def k(self) -> Tensor:
        """int64; 0 for none."""
        return torch.tensor(self.ks, device=self.tiles.device).unsqueeze(1)

    @cached_property
    def p(self) -> Tensor:
        """inf for none: no running sum reaches it."""
        return self._column([each.top_p if each.top_p < 1.0 else math.inf for each in self.params])

    @cached_property
    def min_p(self) -> Tensor:
        return self._column([each.min_p for each in self.params]).float()

    def weigh(self, logits: Tensor, top: Tensor, temperature: Tensor) -> Tensor:
        # Taking the largest away first changes no probability and lets no temperature overflow.
        return (logits - top).div_(temperature).exp_()

    @cached_property
    def weights(self) -> Tensor:
        """Unnormalised probabilities [R, tiles, TILE], nothing cut; the likeliest token's is 1."""
        return self.weigh(self.tiles, self.top.unsqueeze(-1), self.temperature.unsqueeze(-1))

    @cached_property
    def cumulative(self) -> Tensor:
        return running_sums(self.weights)

    def part(self, rows: list[int]) -> _Rows:
        """Some of the rows."""
        if len(rows) == len(self.params):
            return self
        return _Rows(
            self.tiles[rows],
            [self.params[row] for row in rows],
            self.numbers[rows, 0].tolist(),
        )


def draw(logits: Tensor, params: Sequence[SamplingParams], numbers: Sequence[float]) -> Tensor:
    """int64 [R], a token for each row of fp32 logits [R, vocab]: the first in the vocabulary's
    order whose cumulative probability exceeds the row's number, which is in [0, 1).

    No temperature may be 0. A row without finite numbers gets some token.
    """
    rows = _Rows(tiled(logits), params, numbers)
    tokens = torch.zeros(len(params), dtype=torch.int64, device=logits.device)
    cut = [row for row, is_cut in enumerate(rows.cut) if is_cut]
    whole = [row for row, is_cut in enumerate(rows.cut) if not is_cut]
    if cut:
        few = rows.part(cut)
        found, decided = _draw_of_few(few)
        tokens[cut] = found
        many = [
            row for row, is_decided in zip(cut, decided.tolist(), strict=True) if not is_decided
        ]
        if many:
            tokens[many] = _draw_of_many(rows.part(many))
    if whole:
        part = rows.part(whole)
        tokens[whole] = _invert(part.weights, part.cumulative, part.numbers)
    return tokens.clamp_(max=logits.shape[1] - 1)


def _draw_of_few(rows: _Rows) -> tuple[Tensor, Tensor]:
    """Tokens [R], and whether each row was decided [R] bool: whether all that truncation leaves is
    among its `FEW` likeliest tokens. Else its token means nothing."""
    values, ids = largest(rows.tiles, rows.maxima, FEW + 1)
    weights = rows.weigh(values, rows.top, rows.temperature)
    # The likeliest token outside: a cut-off above its weight cuts all that is outside.
    outside = weights[:, FEW:]
    weights, ids = weights[:, :FEW], ids[:, :FEW]

    by_k = rows.k > 0
    kth = weights.gather(1, (rows.k - 1).clamp_(0, FEW - 1))
    kept = ~by_k | (weights >= kth)
    decided_by_k = by_k & (rows.k <= FEW) & (outside < kth)

    running = torch.where(kept, weights, 0.0).cumsum(dim=-1, dtype=torch.float64)
    total = running[:, -1:]
    if rows.need_total:
        total = torch.where(by_k, total, rows.cumulative[:, -1:])
    limit = rows.p * total
    reached = running[:, -1:] >= limit
    last = torch.searchsorted(running, limit).clamp_(max=FEW - 1)
    least = torch.where(reached, weights.gather(1, last), 0.0)
    kept &= weights >= least
    decided_by_p = reached & (outside < least)

    kept &= weights >= rows.min_p
    decided = decided_by_k | (~by_k & (decided_by_p | (outside < rows.min_p)))

    ids, order = ids.sort(dim=-1)
    mass = torch.where(kept, weights, 0.0).gather(1, order).cumsum(dim=-1, dtype=torch.float64)
    place = torch.searchsorted(mass, _target(rows.numbers, mass[:, -1:]), right=True)
    tokens = ids.gather(1, place.clamp_(max=FEW - 1))
    return tokens.squeeze(1), decided.squeeze(1)


def _draw_of_many(rows: _Rows) -> Tensor:
    """Tokens [R] of truncated rows, by sorting each whole row where a rank or a sum cuts it."""
    least = rows.min_p
    if any(k > 0 or each.top_p < 1.0 for k, each in zip(rows.ks, rows.params, strict=True)):
        ordered = _descending(rows.weights.flatten(1))
        kth = torch.where(rows.k > 0, ordered.gather(1, (rows.k - 1).clamp_(min=0)), 0.0)
        if any(rows.ks):
            ordered *= _at_least(ordered, kth)
        running = running_sums(ordered.unflatten(1, (-1, TILE)))
        # A limit that is above the sum, by rounding or because it is infinite, ends at the last
        # number.
        limit = torch.minimum(rows.p * running[:, -1:], running[:, -1:])
        last = crossing(ordered.unflatten(1, (-1, TILE)), running, limit, reaches=True)
        pth = torch.where(rows.p < 1.0, ordered.gather(1, last.unsqueeze(1)), 0.0)
        least = torch.maximum(torch.maximum(kth, pth), least)
    weights = rows.weights.flatten(1)
    weights = (weights * _at_least(weights, least)).unflatten(1, (-1, TILE))
    return _invert(weights, running_sums(weights), rows.numbers)


def _at_least(rows: Tensor, least: Tensor) -> Tensor:
    """1 where a number is at least `least` [R, 1], else 0. Written as fp32: torch compares into
    bool four times as slowly on a CPU."""
    return torch.ge(rows, least, out=torch.empty_like(rows))


def _descending(rows: Tensor) -> Tensor:
    """Values of each row in descending order. On a CPU numpy's sort is ten times torch's."""
    if rows.device.type != "cpu":
        return rows.sort(dim=-1, descending=True).values
    ordered = rows.neg()
    ordered.numpy().sort(axis=-1)
    return ordered.neg_()


def _invert(weights: Tensor, cumulative: Tensor, numbers: Tensor) -> Tensor:
    target = _target(numbers, cumulative[:, -1:])
    return crossing(weights, cumulative, target, reaches=False)


def _target(numbers: Tensor, total: Tensor) -> Tensor:
    # Rounding up to the total would fall behind the last token.
    return torch.minimum(numbers * total, torch.nextafter(total, torch.zeros_like(total)))
