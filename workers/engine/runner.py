"""Runs the rows that the scheduler chose and returns logits. Knows tensors, decides nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from workers.engine.kv_cache import Attention, Span
from workers.engine.model import GPTJ
from workers.engine.sampler import RowState, token_logprobs
from workers.engine.scheduler import CHUNK, Work
from workers.engine.scheduler import Sequence as Tokens


class Runner:
    """The model with its device.

    filler_rows: output rows that are no tokens; their logits are -inf.
    """

    def __init__(self, model: GPTJ, filler_rows: Sequence[int]) -> None:
        self.model = model
        self.layout = model.cache_layout
        self._filler = torch.tensor(filler_rows, dtype=torch.int64, device=model.device)
        # `score` may be called beside `step`, from another thread.
        self._device_lock = threading.Lock()

    def open(self, sequence: Tokens) -> None:
        """Gives a sequence its cache and what sampling remembers. May raise out of memory."""
        sequence.cache = self.layout.allocate(sequence.capacity)
        sequence.sampling = RowState(
            sequence.request.params,
            sequence.request.prompt_ids,
            sequence.request.generated_ids,
            rows=self.model.config.vocab_size,
            device=self.model.device,
        )

    @torch.inference_mode()
    def run(self, work: Sequence[Work]) -> Tensor:
        """fp32 logits [S, vocab] of the S works that sample, in their order."""
        with self._device_lock:
            ids: list[int] = []
            positions: list[int] = []
            spans: list[Span] = []
            last_rows: list[int] = []
            for item in work:
                end = item.start + item.count
                spans.append(
                    Span(
                        buffer=item.sequence.cache,
                        row=len(ids),
                        start=item.start,
                        count=item.count,
                        row_by_row=item.row_by_row,
                    )
                )
                ids.extend(item.sequence.ids[item.start : end])
                positions.extend(range(item.start, end))
                if item.samples:
                    last_rows.append(len(ids) - 1)
            hidden = self._hidden(ids, positions, spans)
            if not last_rows:
                return hidden.new_empty((0, self.model.config.vocab_size), dtype=torch.float32)
            return self._logits(hidden, last_rows)

    @torch.inference_mode()
    def score(
        self, ids: Sequence[int], top: int
    ) -> Iterator[tuple[int, float, tuple[tuple[int, float], ...]]]:
        """(token id, logprob, likeliest tokens) of each token but the first, given those before."""
        buffer = self.layout.allocate(len(ids))
        for start in range(0, len(ids) - 1, CHUNK):
            end = min(start + CHUNK, len(ids) - 1)
            span = Span(buffer=buffer, row=0, start=start, count=end - start, row_by_row=False)
            with self._device_lock:
                hidden = self._hidden(ids[start:end], range(start, end), [span])
                logits = self._logits(hidden, range(end - start))
            targets = ids[start + 1 : end + 1]
            found = token_logprobs(logits, targets, [top] * len(targets))
            for token_id, (logprob, likeliest) in zip(targets, found, strict=True):
                yield token_id, logprob, likeliest

    def _hidden(
        self, ids: Sequence[int], positions: Sequence[int], spans: Sequence[Span]
    ) -> Tensor:
        device = self.model.device
        rows = [*ids, *ids] if self._pads(len(ids)) else list(ids)
        places = [*positions, *positions] if self._pads(len(ids)) else list(positions)
        return self.model.hidden(
            torch.tensor(rows, device=device),
            torch.tensor(places, device=device),
            Attention(self.layout, spans),
        )

    def _logits(self, hidden: Tensor, rows: Sequence[int]) -> Tensor:
        picked = [*rows, *rows] if self._pads(len(rows)) else list(rows)
        logits = self.model.logits(hidden[picked])[: len(rows)]
        if self._filler.numel():
            logits.index_fill_(1, self._filler, float("-inf"))
        return logits

    def _pads(self, rows: int) -> bool:
        """A single row takes another kernel (matrix by vector), whose sums differ in the last bit.
        In fp32 it runs twice, so that a request's numbers are the same alone as in a batch."""
        return rows == 1 and self.model.dtype == torch.float32
