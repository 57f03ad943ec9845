"""The engine's life of a request: joining, stopping, resuming, failing, pacing, waiting."""

import threading
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
import torch

from tests.engine.tiny import (
    Result,
    Tiny,
    collect,
    prompt_of,
    request,
    run,
    run_alone,
    run_mixed,
)
from workers.engine.blocks import BLOCK
from workers.engine.engine import Engine
from workers.engine.errors import (
    CacheTooSmall,
    DeviceFailed,
    DuplicateRequest,
    EmptyPrompt,
    InvalidParameter,
    NonFiniteLogits,
    OutOfMemory,
    PromptTooLong,
    RequestFailed,
    TokenOutOfRange,
)
from workers.engine.model import GPTJ
from workers.engine.request import Finish, Request, SamplingParams, TokenOutput

# Ways to sample that between them touch every branch.
WAYS: dict[str, dict[str, Any]] = {
    "greedy": {"temperature": 0},
    "plain": {},
    "nucleus": {"temperature": 0.8, "top_p": 0.9},
    "top k": {"temperature": 1.3, "top_k": 20},
    "penalties": {
        "repetition_penalty": 1.2,
        "frequency_penalty": 0.4,
        "presence_penalty": 0.3,
        "temperature": 0.9,
        "top_p": 0.95,
    },
}


def requests_of_all_ways() -> list[Request]:
    return [
        request(f"{way} {length}", prompt_of(length, seed), 40, seed=seed, logprobs=2, **params)
        for seed, (way, params) in enumerate(WAYS.items())
        for length in (2, 60, 131)
    ]


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


# -- exactness -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["small", "wide_heads", "odd_sizes"])
def test_outputs_are_the_same_alone_and_in_any_batch(tiny: Any, name: str) -> None:
    subject = tiny(name)
    requests = requests_of_all_ways()

    batches = [
        run(subject.engine(), *requests),
        run_mixed(subject.engine(max_batch=4), requests, seed=1),
        run_mixed(subject.engine(max_batch=7), requests[::-1], seed=2),
    ]

    for each in requests:
        alone = run_alone(subject, each)
        for batch in batches:
            assert batch[each.id].tokens == alone.tokens
            assert batch[each.id].finish == alone.finish


@pytest.mark.parametrize("way", WAYS)
def test_resumed_run_goes_on_exactly(small: Tiny, way: str) -> None:
    whole = request(
        "a", prompt_of(140), 40, seed=3, logprobs=2, stop=("\x00\x01\x02",), **WAYS[way]
    )
    undisturbed = run_alone(small, whole)

    for done in (1, 2, 17, len(undisturbed.tokens) - 1):
        shown = undisturbed.tokens[:done]
        resumed = replace(whole, generated_ids=tuple(undisturbed.ids[:done]))
        other = request("b", prompt_of(50), 60)
        rest = run(small.engine(), other, resumed)["a"]
        assert [*shown, *rest.tokens] == undisturbed.tokens
        assert rest.finish == undisturbed.finish


def test_resumed_run_longer_than_a_chunk_goes_on_exactly(small: Tiny) -> None:
    whole = request("a", prompt_of(30), 300, seed=8)
    undisturbed = run_alone(small, whole)
    assert len(undisturbed.tokens) > 200

    rest = run_alone(small, replace(whole, generated_ids=tuple(undisturbed.ids[:199])))

    assert rest.tokens == undisturbed.tokens[199:]


@pytest.mark.parametrize("reason", ["length", "stop"])
def test_resuming_what_was_complete_finishes_at_once(small: Tiny, reason: str) -> None:
    ids = (65, 66, 67) if reason == "length" else (65, 66, small.vocabulary.eos_id)
    engine = small.engine()
    engine.submit(request("a", (1, 2), 3 if reason == "length" else 9, generated=ids, stop=("CD",)))

    outputs = engine.step()

    assert outputs == [Finish("a", reason, "C" if reason == "length" else "")]  # type: ignore[arg-type]
    assert not engine.has_work


def test_seed_decides(small: Tiny) -> None:
    first = run_alone(small, request("a", prompt_of(5), 30, seed=1))

    assert run_alone(small, request("a", prompt_of(5), 30, seed=1)).ids == first.ids
    assert run_alone(small, request("a", prompt_of(5), 30, seed=2)).ids != first.ids


def test_rows_that_are_no_tokens_are_never_chosen(small: Tiny) -> None:
    params: dict[str, Any] = {"temperature": 50.0, "logprobs": 10}
    results = run(
        small.engine(), *[request(str(s), prompt_of(4), 60, seed=s, **params) for s in range(8)]
    )

    chosen = {token_id for result in results.values() for token_id in result.ids}
    shown = {i for r in results.values() for o in r.tokens for i, _ in o.top or ()}
    assert len(chosen) > 150
    assert chosen | shown <= set(small.vocabulary.pieces)
    assert small.vocabulary.filler_rows(300)


