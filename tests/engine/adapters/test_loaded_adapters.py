"""Adapters that are loaded and dropped while requests run."""

from dataclasses import replace

import pytest

from tests.engine.adapters.test_lora import random_adapter
from tests.engine.tiny import Result, Tiny, collect, prompt_of, request, run
from workers.engine.errors import AdapterExists, AdapterUnknown
from workers.engine.request import Request


def tuned_request(name: str, adapter: str = "tuned") -> Request:
    return replace(request(name, prompt_of(40), 25, seed=3, logprobs=1), adapter=adapter)


def test_a_dropped_adapter_serves_running_requests_and_no_new_ones(small: Tiny) -> None:
    adapter = random_adapter(1, layers=(0, 1), config=small.model.config)
    undisturbed = small.engine()
    undisturbed.load_adapter("tuned", adapter)
    expected = run(undisturbed, tuned_request("a"))["a"].tokens
    engine = small.engine()
    engine.load_adapter("tuned", adapter)
    engine.submit(tuned_request("a"))
    results: dict[str, Result] = {}
    for _ in range(5):
        collect(engine.step(), results)

    engine.drop_adapter("tuned")

    assert engine.adapters == []
    with pytest.raises(AdapterUnknown, match="tuned"):
        engine.submit(tuned_request("b"))
    with pytest.raises(AdapterUnknown, match="tuned"):
        engine.score((1, 2, 3), adapter="tuned")
    # Another adapter may take the name meanwhile; it gets a separate slot.
    engine.load_adapter("tuned", random_adapter(2, layers=(0, 1), config=small.model.config))
    while engine.has_work:
        collect(engine.step(), results)
    assert results["a"].tokens == expected
    assert run(engine, tuned_request("a"))["a"].tokens != expected


def test_an_adapter_that_is_loaded_again_gives_the_same(small: Tiny) -> None:
    engine = small.engine()
    adapter = random_adapter(1, layers=(0, 1), config=small.model.config)
    engine.load_adapter("tuned", adapter)
    first = run(engine, tuned_request("a"))["a"].tokens
    engine.drop_adapter("tuned")

    engine.load_adapter("tuned", adapter)

    assert run(engine, tuned_request("a"))["a"].tokens == first
    base = replace(tuned_request("a"), adapter=None)
    assert run(engine, base)["a"].tokens != first


def test_the_base_has_the_same_numbers_beside_adapters(small: Tiny) -> None:
    """To the bit with the engine's own kernels: a run repeats whatever else the worker does."""
    engine = small.engine(prefix_cache=False)
    for seed in (1, 2):
        modules = ("q_proj", "out_proj") if seed == 1 else ("fc_in", "fc_out")
        adapter = random_adapter(seed, modules=modules, layers=(1,), config=small.model.config)
        engine.load_adapter(f"tuned {seed}", adapter)
    base = replace(tuned_request("a"), adapter=None)
    alone = run(engine, base)["a"].tokens

    others = (tuned_request("b", "tuned 1"), tuned_request("c", "tuned 2"))
    beside = run(engine, base, *others)["a"].tokens

    if engine.kernels == "native":
        assert beside == alone
    assert [token.token_id for token in beside] == [token.token_id for token in alone]


def test_a_name_is_used_once_and_only_loaded_adapters_can_be_dropped(small: Tiny) -> None:
    engine = small.engine()
    engine.load_adapter("tuned", random_adapter(1, layers=(0, 1), config=small.model.config))

    with pytest.raises(AdapterExists, match="tuned"):
        engine.load_adapter("tuned", random_adapter(2, layers=(0, 1), config=small.model.config))
    with pytest.raises(AdapterUnknown, match="other"):
        engine.drop_adapter("other")

    assert engine.adapters == ["tuned"]
