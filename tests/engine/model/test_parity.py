"""Whole generations, compared with transformers: twenty prompts that join and leave one batch."""

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch

from tests.engine.tiny import KERNELS, Tiny, prompt_of, request, run, run_alone, run_mixed
from workers.engine.request import Request

TOKENS = 128
CONFIGURATIONS = ("small", "wide_heads", "full_rotary", "odd_sizes")
# Beginnings that several prompts share, with lengths near the borders of blocks.
BEGINNINGS = (31, 32, 64, 150, 250)


def prompts() -> list[tuple[int, ...]]:
    chance = random.Random(5)
    found = [prompt_of(length) for length in (1, 3, 17, 32, 33, 128, 131, 260, 300, 330)]
    for length in BEGINNINGS:
        beginning = prompt_of(length, 100)
        found.append((*beginning, *prompt_of(chance.randint(1, 90), 1)))
        found.append((*beginning, *prompt_of(chance.randint(1, 90), 2)))
    return found


def greedy_requests(tiny: Tiny) -> list[Request]:
    """End-of-text is forbidden, so each request gives `TOKENS` tokens."""
    never = ((tiny.vocabulary.eos_id, -100.0),)
    return [
        request(f"{number}", prompt, TOKENS, temperature=0, logit_bias=never)
        for number, prompt in enumerate(prompts())
    ]


def oracle_tokens(tiny: Tiny, each: Request, generated: list[int]) -> list[int]:
    """The oracle's choice at each position, with end-of-text forbidden."""
    logits = tiny.oracle_logits([*each.prompt_ids, *generated[:-1]])
    logits = logits[len(each.prompt_ids) - 1 :].clone()
    logits[:, tiny.vocabulary.eos_id] -= 100.0
    likeliest: list[int] = logits.argmax(dim=-1).tolist()
    return likeliest


@pytest.mark.parametrize("kernels", KERNELS)
@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_greedy_tokens_equal_transformers_in_every_batch(
    tiny: Callable[..., Tiny], name: str, kernels: str
) -> None:
    subject = tiny(name, kernels)
    requests = greedy_requests(subject)
    assert len(requests) == 20

    mixed = run_mixed(subject.engine(max_batch=7), requests)

    kinds = set()
    for each in requests:
        ids = mixed[each.id].ids
        assert len(ids) == TOKENS
        assert ids == oracle_tokens(subject, each, ids)
        kinds.update(ids)
    assert len(kinds) > 40, "the model repeats itself too much to tell anything"

    ways: dict[str, dict[str, Any]] = {
        "no prefix cache": {"prefix_cache": False},
        "prefix cache that always overflows": {
            "cache_bytes": 20 * subject.cache_layout.block_bytes
        },
        "all at once": {"max_batch": 20},
    }
    for way, options in ways.items():
        other = run(subject.engine(**options), *requests)
        assert {i: r.ids for i, r in other.items()} == {i: r.ids for i, r in mixed.items()}, way

    for rows in (16, 100_000):
        engine = subject.engine(max_batch=20)
        engine._scheduler.prefill_rows = rows
        other = run(engine, *requests)
        assert {i: r.ids for i, r in other.items()} == {i: r.ids for i, r in mixed.items()}, rows


def test_a_cached_text_is_reused_and_gives_the_same_tokens(small: Tiny) -> None:
    engine = small.engine()
    requests = greedy_requests(small)
    first = run(engine, *requests)
    computed = engine.counters.prompt_tokens

    again = run(engine, *requests)

    assert {i: r.tokens for i, r in again.items()} == {i: r.tokens for i, r in first.items()}
    assert engine.counters.prompt_tokens - computed == len(requests), "one row for each prompt"


def test_a_branch_of_a_generated_text_reuses_it_and_gives_the_same_tokens(small: Tiny) -> None:
    engine = small.engine()
    trunk = request("trunk", prompt_of(40), 60, seed=1)
    text = run(engine, trunk)["trunk"].ids
    before = engine.counters.reused_tokens

    for cut in (1, 23, 50):
        prompt = (*trunk.prompt_ids, *text[:cut], 7)
        branch = request(f"branch {cut}", prompt, 30, seed=cut, logprobs=1)
        assert run(engine, branch)[branch.id].tokens == run_alone(small, branch).tokens

    assert engine.counters.reused_tokens - before >= 3 * 40 + 1 + 23 + 50


@pytest.mark.parametrize("length", [1, 5, 31, 32, 33, 100])
def test_choices_share_their_prompt_and_equal_each_alone(small: Tiny, length: int) -> None:
    engine = small.engine(max_batch=4)
    many = request("many", prompt_of(length), 25, seed=9, n=6, logprobs=2)

    results = run(engine, many)

    assert len(results) == 6
    texts = set()
    for choice in range(6):
        alone = replace(many, params=replace(many.params, n=1), choice=choice)
        (result,) = run(small.engine(), alone).values()
        found = results[f"many/{choice}" if choice else "many"]
        assert found.tokens == result.tokens
        assert {output.choice for output in found.tokens} == {choice}
        texts.add(tuple(found.ids))
    assert len(texts) > 1
    most = length + 5 * min(length, 9)
    assert engine.counters.prompt_tokens <= most


@pytest.mark.parametrize("kernels", KERNELS)
def test_scores_equal_a_teacher_forced_pass(tiny: Callable[..., Tiny], kernels: str) -> None:
    subject = tiny("wide_heads", kernels)
    ids = prompt_of(300)

    scores = subject.engine().score(ids, top=5)

    logprobs = torch.log_softmax(subject.oracle_logits(ids), dim=-1)
    assert (scores[0].token_id, scores[0].logprob) == (ids[0], None)
    for position, score in enumerate(scores[1:], 1):
        row = logprobs[position - 1]
        likeliest = row.topk(5)
        assert score.token_id == ids[position]
        assert score.logprob == pytest.approx(row[ids[position]].item(), abs=1e-5)
        assert [value for _, value in score.top] == pytest.approx(
            likeliest.values.tolist(), abs=1e-5
        )
        assert score.rest == pytest.approx(1 - likeliest.values.exp().sum().item(), abs=1e-5)


def test_logprobs_of_a_run_equal_the_score_of_its_text(small: Tiny) -> None:
    each = request("a", prompt_of(50), 40, seed=4, logprobs=3, temperature=0.7, top_p=0.8)

    result = run_alone(small, each)

    scores = small.engine().score((*each.prompt_ids, *result.ids), top=3)[len(each.prompt_ids) :]
    for output, score in zip(result.tokens, scores, strict=True):
        assert output.token_id == score.token_id
        assert output.logprob == score.logprob
        assert (output.top, output.rest) == (score.top, score.rest)