# -- the end of a run ----------------------------------------------------------------------------


def test_positions_count_from_one_and_end_at_max_tokens(small: Tiny) -> None:
    result = run_alone(small, request("a", prompt_of(9), 12, temperature=0))

    assert [output.position for output in result.tokens] == list(range(1, 13))
    assert result.finish is not None
    assert result.finish.reason == "length"


def test_stop_sequence_ends_the_run_and_is_not_shown(small: Tiny) -> None:
    whole = run_alone(small, request("a", prompt_of(33), 40, seed=5))
    text = whole.text
    stop = text[20:24]
    assert text.find(stop) == 20

    result = run_alone(small, request("a", prompt_of(33), 40, seed=5, stop=(stop,)))

    assert result.text == text[:20]
    assert result.finish == Finish("a", "stop")
    assert result.ids == whole.ids[: len(result.ids)]
    assert len(result.ids) < len(whole.ids)


def test_end_of_text_ends_the_run_with_a_position_of_its_own(small: Tiny) -> None:
    eos = small.vocabulary.eos_id
    forced = request("a", prompt_of(4), 20, generated=(0xE2, 0x82), logit_bias=((eos, 100.0),))

    result = run_alone(small, forced)

    assert result.tokens == [TokenOutput("a", 3, eos, "\ufffd")]
    assert result.finish == Finish("a", "stop")


def test_tail_carries_what_was_held_back_at_the_end(small: Tiny) -> None:
    whole = run_alone(small, request("a", prompt_of(33), 30, seed=5))
    held = whole.text[-1]

    result = run_alone(small, request("a", prompt_of(33), 30, seed=5, stop=(held + "never",)))

    assert result.finish == Finish("a", "length", held)
    assert result.text == whole.text


def test_abort_frees_the_slot_and_leaves_neighbours_alone(small: Tiny) -> None:
    stays = request("stays", prompt_of(7), 30, seed=1)
    engine = small.engine(max_batch=2)
    results: dict[str, Result] = {}
    engine.submit(stays)
    engine.submit(request("goes", prompt_of(200), 250))
    engine.submit(request("waits", prompt_of(5), 3))
    for _ in range(4):
        collect(engine.step(), results)
    assert (engine.live, engine.free_slots) == (3, 0)
    free = engine._scheduler.pool.unpromised

    engine.abort("goes")
    engine.abort("goes")
    collect(engine.step(), results)

    assert results["goes"].finish is not None
    assert results["goes"].finish.reason == "abort"
    assert "waits" in results, "the waiting request did not take the slot in the same step"
    assert engine.live == 2
    assert engine._scheduler.pool.unpromised > free + 400 // BLOCK
    engine.abort("goes")
    engine.abort("nobody")
    while engine.has_work:
        collect(engine.step(), results)
    assert results["stays"].tokens == run_alone(small, stays).tokens


def test_abort_of_a_waiting_request(small: Tiny) -> None:
    engine = small.engine(max_batch=1)
    engine.submit(request("a", prompt_of(4), 50))
    engine.submit(request("b", prompt_of(4), 50))
    engine.step()

    engine.abort("b")

    assert Finish("b", "abort") in engine.step()
    assert engine.live == 1


def test_an_id_can_be_used_again_after_its_finish(small: Tiny) -> None:
    engine = small.engine()
    first = run(engine, request("a", prompt_of(4), 5))["a"]

    assert run(engine, request("a", prompt_of(4), 5))["a"].tokens == first.tokens


# -- room ----------------------------------------------------------------------------------------


def test_requests_wait_for_cache_and_all_are_served(small: Tiny) -> None:
    engine = small.engine(cache_bytes=small.model.cache_layout.block_bytes * 5)
    requests = [request(str(seed), prompt_of(60, seed), 30, seed=seed) for seed in range(4)]
    for each in requests:
        engine.submit(each)
    most = 0
    results: dict[str, Result] = {}

    while engine.has_work:
        collect(engine.step(), results)
        most = max(most, engine.counters.running)

    assert most == 1
    assert engine.counters.used_blocks == 0
    for each in requests:
        assert results[each.id].tokens == run_alone(small, each).tokens


