"""The engine: requests in, tokens out.

One thread calls `step` in a loop and `wait` between steps; any thread may `submit` and `abort`.
A step schedules, runs and postprocesses; new requests join between steps, and all live ones decode
in one batch.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable

import torch
from torch import Tensor

from workers.engine.adapters.adapter import Adapter
from workers.engine.adapters.loaded import LoadedAdapters
from workers.engine.backends.interface import Backend
from workers.engine.checkpoint.spec import CheckpointSpec
from workers.engine.counters import Counters, Meter
from workers.engine.errors import (
    CheckpointShape,
    DeviceFailed,
    DuplicateRequest,
    EngineError,
    InvalidParameter,
    NonFiniteLogits,
)
from workers.engine.failures import classify
from workers.engine.limits import Limits
from workers.engine.model.gptj import GPTJ
from workers.engine.model.runner import Runner
from workers.engine.model.weights import load_model
from workers.engine.request import Finish, FinishReason, Request, StepOutput, TokenOutput
from workers.engine.sampling.sampler import Choice, sample
from workers.engine.scheduling.blocks import BLOCK, BlockPool, root_key
from workers.engine.scheduling.scheduler import Scheduler
from workers.engine.scheduling.sequence import Sequence, Work
from workers.engine.scoring import TokenScore, score_tokens
from workers.engine.text import TextStream, Vocabulary


class Engine:
    """GPT-J with continuous batching.

    max_batch: choices that decode together; more wait.
    cache_bytes: memory for keys and values; None takes half of what is free, and no more than
        max_batch full contexts. A request waits until its part (prompt and max_tokens) fits.
    prefix_cache: whether text that is in the cache already is used again.
    tokens_per_second: cap on each request's pace; one that is ahead is left out of the step.
    """

    def __init__(
        self,
        model: GPTJ,
        backend: Backend,
        vocabulary: Vocabulary,
        *,
        max_batch: int = 16,
        cache_bytes: int | None = None,
        prefix_cache: bool = True,
        tokens_per_second: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if max_batch < 1:
            raise InvalidParameter("max_batch", "at least 1", max_batch)
        if tokens_per_second is not None and not 0 < tokens_per_second < math.inf:
            raise InvalidParameter("tokens_per_second", "a positive number", tokens_per_second)
        if vocabulary.eos_id >= model.config.vocab_size:
            raise CheckpointShape(
                f"The tokenizer ends a text with token {vocabulary.eos_id}; the model has "
                f"{model.config.vocab_size} rows. They belong to different checkpoints."
            )
        self.vocabulary = vocabulary
        self.config = model.config
        self.context = model.config.n_positions
        self._max_batch = max_batch
        layout = backend.cache_layout(model.config)
        blocks = (
            backend.default_blocks(layout, max_batch * self.context)
            if cache_bytes is None
            else cache_bytes // layout.block_bytes
        )
        filler_rows = vocabulary.filler_rows(model.config.vocab_size)
        self._runner = Runner(model, backend, filler_rows, blocks=blocks, max_batch=max_batch)
        self._adapters = LoadedAdapters(self._runner.adapters)
        self._limits = Limits(
            context=self.context,
            rows=model.config.vocab_size,
            cache_positions=blocks * BLOCK,
            vocabulary=vocabulary,
        )
        self._scheduler = Scheduler(
            max_batch=max_batch,
            pool=BlockPool(blocks),
            grid=backend.chunk_grid,
            prefill_rows=backend.prefill_rows,
            shares=prefix_cache,
            interval=1.0 / tokens_per_second if tokens_per_second else 0.0,
        )
        self._meter = Meter()
        self._clock = clock
        # What other threads hand over; `step` takes it. Held for moments only.
        self._door = threading.Condition()
        self._held: dict[tuple[str, int], Sequence] = {}
        self._submitted: list[Sequence] = []
        self._aborted: list[str] = []

    @classmethod
    def load(
        cls,
        spec: CheckpointSpec,
        *,
        max_batch: int = 16,
        cache_bytes: int | None = None,
        prefix_cache: bool = True,
        tokens_per_second: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> Engine:
        """Raises a `CheckpointError` or `OutOfMemory` that says what to do."""
        vocabulary = Vocabulary.load(spec.folder)
        model, backend = load_model(spec)
        return cls(
            model,
            backend,
            vocabulary,
            max_batch=max_batch,
            cache_bytes=cache_bytes,
            prefix_cache=prefix_cache,
            tokens_per_second=tokens_per_second,
            clock=clock,
        )

    # -- any thread --------------------------------------------------------------------------

    def submit(self, request: Request) -> None:
        """Takes a request; its outputs come from `step`. Raises a `RequestError`."""
        self._limits.check(request)
        digest, slot = "", 0
        with self._door:
            names = [(request.id, request.choice + index) for index in range(request.params.n)]
            if any(name in self._held for name in names):
                raise DuplicateRequest(
                    f"Request {request.id} is running already.", request_id=request.id
                )
            if request.adapter is not None:
                digest, slot = self._adapters.hold(request.adapter, len(names))
            for name in names:
                sequence = Sequence(
                    request=request,
                    choice=name[1],
                    ids=[*request.prompt_ids, *request.generated_ids],
                    text=TextStream(self.vocabulary, request.params.stop),
                    root=root_key(digest),
                    adapter_slot=slot,
                )
                self._held[name] = sequence
                self._submitted.append(sequence)
            self._door.notify_all()

    def abort(self, request_id: str) -> None:
        """Ends all choices of a request with the next step. An unknown or finished one is left
        alone."""
        with self._door:
            self._aborted.append(request_id)
            self._door.notify_all()

    def load_adapter(self, name: str, adapter: Adapter) -> None:
        """Serves `adapter` to requests that name it, from now on. Raises an `AdapterError`."""
        with self._runner.lock, self._door:
            self._adapters.load(name, adapter)

    def drop_adapter(self, name: str) -> None:
        """New requests no longer find the adapter; those that run with it finish. Raises
        `AdapterUnknown`."""
        with self._runner.lock, self._door:
            self._adapters.drop(name)

    @property
    def adapters(self) -> list[str]:
        """Names that requests can use now."""
        return self._adapters.names

    @property
    def kernels(self) -> str:
        """What multiplies: "native", or "torch" and why."""
        return self._runner.backend.kernels

    @property
    def has_work(self) -> bool:
        return bool(self._held)

    @property
    def live(self) -> int:
        """Choices held: running, waiting for room, or just submitted."""
        return len(self._held)

    @property
    def free_slots(self) -> int:
        return max(0, self._max_batch - self.live)

    @property
    def counters(self) -> Counters:
        """The engine's work so far and its current state."""
        return self._meter.read(self._scheduler, held=self.live)

    def score(
        self, prompt_ids: Iterable[int], *, top: int = 0, adapter: str | None = None
    ) -> list[TokenScore]:
        """Logprobs of given tokens, by one pass over all of them; with the `top` likeliest."""
        ids = tuple(prompt_ids)
        self._limits.check_prompt(ids, max_tokens=0)
        slot = 0
        if adapter is not None:
            with self._door:
                _, slot = self._adapters.hold(adapter, 1)
        try:
            return score_tokens(self._runner, ids, top, slot)
        finally:
            if slot:
                self._release_adapter(slot)

    def _release_adapter(self, slot: int) -> None:
        with self._runner.lock, self._door:
            self._adapters.release(slot)

    # -- the engine's thread -----------------------------------------------------------------

    def wait(self, timeout: float | None = None) -> None:
        """Blocks until `step` has something to do, `timeout` seconds at most.

        Wakes for `submit` and `abort`, and when the first live request may have its next token.
        """
        with self._door:
            if self._submitted or self._aborted:
                return
            due = self._scheduler.next_time()
            if due is not None:
                pause = max(0.0, due - self._clock())
                timeout = pause if timeout is None else min(timeout, pause)
            if timeout is None or timeout > 0:
                self._door.wait(timeout)

    def step(self) -> list[StepOutput]:
        """One schedule, run, postprocess. Empty when idle, when all are ahead of their pace, or
        when only prompts entered.

        A request that fails ends alone, with `Finish("error")`. Raises `DeviceFailed` when nothing
        on the device can be trusted any more: the process should end.
        """
        outputs = self._take_in()
        plan = self._scheduler.plan(self._clock())
        work, failed = self._open(plan.work)
        outputs += failed
        if work:
            begun = time.perf_counter()
            self._copy(plan.copies)
            outputs += self._run(work)
            seconds = time.perf_counter() - begun
            rows = sum(item.count for item in work)
            self._scheduler.cost.observe(rows, seconds)
            self._meter.count_step(work, seconds)
        return outputs

    def _take_in(self) -> list[StepOutput]:
        """Lets the scheduler know who came and who was aborted."""
        with self._door:
            submitted, self._submitted = self._submitted, []
            aborted, self._aborted = self._aborted, []
        outputs: list[StepOutput] = []
        for sequence in submitted:
            self._scheduler.add(sequence)
            # A resumed text continues where it was, and may already be complete.
            for token_id in sequence.request.generated_ids:
                sequence.text.push(token_id)
            outputs += self._finish_if_complete(sequence)
        for request_id in aborted:
            for sequence in [held for name, held in self._held.items() if name[0] == request_id]:
                outputs.append(self._finish(sequence, "abort"))
        return outputs

    def _open(self, planned: list[Work]) -> tuple[list[Work], list[StepOutput]]:
        """Gives newly admitted sequences what sampling remembers. Returns what can run, and the
        ends of those that get none."""
        work: list[Work] = []
        failed: list[StepOutput] = []
        for item in planned:
            if item.sequence.sampling is None:
                try:
                    self._runner.open(item.sequence)
                except Exception as error:
                    failed.append(self._fail(item.sequence, error))
                    continue
            work.append(item)
        return work, failed

    def _copy(self, copies: list[tuple[int, int]]) -> None:
        """Later steps depend on the copy, so a failure is the device's."""
        try:
            self._runner.copy(copies)
        except Exception as error:
            raise DeviceFailed(f"The cache could not be copied: {error}") from error

    def _run(self, work: list[Work]) -> list[StepOutput]:
        """Runs works together. When that fails, each runs alone, so that only those that cannot
        run fail. Running rows again is harmless: it writes the same keys and values."""
        sampling = [item.sequence for item in work if item.samples]
        try:
            logits = self._runner.run(work)
            choices = self._choose(logits, sampling)
        except Exception as error:
            if len(work) > 1 and not isinstance(classify(error), DeviceFailed):
                return [output for item in work for output in self._run([item])]
            return [self._fail(item.sequence, error) for item in work]
        for item in work:
            self._scheduler.record_rows(item)
        now = self._clock()
        outputs: list[StepOutput] = []
        for sequence, choice in zip(sampling, choices, strict=True):
            try:
                outputs.append(self._accept(sequence, choice))
                end = self._finish_if_complete(sequence)
                outputs += end
                if not end:
                    self._scheduler.schedule_next(sequence, now)
            except Exception as error:
                outputs.append(self._fail(sequence, error))
        return outputs

    def _choose(self, logits: Tensor, sequences: list[Sequence]) -> list[Choice]:
        if not sequences:
            return []
        with torch.inference_mode():
            return sample(
                logits,
                [sequence.sampling for sequence in sequences],
                [sequence.generated + 1 for sequence in sequences],
            )

    def _accept(self, sequence: Sequence, choice: Choice) -> TokenOutput:
        """Adds a sampled token to its sequence."""
        if not choice.finite:
            raise NonFiniteLogits(
                "The model gave no finite numbers for this prompt. Its weights may be damaged, or "
                "float16 too narrow for them.",
                position=sequence.generated + 1,
            )
        text = sequence.text.push(choice.token_id)
        sequence.sampling.record(choice.token_id)
        sequence.ids.append(choice.token_id)
        return TokenOutput(
            request_id=sequence.request.id,
            choice=sequence.choice,
            position=sequence.generated,
            token_id=choice.token_id,
            text=text,
            logprob=choice.logprob,
            top=choice.top,
            rest=choice.rest,
        )

    def _finish_if_complete(self, sequence: Sequence) -> list[StepOutput]:
        """The end of a sequence that has all its tokens; empty for one that continues."""
        if sequence.text.stopped:
            return [self._finish(sequence, "stop")]
        if sequence.generated >= sequence.request.params.max_tokens:
            return [self._finish(sequence, "length")]
        return []

    def _fail(self, sequence: Sequence, error: Exception) -> Finish:
        failure = classify(error)
        if isinstance(failure, DeviceFailed):
            raise failure from error
        return self._finish(sequence, "error", failure)

    def _finish(
        self, sequence: Sequence, reason: FinishReason, error: EngineError | None = None
    ) -> Finish:
        """Lets go of a sequence and all that it holds."""
        self._scheduler.remove(sequence, spoilt=error is not None)
        sequence.sampling = None
        with self._door:
            del self._held[sequence.name]
        if sequence.adapter_slot:
            self._release_adapter(sequence.adapter_slot)
        self._meter.count_finish(reason)
        text = sequence.text
        return Finish(
            sequence.request.id, reason, text.flush(), error, sequence.choice, text.stop_sequence
        )
