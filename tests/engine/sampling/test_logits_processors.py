"""Everything that shapes a distribution, compared with transformers' processors in its order.

Draws are compared, not tensors: the number in the middle of a token's share of the oracle's
cumulative distribution must draw that token. So a token that is wrongly kept or cut, or a share of
the wrong size, shifts all later draws.
"""

from typing import Any

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from transformers import (
    LogitsProcessorList,
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    SequenceBiasLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from workers.engine.request import SamplingParams
from workers.engine.sampling.draw import FEW, draw
from workers.engine.sampling.penalties import Penalties, penalise

VOCAB = 900
TOP_K = st.sampled_from([0, 1, 3, 50, FEW - 1, FEW, FEW + 1, 600, 899, 900, 5000])
TOP_P = st.sampled_from([0.0, 0.1, 0.5, 0.9, 0.95, 0.999, 1.0])
MIN_P = st.sampled_from([0.0, 0.001, 0.05, 0.3, 1.0])
# From nearly flat (truncation leaves hundreds of tokens) to sharp (a few).
SPREAD = st.sampled_from([0.05, 1.0, 4.0])
BIASES = st.dictionaries(st.integers(0, VOCAB - 1), st.floats(-100, 100, width=32), max_size=40)
TOKENS = st.lists(st.integers(0, VOCAB - 1), min_size=1, max_size=120)


def logits_of(seed: int, spread: float = 3.0) -> torch.Tensor:
    """[1, VOCAB], all different: of equal tokens transformers' top-p may keep some, while here they
    stay or go together."""
    chance = torch.Generator().manual_seed(seed)
    values = (torch.randn(2 * VOCAB, generator=chance) * spread).unique()
    return values[torch.randperm(len(values), generator=chance)[:VOCAB]].unsqueeze(0)


def processors(params: SamplingParams) -> LogitsProcessorList:
    """The processors in the order of `generate`."""
    found: list[Any] = []
    if params.logit_bias:
        biases = [[[token_id], float(bias)] for token_id, bias in params.logit_bias]
        found.append(SequenceBiasLogitsProcessor(biases))
    if params.repetition_penalty != 1.0:
        found.append(RepetitionPenaltyLogitsProcessor(params.repetition_penalty))
    if params.temperature != 1.0:
        found.append(TemperatureLogitsWarper(params.temperature))
    if params.top_k:
        found.append(TopKLogitsWarper(params.top_k))
    if params.top_p < 1.0:
        found.append(TopPLogitsWarper(params.top_p))
    if params.min_p > 0.0:
        found.append(MinPLogitsWarper(params.min_p))
    return LogitsProcessorList(found)


def on_a_border(logits: torch.Tensor, params: SamplingParams) -> bool:
    """Whether rounding alone decides if some token stays."""
    probabilities = (logits[0].double() / params.temperature).softmax(dim=-1)
    if params.top_k:
        kept = probabilities.topk(min(params.top_k, VOCAB)).values
        probabilities = kept / kept.sum()
    ascending = probabilities.sort().values
    by_p = (ascending.cumsum(0)[:-1] - (1 - params.top_p)).abs() < 1e-5
    by_min_p = (ascending[:-1] / ascending[-1] - params.min_p).abs() < 1e-5 * params.min_p
    return bool((params.top_p < 1.0 and by_p.any()) or by_min_p.any())


def assert_draws_as_transformers(
    logits: torch.Tensor, params: SamplingParams, tokens: list[int]
) -> None:
    ids = torch.tensor([tokens])
    scores = processors(params)(ids, logits.clone())
    shares = scores.double().softmax(dim=-1)[0]
    ends = shares.cumsum(0)
    wide = (shares > 1e-5).nonzero().squeeze(1)
    numbers = (ends - shares / 2)[wide].tolist()

    shaped = penalise(logits, [Penalties(params, tokens, [])])
    drawn = draw(shaped.expand(len(numbers), -1), [params] * len(numbers), numbers)

    assert drawn.tolist() == wide.tolist()
    edges = draw(shaped.expand(2, -1), [params] * 2, [0.0, 1.0 - 2.0**-53])
    assert shares[edges].min() > 0


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), temperature=st.floats(0.1, 3.0), spread=SPREAD)
def test_temperature(seed: int, temperature: float, spread: float) -> None:
    # Beyond this the least likely tokens vanish, and not the same ones in both.
    assume(spread / temperature < 10)
    params = SamplingParams(1, temperature=temperature)

    assert_draws_as_transformers(logits_of(seed, spread), params, [0])


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), top_k=TOP_K, spread=SPREAD)
def test_top_k(seed: int, top_k: int, spread: float) -> None:
    assert_draws_as_transformers(logits_of(seed, spread), SamplingParams(1, top_k=top_k), [0])


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), top_p=TOP_P | st.floats(0, 1), min_p=MIN_P, spread=SPREAD)
def test_top_p_and_min_p(seed: int, top_p: float, min_p: float, spread: float) -> None:
    logits = logits_of(seed, spread)
    for params in (SamplingParams(1, top_p=top_p), SamplingParams(1, min_p=min_p)):
        assume(not on_a_border(logits, params))

        assert_draws_as_transformers(logits, params, [0])


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    temperature=st.floats(0.3, 3.0),
    top_k=TOP_K,
    top_p=TOP_P,
    min_p=MIN_P,
    spread=SPREAD,
)
def test_chains(
    seed: int, temperature: float, top_k: int, top_p: float, min_p: float, spread: float
) -> None:
    assume(spread / temperature < 10)
    params = SamplingParams(1, temperature=temperature, top_k=top_k, top_p=top_p, min_p=min_p)
    logits = logits_of(seed, spread)
    assume(not on_a_border(logits, params))

    assert_draws_as_transformers(logits, params, [0])


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), penalty=st.floats(0.5, 2.0), biases=BIASES, tokens=TOKENS)
def test_bias_and_repetition_penalty_give_the_same_logits(
    seed: int, penalty: float, biases: dict[int, float], tokens: list[int]
) -> None:
    logits = logits_of(seed)
    params = SamplingParams(200, repetition_penalty=penalty, logit_bias=tuple(biases.items()))
    expected = processors(params)(torch.tensor([tokens]), logits.clone())
    half = len(tokens) // 2
    penalties = Penalties(params, tokens[:half], tokens[half : half + 1])

    for token_id in tokens[half + 1 :]:
        penalties.record(token_id)

    torch.testing.assert_close(penalise(logits, [penalties]), expected, rtol=1e-6, atol=1e-6)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    penalty=st.floats(0.7, 1.5),
    biases=st.dictionaries(st.integers(0, VOCAB - 1), st.floats(-3, 3, width=32), max_size=40),
    tokens=TOKENS,
    temperature=st.floats(0.5, 2.0),
    top_k=TOP_K,
    min_p=MIN_P,
)
def test_bias_and_penalty_come_before_the_warpers(
    seed: int,
    penalty: float,
    biases: dict[int, float],
    tokens: list[int],
    temperature: float,
    top_k: int,
    min_p: float,
) -> None:
    params = SamplingParams(
        1,
        temperature=temperature,
        top_k=top_k,
        min_p=min_p,
        repetition_penalty=penalty,
        logit_bias=tuple(biases.items()),
    )
    logits = logits_of(seed)
    shaped = processors(
        SamplingParams(1, repetition_penalty=penalty, logit_bias=params.logit_bias)
    )(torch.tensor([tokens]), logits.clone())
    assume(shaped.unique().numel() == VOCAB and not on_a_border(shaped, params))

    assert_draws_as_transformers(logits, params, tokens)


