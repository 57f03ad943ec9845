"""Runs the rows that the scheduler chose and returns logits. Knows tensors, decides nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from workers.engine.adapters.bank import AdapterBank
from workers.engine.backends.interface import Backend, Cache, Span
from workers.engine.model.gptj import GPTJ
from workers.engine.sampling.sampler import RowState, TokenLogprobs, token_logprobs
from workers.engine.scheduling.blocks import BLOCK
from workers.engine.scheduling.sequence import Sequence as Tokens
from workers.engine.scheduling.sequence import Work

# Rows of a scored text that run together.
SCORE_ROWS = 128


class Runner:
    """The model with its backend, its cache of `blocks` blocks and its adapters.

    filler_rows: output rows that are no tokens; their logits are -inf.
    """

    def __init__(
        self,
        model: GPTJ,
        backend: Backend,
        filler_rows: Sequence[int],
        *,
        blocks: int,
        max_batch: int,
    ) -> None:
        self.model = model
        self.backend = backend
        self.cache = self._cache(blocks)
        self.adapters = AdapterBank(model.config, backend.adapter_store(model.config))
        self._captured = backend.capture(model, self.cache, self.adapters, max_batch)
        self._filler = torch.tensor(filler_rows, dtype=torch.int64, device=backend.device)
        # `score` and changes of adapters come beside `run`, from other threads.
        self.lock = threading.Lock()

    def open(self, sequence: Tokens) -> None:
        """Gives a sequence what sampling remembers. May raise out of memory."""
        sequence.sampling = RowState(
            sequence.request.params,
            sequence.request.prompt_ids,
            sequence.request.generated_ids,
            rows=self.model.config.vocab_size,
            device=self.backend.device,
            choice=sequence.choice,
        )

    @torch.inference_mode()
    def copy(self, copies: Sequence[tuple[int, int]]) -> None:
        """Copies blocks of the cache, (source, target) in order."""
        for source, target in copies:
            if source != target:
                self.cache.copy(source, target)

    @torch.inference_mode()
    def run(self, work: Sequence[Work]) -> Tensor:
        """fp32 logits [S, vocab] of the S works that sample, in their order."""
        with self.lock:
            ids: list[int] = []
            slots: list[int] = []
            spans: list[Span] = []
            last_rows: list[int] = []
            for item in work:
                sequence = item.sequence
                spans.append(
                    Span(len(ids), item.start, item.count, sequence.blocks, item.row_by_row)
                )
                ids.extend(sequence.ids[item.start : item.start + item.count])
                slots.extend([sequence.adapter_slot] * item.count)
                if item.samples:
                    last_rows.append(len(ids) - 1)
            if self._captured is not None and last_rows:
                logits = self._captured.logits(ids, slots, spans)
                if logits is not None:
                    return self._fill(logits if len(last_rows) == len(ids) else logits[last_rows])
            hidden = self._hidden(ids, slots, self.cache, spans)
            if not last_rows:
                return hidden.new_empty((0, self.model.config.vocab_size), dtype=torch.float32)
            return self._logits(hidden[last_rows] if len(last_rows) < len(ids) else hidden)

    @torch.inference_mode()
    def score(
        self, ids: Sequence[int], top: int, adapter_slot: int
    ) -> Iterator[tuple[int, TokenLogprobs]]:
        """Each token but the first, with its logprobs given those before it."""
        blocks = -(-len(ids) // BLOCK)
        cache = self._cache(blocks)
        for start in range(0, len(ids) - 1, SCORE_ROWS):
            end = min(start + SCORE_ROWS, len(ids) - 1)
            span = Span(0, start, end - start, range(blocks))
            with self.lock:
                hidden = self._hidden(ids[start:end], [adapter_slot] * span.count, cache, [span])
                logits = self._logits(hidden)
            targets = ids[start + 1 : end + 1]
            found = token_logprobs(logits, targets, [top] * len(targets))
            yield from zip(targets, found, strict=True)

    def _cache(self, blocks: int) -> Cache:
        return self.backend.cache(self.model.config, self.model.rotations, blocks)

    def _hidden(
        self, ids: Sequence[int], slots: list[int], cache: Cache, spans: Sequence[Span]
    ) -> Tensor:
        return self.model.hidden(
            torch.tensor(ids, device=self.backend.device),
            cache.step(spans),
            self.adapters.step(slots),
        )

    def _logits(self, hidden: Tensor) -> Tensor:
        return self._fill(self.model.logits(hidden))

    def _fill(self, logits: Tensor) -> Tensor:
        """Excludes invalid tokens, in place."""
        if self._filler.numel():
            logits.index_fill_(1, self._filler, float("-inf"))
        return logits
