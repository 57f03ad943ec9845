"""Logit bias and penalties: changes to the logits of a few tokens.

They are kept on the host, as each step changes one of a sequence's, and a step touches the logits
of these tokens only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from workers.engine.request import SamplingParams

_BIAS, _DIVISOR, _COST = range(3)


class Penalties:
    """Which tokens' logits a sequence changes, and how: bias, then repetition penalty, then
    frequency and presence penalty."""

    __slots__ = ("_counts", "_effects", "_ids", "_params", "_places")

    def __init__(
        self, params: SamplingParams, prompt_ids: Iterable[int], generated_ids: Iterable[int]
    ) -> None:
        self._params = params
        # Token id -> its column in the arrays, which have room for more.
        self._places: dict[int, int] = {}
        self._ids: npt.NDArray[np.int64] = np.zeros(64, dtype=np.int64)
        self._counts: npt.NDArray[np.int64] = np.zeros(64, dtype=np.int64)
        self._effects: npt.NDArray[np.float32] = np.zeros((3, 64), dtype=np.float32)
        self._effects[_DIVISOR] = 1.0
        for token_id, bias in params.logit_bias:
            place = self._place(token_id)
            self._effects[_BIAS, place] = bias
        if params.repetition_penalty != 1.0:
            for token_id in dict.fromkeys(prompt_ids):
                place = self._place(token_id)
                self._effects[_DIVISOR, place] = params.repetition_penalty
        for token_id in generated_ids:
            self.record(token_id)

    @staticmethod
    def needed(params: SamplingParams) -> bool:
        return bool(
            params.logit_bias
            or params.repetition_penalty != 1.0
            or params.frequency_penalty != 0.0
            or params.presence_penalty != 0.0
        )

    def record(self, token_id: int) -> None:
        """Notes a token that became part of the output."""
        params = self._params
        counts = params.frequency_penalty != 0.0 or params.presence_penalty != 0.0
        if params.repetition_penalty == 1.0 and not counts:
            return
        place = self._place(token_id)
        self._effects[_DIVISOR, place] = params.repetition_penalty
        if counts:
            self._counts[place] += 1
            cost = self._counts[place] * params.frequency_penalty + params.presence_penalty
            self._effects[_COST, place] = cost

    @property
    def ids(self) -> npt.NDArray[np.int64]:
        """[T] tokens whose logits change, each once."""
        return self._ids[: len(self._places)]

    @property
    def effects(self) -> npt.NDArray[np.float32]:
        """[3, T] for each of them: the value to add; the factor that divides a positive logit and
        multiplies another; the value to subtract."""
        return self._effects[:, : len(self._places)]

    def _place(self, token_id: int) -> int:
        place = self._places.get(token_id)
        if place is None:
            place = self._places[token_id] = len(self._places)
            if place == len(self._ids):
                self._grow()
            self._ids[place] = token_id
        return place

    def _grow(self) -> None:
        room = len(self._ids)
        self._ids = np.concatenate([self._ids, np.zeros_like(self._ids)])
        self._counts = np.concatenate([self._counts, np.zeros_like(self._counts)])
        more = np.zeros((3, room), dtype=np.float32)
        more[_DIVISOR] = 1.0
        self._effects = np.concatenate([self._effects, more], axis=1)


def penalise(logits: Tensor, penalties: Sequence[Penalties | None]) -> Tensor:
    """fp32 logits [R, vocab] with each row's penalties; a new tensor if there are any."""
    touched = [(row, each) for row, each in enumerate(penalties) if each is not None]
    if not touched:
        return logits
    rows, columns = logits.shape
    places = np.concatenate([row * columns + each.ids for row, each in touched])
    effects = np.concatenate([each.effects for _, each in touched], axis=1)
    index = torch.from_numpy(places).to(logits.device)
    bias, divisor, cost = torch.from_numpy(effects).to(logits.device)
    shaped = logits.clone(memory_format=torch.contiguous_format)
    flat = shaped.view(rows * columns)
    values = flat[index] + bias
    flat[index] = torch.where(values > 0, values / divisor, values * divisor) - cost
    return shaped
