"""Random sequences of actions:

requests are submitted, branched, aborted and stepped in any order.
"""

from dataclasses import replace
from typing import Any

import hypothesis.strategies as st
import torch
from hypothesis import HealthCheck, assume, settings
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from tests.engine.tiny import Result, Tiny, collect, prompt_of
from workers.engine.engine import Engine
from workers.engine.request import Request, SamplingParams

LENGTHS = st.one_of(st.integers(1, 90), st.sampled_from([31, 32, 33, 63, 64, 65]))
WAYS = st.sampled_from(
    [
        {"temperature": 0.0},
        {},
        {"top_p": 0.8, "temperature": 0.9},
        {"repetition_penalty": 1.3, "presence_penalty": 0.5},
        {"min_p": 0.05, "top_k": 30},
        {"logit_bias": ((65, 3.0),), "logprobs": 1},
    ]
)


class EngineLife(RuleBasedStateMachine):
    """A small cache and few slots, so requests wait, share and free blocks all the time."""

    tiny: Tiny
    requests = Bundle("requests")

    @initialize(blocks=st.integers(8, 24), slots=st.integers(1, 5), shares=st.booleans())
    def make(self, blocks: int, slots: int, shares: bool) -> None:
        size = self.tiny.cache_layout.block_bytes
        self.blocks = blocks
        self.engine: Engine = self.tiny.engine(
            max_batch=slots, cache_bytes=blocks * size, prefix_cache=shares
        )
        self.asked: dict[str, Request] = {}
        self.aborted: set[str] = set()
        self.results: dict[str, Result] = {}

    def _submit(self, prompt: tuple[int, ...], tokens: int, **options: Any) -> Request:
        name = f"r{len(self.asked)}"
        n = options.pop("n", 1)
        each = Request(name, prompt, SamplingParams(max_tokens=tokens, n=n, **options))
        assume(len(prompt) + tokens - 1 <= self.blocks * 32)
        self.engine.submit(each)
        self.asked[name] = each
        return each

    @rule(
        target=requests,
        length=LENGTHS,
        text=st.integers(0, 2),
        tokens=st.integers(1, 40),
        seed=st.integers(0, 3),
        n=st.sampled_from([1, 1, 1, 2, 4]),
        way=WAYS,
    )
    def submit(
        self, length: int, text: int, tokens: int, seed: int, n: int, way: dict[str, Any]
    ) -> Any:
        """Prompts of one text have the same beginning, whatever their lengths."""
        prompt = prompt_of(200, text)[:length]
        return self._submit(prompt, tokens, seed=seed, n=n, **way)

    @rule(target=requests, of=requests, cut=st.integers(0, 40), more=LENGTHS)
    def branch(self, of: Request, cut: int, more: int) -> Any:
        """Continues a part of another request's generated text."""
        result = self.results.get(of.id)
        shown = result.ids[:cut] if result else []
        prompt = (*of.prompt_ids, *shown, *prompt_of(more, 9))[:180]
        return self._submit(prompt, 12, seed=7)

    @rule(of=consumes(requests))
    def abort(self, of: Request) -> None:
        if any(name == of.id for name, _ in self.engine._held):
            self.aborted.add(of.id)
        self.engine.abort(of.id)

    @rule(times=st.integers(1, 30))
    def step(self, times: int) -> None:
        for _ in range(times):
            collect(self.engine.step(), self.results)

    @invariant()
    def room_is_never_promised_twice(self) -> None:
        if hasattr(self, "engine"):
            pool = self.engine._scheduler.pool
            assert pool.unpromised >= 0
            held = {block for s in self.engine._scheduler.live for block in s.blocks}
            assert pool.used == len(held)

    def teardown(self) -> None:
        if not hasattr(self, "engine"):
            return
        for _ in range(3000):
            if not self.engine.has_work:
                break
            collect(self.engine.step(), self.results)
        assert not self.engine.has_work, "a request was never finished"
        pool = self.engine._scheduler.pool
        assert (pool.used, pool.promised, pool.unpromised) == (0, 0, self.blocks)
        assert not any(pool._references)
        for name, each in self.asked.items():
            for choice in range(each.params.n):
                self._check(name, each, choice)

    def _check(self, name: str, each: Request, choice: int) -> None:
        result = self.results[f"{name}/{choice}" if choice else name]
        assert result.finish is not None
        alone = run_one(self.tiny, replace(each, params=replace(each.params, n=1), choice=choice))
        if name in self.aborted and result.finish.reason == "abort":
            assert result.ids == alone.ids[: len(result.ids)]
        else:
            assert result.tokens == alone.tokens
            assert result.finish == alone.finish


def run_one(tiny: Tiny, each: Request) -> Result:
    engine = tiny.engine(max_batch=1)
    engine.submit(each)
    results: dict[str, Result] = {}
    while engine.has_work:
        collect(engine.step(), results)
    (result,) = results.values()
    return result


def test_every_text_equals_its_run_alone_and_all_room_is_freed(
    small: Tiny,
) -> None:
    class Life(EngineLife):
        tiny = small

    torch.set_num_threads(1)
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=60,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
