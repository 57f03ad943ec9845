"""The engine's life of a request: joining, stopping, resuming, being refused."""

import threading
from dataclasses import replace
from typing import Any

import pytest

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
from workers.engine.engine import Engine
from workers.engine.errors import (
    CacheTooSmall,
    DuplicateRequest,
    EmptyPrompt,
    InvalidParameter,
    PromptTooLong,
    TokenOutOfRange,
)
from workers.engine.request import Finish, Request, SamplingParams, TokenOutput
from workers.engine.scheduling.blocks import BLOCK

# Ways to sample that together reach every branch.
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


def requests_for_every_sampling_way() -> list[Request]:
    return [
        request(f"{way} {length}", prompt_of(length, seed), 40, seed=seed, logprobs=2, **params)
        for seed, (way, params) in enumerate(WAYS.items())
        for length in (2, 60, 131)
    ]


@pytest.mark.parametrize("name", ["small", "wide_heads", "odd_sizes"])
def test_outputs_are_the_same_alone_and_in_any_batch(tiny: Any, name: str) -> None:
    subject = tiny(name)
    requests = requests_for_every_sampling_way()

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
def test_resumed_run_continues_exactly(small: Tiny, way: str) -> None:
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


def test_resumed_run_longer_than_a_chunk_continues_exactly(small: Tiny) -> None:
    whole = request("a", prompt_of(30), 300, seed=8)
    undisturbed = run_alone(small, whole)
    assert len(undisturbed.tokens) > 200

    rest = run_alone(small, replace(whole, generated_ids=tuple(undisturbed.ids[:199])))

    assert rest.tokens == undisturbed.tokens[199:]


@pytest.mark.parametrize("reason", ["length", "stop"])
def test_resuming_a_complete_run_finishes_at_once(small: Tiny, reason: str) -> None:
    ids = (65, 66, 67) if reason == "length" else (65, 66, small.vocabulary.eos_id)
    engine = small.engine()
    engine.submit(request("a", (1, 2), 3 if reason == "length" else 9, generated=ids, stop=("CD",)))

    outputs = engine.step()

    assert outputs == [Finish("a", reason, "C" if reason == "length" else "")]  # type: ignore[arg-type]
    assert not engine.has_work


def test_the_seed_decides_the_text(small: Tiny) -> None:
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
    assert result.finish == Finish("a", "stop", stop_sequence=stop)
    assert result.ids == whole.ids[: len(result.ids)]
    assert len(result.ids) < len(whole.ids)


def test_end_of_text_ends_the_run_and_has_its_own_position(small: Tiny) -> None:
    eos = small.vocabulary.eos_id
    forced = request("a", prompt_of(4), 20, generated=(0xE2, 0x82), logit_bias=((eos, 100.0),))

    result = run_alone(small, forced)

    assert result.tokens == [TokenOutput("a", 3, eos, "\ufffd")]
    assert result.finish == Finish("a", "stop")


def test_tail_has_the_text_held_back_at_the_end(small: Tiny) -> None:
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
    engine = small.engine(cache_bytes=small.cache_layout.block_bytes * 5)
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
    engine = small.engine(cache_bytes=small.cache_layout.block_bytes * 11)

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


def test_score_does_not_change_running_requests(small: Tiny) -> None:
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
        Engine(small.model, small.backend, replace(small.vocabulary, eos_id=5000))


def test_siblings_that_begin_together_compute_their_prompt_once(small: Tiny) -> None:
    engine = small.engine()
    prompt = prompt_of(5 * BLOCK + 7, 3)
    siblings = [request(f"sibling {seed}", prompt, 4, seed=seed) for seed in range(3)]

    run(engine, *siblings)

    # Of the others only the last row, whose logits give the first token.
    assert engine.counters.prompt_tokens <= len(prompt) + 2 * BLOCK
