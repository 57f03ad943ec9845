"""Whole generations on a GPU, compared with transformers and PEFT.

The oracle runs on the CPU, so two tokens may be so close that rounding decides. A chosen token
must be as likely as the oracle's choice, given the tokens before it, within rounding.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from transformers import GPTJForCausalLM

from tests.engine.adapters.peft_adapters import save_adapter
from tests.engine.model.test_parity import CONFIGURATIONS, TOKENS, greedy_requests
from tests.engine.tiny import KERNELS, Result, Tiny, prompt_of, request, run, run_mixed
from workers.engine.adapters.adapter import read_adapter
from workers.engine.request import Request

pytestmark = pytest.mark.gpu

ROUNDING = 1e-4


def assert_likeliest(logits: Tensor, prompt: tuple[int, ...], ids: list[int]) -> None:
    """logits: the oracle's, [tokens, vocab], for the prompt and all of `ids` except the last."""
    rows = logits[len(prompt) - 1 :]
    chosen = rows.gather(1, torch.tensor(ids).unsqueeze(1)).squeeze(1)
    assert (rows.amax(dim=-1) - chosen).max() < ROUNDING


def assert_greedy(tiny: Tiny, requests: list[Request], results: dict[str, Result]) -> None:
    for each in requests:
        ids = results[each.id].ids
        assert len(ids) == TOKENS
        logits = tiny.oracle_logits([*each.prompt_ids, *ids[:-1]]).clone()
        logits[:, tiny.vocabulary.eos_id] -= 100.0
        assert_likeliest(logits, each.prompt_ids, ids)


@pytest.mark.parametrize("kernels", KERNELS)
@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_greedy_tokens_are_the_likeliest_in_every_batch(
    tiny: Callable[..., Tiny], name: str, kernels: str
) -> None:
    subject = tiny(name, kernels)
    requests = greedy_requests(subject)

    mixed = run_mixed(subject.engine(max_batch=7), requests)

    assert_greedy(subject, requests, mixed)
    assert len({token for result in mixed.values() for token in result.ids}) > 40
    ways: list[dict[str, Any]] = [
        {"prefix_cache": False},
        {"cache_bytes": 20 * subject.cache_layout.block_bytes},
        {"max_batch": 20},
    ]
    for options in ways:
        assert_greedy(subject, requests, run(subject.engine(**options), *requests))
    for rows in (16, 100_000):
        engine = subject.engine(max_batch=20)
        engine._scheduler.prefill_rows = rows
        assert_greedy(subject, requests, run(engine, *requests))


def test_a_cached_text_is_reused(small: Tiny) -> None:
    engine = small.engine()
    requests = greedy_requests(small)
    run(engine, *requests)
    computed = engine.counters.prompt_tokens

    again = run(engine, *requests)

    assert_greedy(small, requests, again)
    assert engine.counters.prompt_tokens - computed == len(requests), "one row for each prompt"


@pytest.mark.parametrize("name", ["small", "wide_heads"])
def test_adapters_mixed_in_one_batch_equal_peft(
    tiny: Callable[..., Tiny], name: str, tmp_path: Path
) -> None:
    subject = tiny(name)
    engine = subject.engine()
    models: dict[str | None, Any] = {None: subject.oracle}
    kinds: dict[str, dict[str, Any]] = {
        "all": {},
        "attention": {"r": 2, "target_modules": ["v_proj"]},
    }
    for adapter, fields in kinds.items():
        base = GPTJForCausalLM.from_pretrained(subject.folder, dtype=torch.float32)
        models[adapter] = save_adapter(tmp_path / adapter, base, seed=len(adapter), **fields)
        engine.load_adapter(
            adapter, read_adapter(adapter, tmp_path / adapter, subject.model.config)
        )
    requests = [
        replace(request(f"{index}", prompt_of(3 + 9 * index), 20, temperature=0), adapter=adapter)
        for index, adapter in enumerate([None, "all", "attention", "all", None, "attention"])
    ]

    results = run(engine, *requests)

    for each in requests:
        ids = results[each.id].ids
        with torch.inference_mode():
            text = torch.tensor([[*each.prompt_ids, *ids[:-1]]])
            logits = models[each.adapter](text).logits[0]
        logits[:, subject.vocabulary.filler_rows(logits.shape[1])] = -torch.inf
        assert_likeliest(logits, each.prompt_ids, ids)
    assert len({tuple(result.ids) for result in results.values()}) == len(requests)


@pytest.mark.parametrize(("dtype", "rounding"), [("float16", 0.05), ("int8", 0.3)])
def test_narrow_weights_generate_the_likeliest_by_their_own_scores(
    tiny: Callable[..., Tiny], dtype: str, rounding: float
) -> None:
    """Decoding in a batch, by graphs, agrees with one pass over a whole text."""
    subject = tiny("wide_heads", "auto", dtype)
    engine = subject.engine(max_batch=8)
    requests = greedy_requests(subject)[:8]

    results = run(engine, *requests)

    for each in requests:
        ids = results[each.id].ids
        scores = engine.score((*each.prompt_ids, *ids), top=2)[len(each.prompt_ids) :]
        for token, score in zip(ids, scores, strict=True):
            assert score.token_id == token
            assert score.logprob is not None
            best = next(value for top, value in score.top if top != subject.vocabulary.eos_id)
            assert best - score.logprob < rounding
