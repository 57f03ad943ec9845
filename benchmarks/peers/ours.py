"""This engine, through `submit` and `step` alone."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from workers.engine.backends.native import build
from workers.engine.checkpoint.spec import CheckpointSpec, Dtype, Kernels
from workers.engine.engine import Engine
from workers.engine.request import Finish, Request, SamplingParams, TokenOutput


def load_engine(
    folder: Path,
    dtype: Dtype,
    *,
    max_batch: int,
    cache_bytes: int,
    kernels: Kernels = "auto",
    device: str = "cpu",
    prefix_cache: bool = True,
) -> Engine:
    """kernels: "auto" as users get it; "torch" without the native kernels."""
    spec = CheckpointSpec(folder, dtype=dtype, device=device, kernels=kernels)
    return Engine.load(
        spec, max_batch=max_batch, cache_bytes=cache_bytes, prefix_cache=prefix_cache
    )


def kernels_used() -> str:
    """What "auto" comes to on this CPU, in words."""
    if build.load() is not None:
        return "native kernels in use"
    return f"no native kernels here ({build.reason()}): all of ours ran on torch's"


@dataclass(slots=True)
class Timeline:
    """One request: its tokens, when it came, and when each token was there (`perf_counter`)."""

    arrived: float
    ids: list[int] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    finished: bool = False


class OursPeer:
    """An engine with names for requests, and the times of their tokens."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._names = itertools.count()
        self._held: dict[str, Timeline] = {}

    def generate(self, prompts: Sequence[Sequence[int]], new_tokens: int) -> list[list[int]]:
        """Greedy; all are submitted at once."""
        held = [self.submit(prompt, new_tokens) for prompt in prompts]
        self.run()
        return [each.ids for each in held]

    def submit(
        self, prompt: Sequence[int], new_tokens: int, *, logprobs: int | None = None
    ) -> Timeline:
        """A greedy request; `step` fills the returned object."""
        name = str(next(self._names))
        timeline = Timeline(time.perf_counter())
        params = SamplingParams(max_tokens=new_tokens, temperature=0, logprobs=logprobs)
        self.engine.submit(Request(name, tuple(prompt), params))
        self._held[name] = timeline
        return timeline

    def step(self) -> None:
        outputs = self.engine.step()
        now = time.perf_counter()
        for output in outputs:
            timeline = self._held[output.request_id]
            if isinstance(output, TokenOutput):
                timeline.ids.append(output.token_id)
                timeline.times.append(now)
                if output.logprob is not None:
                    timeline.logprobs.append(output.logprob)
            elif isinstance(output, Finish):
                if output.error is not None:
                    raise output.error
                timeline.finished = True
                del self._held[output.request_id]

    def run(self) -> None:
        while self.engine.has_work:
            self.step()

    def clear(self) -> None:
        """Aborts all that is left."""
        for name in self._held:
            self.engine.abort(name)
        self.run()