@pytest.mark.parametrize(
    ("bad", "error", "message"),
    [
        (request("a", (), 5), EmptyPrompt, "empty"),
        (request("a", prompt_of(500), 13), PromptTooLong, r"500 tokens and max_tokens 13.*512"),
        (request("a", (1, 300), 5), TokenOutOfRange, r"300"),
        (request("a", (1, -1), 5), TokenOutOfRange, r"-1"),
        (request("a", (1,), 5, generated=(299,)), TokenOutOfRange, r"299"),
        (request("a", (1,), 2, generated=(1, 2, 3)), InvalidParameter, "generated_ids"),
        (request("a", prompt_of(300), 100), CacheTooSmall, r"need 399 positions.*holds 352"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_requests_that_cannot_be_served_are_refused(
    small: Tiny, bad: Request, error: type[Exception], message: str
) -> None:
    engine = small.engine(cache_bytes=small.model.cache_layout.block_bytes * 11)

    with pytest.raises(error, match=message):
        engine.submit(bad)

    assert not engine.has_work


def test_duplicate_ids_are_refused(small: Tiny) -> None:
    engine = small.engine()
    engine.submit(request("a", (1,), 5))

    with pytest.raises(DuplicateRequest):
        engine.submit(request("a", (2,), 5))

    assert engine.live == 1


def test_prompt_and_output_may_fill_the_context(small: Tiny) -> None:
    result = run_alone(small, request("a", prompt_of(500), 12, temperature=0))

    assert result.ids == small.oracle_next(prompt_of(500), result.ids)
    assert len(result.ids) == 12


@pytest.mark.parametrize("ids", [(), (1, 300), prompt_of(513)], ids=["empty", "range", "long"])
def test_score_refuses_as_submit_does(small: Tiny, ids: tuple[int, ...]) -> None:
    with pytest.raises((EmptyPrompt, TokenOutOfRange, PromptTooLong)):
        small.engine().score(ids)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("max_tokens", 0),
        ("max_tokens", True),
        ("temperature", -0.1),
        ("temperature", float("nan")),
        ("top_p", 1.1),
        ("top_k", -1),
        ("top_k", 2.5),
        ("repetition_penalty", 0.0),
        ("frequency_penalty", float("inf")),
        ("presence_penalty", "1"),
        ("stop", ("",)),
        ("stop", ("x",) * 17),
        ("stop", "text"),
        ("seed", -1),
        ("seed", 2**64),
        ("logprobs", 21),
        ("min_p", 1.5),
        ("n", 0),
    ],
)
def test_parameters_outside_their_range_are_named(field: str, value: object) -> None:
    with pytest.raises(InvalidParameter) as caught:
        SamplingParams(**{"max_tokens": 5, field: value})  # type: ignore[arg-type]

    assert caught.value.code == "invalid_parameter"
    assert caught.value.details["field"] == field
    assert field in caught.value.message


# -- failures ------------------------------------------------------------------------------------


class Fault:
    """A head that fails, or gives no numbers, whenever a row of it is `hidden` of a poisoned run.

    Rows cannot be told apart in the head, so the fault watches the tokens that go in.
    """

    def __init__(self, model: GPTJ, poison: int, fault: Exception | float) -> None:
        self._model = model
        self._poison = poison
        self._fault = fault
        self._poisoned: list[int] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def hidden(self, ids: torch.Tensor, *rest: Any) -> torch.Tensor:
        hidden = self._model.hidden(ids, *rest)
        rows = (ids == self._poison).nonzero().flatten()
        if rows.numel():
            if isinstance(self._fault, Exception):
                raise self._fault
            hidden[rows] = self._fault
        return hidden


def engine_with(small: Tiny, fault: Exception | float) -> Engine:
    """Fails where token 257 runs: a filler, so no healthy request ever makes or holds it."""
    return Engine(Fault(small.model, 257, fault), small.vocabulary)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (RuntimeError("injected"), RequestFailed),
        (MemoryError(), OutOfMemory),
        (RuntimeError("[enforce fail] can't allocate memory: 8 bytes"), OutOfMemory),
        (float("nan"), NonFiniteLogits),
        (float("inf"), NonFiniteLogits),
    ],
    ids=["error", "memory", "allocator", "nan", "inf"],
)
def test_a_failing_request_fails_alone(
    small: Tiny, fault: Exception | float, error: type[Exception]
) -> None:
    healthy = [request(str(seed), prompt_of(20 + seed), 25, seed=seed) for seed in range(3)]
    poisoned = request("poisoned", (*prompt_of(140), 257), 10)

    results = run(engine_with(small, fault), healthy[0], poisoned, *healthy[1:])

    finish = results["poisoned"].finish
    assert finish is not None
    assert finish.reason == "error"
    assert isinstance(finish.error, error)
    assert results["poisoned"].tokens == []
    for each in healthy:
        assert results[each.id].tokens == run_alone(small, each).tokens