def test_frequency_and_presence_penalties_count_generated_tokens_only() -> None:
    """As the OpenAI API defines them; transformers has none."""
    logits = logits_of(3)
    params = SamplingParams(50, frequency_penalty=0.5, presence_penalty=0.25)
    penalties = Penalties(params, [1, 1, 1], [2, 3])

    penalties.record(3)

    change = (penalise(logits, [penalties]) - logits)[0]
    assert change[1] == 0
    assert change[2].item() == pytest.approx(-0.75, abs=1e-6)
    assert change[3].item() == pytest.approx(-1.25, abs=1e-6)
    assert change.count_nonzero() == 2


def test_negative_penalties_reward_what_was_generated() -> None:
    params = SamplingParams(50, presence_penalty=-0.5)

    shaped = penalise(torch.zeros(1, 8), [Penalties(params, [], [2, 2])])

    assert shaped[0].tolist() == [0, 0, 0.5, 0, 0, 0, 0, 0]


def test_bias_forbids_and_forces() -> None:
    logits = torch.tensor([[5.0, 1.0, 0.0]] * 2)
    forbid = Penalties(SamplingParams(1, logit_bias=((0, -100.0),)), [], [])
    force = Penalties(SamplingParams(1, logit_bias=((2, 100.0),)), [], [])

    shaped = penalise(logits, [forbid, force])

    assert shaped.argmax(dim=-1).tolist() == [1, 2]


def test_bias_cannot_make_invalid_rows_likely() -> None:
    logits = torch.tensor([[0.0, -torch.inf]])

    shaped = penalise(logits, [Penalties(SamplingParams(1, logit_bias=((1, 100.0),)), [], [])])

    assert shaped[0].tolist() == [0.0, -torch.inf]


def test_rows_without_penalties_do_not_change() -> None:
    logits = logits_of(4).repeat(3, 1)
    penalties = Penalties(SamplingParams(1, repetition_penalty=2.0), [7], [])

    shaped = penalise(logits, [None, penalties, None])

    changed = (shaped != logits).nonzero().tolist()
    assert changed == [[1, 7]]
    assert penalise(logits, [None] * 3) is logits


def test_penalties_of_long_texts_keep_every_token() -> None:
    params = SamplingParams(1000, repetition_penalty=2.0, frequency_penalty=1.0)
    logits = torch.full((1, VOCAB), 4.0)
    penalties = Penalties(params, range(300), range(300, 500))

    for token_id in range(400, 600):
        penalties.record(token_id)

    shaped = penalise(logits, [penalties])[0]
    assert shaped[:300].eq(2.0).all()
    assert shaped[300:400].eq(1.0).all()
    assert shaped[400:500].eq(0.0).all()
    assert shaped[500:600].eq(1.0).all()
    assert shaped[600:].eq(4.0).all()