def test_no_memory_for_one_request_fails_it_alone(
    small: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = small.engine()
    opened = engine._runner.open

    def scarce(sequence: Any) -> None:
        if sequence.request.id == "big":
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        opened(sequence)

    monkeypatch.setattr(engine._runner, "open", scarce)
    results = run(engine, request("big", prompt_of(200), 300), request("a", prompt_of(9), 5))

    assert results["big"].finish is not None
    assert isinstance(results["big"].finish.error, OutOfMemory)
    assert len(results["a"].tokens) == 5
    assert engine.counters.used_blocks == 0


def test_what_a_failed_request_computed_is_not_used_again(small: Tiny) -> None:
    engine = engine_with(small, float("nan"))
    prompt = prompt_of(100)
    run(engine, request("poisoned", (*prompt, 257), 10))

    healthy = request("healthy", (*prompt, 5), 20, seed=1)

    assert run(engine, healthy)["healthy"].tokens == run_alone(small, healthy).tokens
    assert engine.counters.reused_tokens == 0


def test_a_device_that_fails_is_raised(small: Tiny) -> None:
    engine = engine_with(small, RuntimeError("CUDA error: an illegal memory access was met"))
    engine.submit(request("a", prompt_of(4), 5))
    engine.submit(request("b", (257,), 5))

    with pytest.raises(DeviceFailed):
        engine.step()


# -- pace and waiting ----------------------------------------------------------------------------


def test_pace_caps_every_request_and_keeps_them_in_one_batch(small: Tiny) -> None:
    clock = Clock()
    engine = small.engine(tokens_per_second=20, clock=clock)
    for name in "abc":
        engine.submit(request(name, prompt_of(5), 400))
    times: dict[str, list[float]] = {"a": [], "b": [], "c": []}
    steps = 0

    while clock.now < 1010.0:
        outputs = engine.step()
        steps += bool(outputs)
        for output in outputs:
            times[output.request_id].append(clock.now)
        clock.now += 0.004

    for found in times.values():
        assert 197 <= len(found) <= 201
        assert min(b - a for a, b in pairwise(found)) > 0.04
    assert steps <= 202, "requests of one pace did not share steps"


def test_pace_does_not_slow_what_is_slower_anyway(small: Tiny) -> None:
    clock = Clock()
    engine = small.engine(tokens_per_second=20, clock=clock)
    engine.submit(request("a", prompt_of(5), 100))
    made = 0

    for _ in range(100):
        made += len(engine.step())
        clock.now += 0.055

    assert made >= 98


def test_step_is_empty_when_idle_or_ahead(small: Tiny) -> None:
    clock = Clock()
    engine = small.engine(tokens_per_second=10, clock=clock)
    assert engine.step() == []
    engine.submit(request("a", prompt_of(5), 10))

    assert len(engine.step()) == 1
    assert engine.step() == []
    assert engine.has_work


def test_wait_returns_when_there_is_something_to_do(small: Tiny) -> None:
    engine = small.engine()
    woken = threading.Event()

    def loop() -> None:
        engine.wait(30)
        woken.set()

    thread = threading.Thread(target=loop)
    thread.start()
    assert not woken.wait(0.05), "nothing was there to do"
    engine.submit(request("a", prompt_of(4), 5))

    assert woken.wait(10)
    thread.join()
    engine.step()
    engine.wait(30)


def test_wait_knows_the_pace(small: Tiny) -> None:
    engine = small.engine(tokens_per_second=20)
    engine.submit(request("a", prompt_of(4), 5))
    steps = 0
    made: list[Any] = []

    while engine.has_work:
        engine.wait(30)
        made.extend(engine.step())
        steps += 1

    assert len(made) == 6
    assert steps <= 8, "waiting returned before a token was due"


def test_abort_wakes_a_paced_engine(small: Tiny) -> None:
    engine = small.engine(tokens_per_second=0.01)
    engine.submit(request("a", prompt_of(4), 3))
    engine.step()
    thread = threading.Thread(target=engine.wait, args=(60,))
    thread.start()

    engine.abort("a")

    thread.join(10)
    assert not thread.is_alive()
    assert [output.request_id for output in engine.step()] == ["a"]


def test_score_beside_steps_disturbs_nothing(small: Tiny) -> None:
    engine = small.engine()
    alone = run_alone(small, request("a", prompt_of(30), 60))
    expected = engine.score(prompt_of(40))
    scores: list[Any] = []
    thread = threading.Thread(
        target=lambda: scores.extend(engine.score(prompt_of(40)) for _ in range(5))
    )
    thread.start()

    result = run(engine, request("a", prompt_of(30), 60))["a"]
    thread.join()

    assert result.tokens == alone.tokens
    assert scores == [expected] * 5


def test_tokenizer_of_another_model_is_refused(small: Tiny) -> None:
    with pytest.raises(Exception, match="different checkpoints"):
        Engine(small.model, replace(small.vocabulary, eos_id=5000))
