"""Samplers against transformers' own processors; randomness; logprobs."""

import math
from collections import Counter

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import (
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from tests.engine.tiny import Tiny, prompt_of, request, run_alone
from workers.engine.randomness import philox4x32, uniform
from workers.engine.request import SamplingParams
from workers.engine.sampler import RowState, sample, warp

CPU = torch.device("cpu")


def logits_of(seed: int, rows: int = 4, vocab: int = 900, spread: float = 3.0) -> torch.Tensor:
    return torch.randn(rows, vocab, generator=torch.Generator().manual_seed(seed)) * spread


def state_of(
    params: SamplingParams, prompt: list[int] | None = None, generated: list[int] | None = None
) -> RowState:
    return RowState(params, prompt or [], generated or [], rows=900, device=CPU)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 1000),
    temperature=st.floats(0.1, 3.0),
    top_k=st.sampled_from([0, 1, 3, 50, 899, 5000]),
    top_p=st.sampled_from([0.0, 0.1, 0.5, 0.9, 0.95, 0.999, 1.0]),
    spread=st.sampled_from([0.05, 1.0, 4.0]),
)
def test_warping_equals_transformers(
    seed: int, temperature: float, top_k: int, top_p: float, spread: float
) -> None:
    logits = logits_of(seed, spread=spread)
    ids = torch.zeros(4, 1, dtype=torch.int64)
    expected = TemperatureLogitsWarper(temperature)(ids, logits)
    if top_k:
        expected = TopKLogitsWarper(top_k)(ids, expected)
    if top_p < 1.0:
        expected = TopPLogitsWarper(top_p)(ids, expected)
    expected = expected.softmax(dim=-1)
    params = SamplingParams(1, temperature=temperature, top_k=top_k, top_p=top_p)

    kept = warp(logits, [params] * 4)

    found = kept / kept.sum(dim=-1, keepdim=True)
    # A token whose cumulative mass is top_p to the last bit may fall on either side.
    differing = ((found > 0) != (expected > 0)).sum(dim=-1)
    assert (differing <= 1).all()
    torch.testing.assert_close(found[differing == 0], expected[differing == 0])


def test_rows_with_different_parameters_do_not_mix() -> None:
    logits = logits_of(1)
    params = [
        SamplingParams(1, temperature=0.5),
        SamplingParams(1, top_k=5),
        SamplingParams(1, top_p=0.3),
        SamplingParams(1, temperature=2.0, top_k=700, top_p=0.99),
    ]

    together = warp(logits, params)

    for row, each in enumerate(params):
        assert torch.equal(together[row], warp(logits[row : row + 1], [each])[0])


def test_wide_nucleus_is_sorted_in_full() -> None:
    logits = logits_of(2, rows=1, vocab=900, spread=0.01)

    kept = warp(logits, [SamplingParams(1, top_p=0.9)])

    assert 790 < int((kept > 0).sum()) < 830


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.floats(0.5, 2.0), st.lists(st.integers(0, 899), min_size=1))
def test_repetition_penalty_equals_transformers(
    seed: int, penalty: float, tokens: list[int]
) -> None:
    logits = logits_of(seed, rows=1)
    expected = RepetitionPenaltyLogitsProcessor(penalty)(torch.tensor([tokens]), logits.clone())
    half = len(tokens) // 2
    params = SamplingParams(50, repetition_penalty=penalty)
    state = state_of(params, tokens[:half])

    for token_id in tokens[half:]:
        state.record(token_id)

    torch.testing.assert_close(state.penalise(logits[0]), expected[0])


def test_frequency_and_presence_penalties_count_generated_tokens_only() -> None:
    logits = logits_of(3, rows=1)[0]
    params = SamplingParams(50, frequency_penalty=0.5, presence_penalty=0.25)
    state = state_of(params, prompt=[1, 1, 1], generated=[2, 3])

    state.record(3)

    change = state.penalise(logits) - logits
    assert change[1] == 0
    torch.testing.assert_close(change[2], torch.tensor(-0.75))
    torch.testing.assert_close(change[3], torch.tensor(-1.25))
    assert change.count_nonzero() == 2


def test_penalties_change_greedy_choices_too() -> None:
    logits = torch.tensor([[3.0, 2.9, 0.0]])
    params = SamplingParams(5, temperature=0, presence_penalty=1.0)
    state = RowState(params, [], [0], rows=3, device=CPU)

    assert sample(logits, [state], [2])[0].token_id == 1


def test_sampled_tokens_follow_the_distribution() -> None:
    probabilities = torch.tensor([0.5, 0.3, 0.15, 0.05, 0.0])
    logits = probabilities.log().repeat(400, 1)
    counts: Counter[int] = Counter()

    for seed in range(25):
        states = [state_of(SamplingParams(400, seed=seed))] * 400
        counts.update(choice.token_id for choice in sample(logits, states, range(1, 401)))

    for token_id, probability in enumerate(probabilities.tolist()):
        deviation = math.sqrt(probability * (1 - probability) * 10_000)
        assert abs(counts[token_id] - probability * 10_000) <= 4 * deviation


def test_cut_tokens_are_never_drawn() -> None:
    logits = torch.full((300, 50), -math.inf)
    logits[:, 17] = 0.0
    logits[:, 31] = -1.0
    states = [state_of(SamplingParams(300, temperature=5.0))] * 300

    drawn = {choice.token_id for choice in sample(logits, states, range(1, 301))}

    assert drawn == {17, 31}


def test_smallest_temperatures_stay_finite() -> None:
    logits = logits_of(4)
    states = [state_of(SamplingParams(1, temperature=1e-30))] * 4

    found = [choice.token_id for choice in sample(logits, states, [1] * 4)]

    assert found == logits.argmax(dim=-1).tolist()


def test_a_row_without_finite_numbers_is_told() -> None:
    logits = logits_of(5, rows=2)
    logits[1, 3] = math.nan

    choices = sample(logits, [state_of(SamplingParams(1))] * 2, [1, 1])

    assert [choice.finite for choice in choices] == [True, False]


def test_philox_known_answers() -> None:
    """From the test vectors that Random123 publishes for philox4x32-10."""
    ones = 0xFFFFFFFF
    assert philox4x32((0, 0, 0, 0), (0, 0)) == (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)
    assert philox4x32((ones,) * 4, (ones,) * 2) == (
        0x408F276D,
        0x41C83B0E,
        0xA20BC7C6,
        0x6D5451FD,
    )
    assert philox4x32(
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344), (0xA4093822, 0x299F31D0)
    ) == (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1)


def test_uniform_is_uniform_and_keyed_by_seed_and_position() -> None:
    numbers = [uniform(seed, position) for seed in range(40) for position in range(1, 101)]

    assert len(set(numbers)) == 4000
    assert all(0 <= number < 1 for number in numbers)
    bins = Counter(int(number * 10) for number in numbers)
    assert all(abs(count - 400) < 90 for count in bins.values())
    assert uniform(2**64 - 1, 2**40) == uniform(2**64 - 1, 2**40)


def test_logprobs_equal_a_teacher_forced_pass(small: Tiny) -> None:
    prompt = prompt_of(20)
    shaped = request(
        "a", prompt, 24, logprobs=10, temperature=0.7, top_k=5, repetition_penalty=1.3, seed=4
    )

    result = run_alone(small, shaped)

    expected = small.oracle_logits([*prompt, *result.ids[:-1]])[19:].log_softmax(dim=-1)
    assert len(result.tokens) == 24
    for output, row in zip(result.tokens, expected, strict=True):
        assert output.logprob == pytest.approx(row[output.token_id].item(), abs=1e-4)
        values, ids = row.topk(10)
        assert output.top is not None
        assert [token_id for token_id, _ in output.top] == ids.tolist()
        assert [logprob for _, logprob in output.top] == pytest.approx(values.tolist(), abs=1e-4)


@pytest.mark.parametrize(
    ("logprobs", "top"), [(None, None), (0, ()), (2, 2)], ids=["none", "chosen", "top 2"]
)
def test_logprobs_come_as_asked(small: Tiny, logprobs: int | None, top: object) -> None:
    output = run_alone(small, request("a", prompt_of(3), 1, logprobs=logprobs)).tokens[0]

    assert (output.logprob is None) is (logprobs is None)
    assert (output.top if output.top is None or top == () else len(output.top)) == top


@pytest.mark.parametrize("length", [1, 2, 128, 129, 300])
def test_score_equals_a_teacher_forced_pass(small: Tiny, length: int) -> None:
    ids = prompt_of(length)

    scores = small.engine().score(ids, top=3)

    expected = small.oracle_logits(ids).log_softmax(dim=-1)
    assert [score.token_id for score in scores] == list(ids)
    assert scores[0].logprob is None
    for place, score in enumerate(scores[1:]):
        assert score.logprob == pytest.approx(expected[place][ids[place + 1]].item(), abs=1e-4)
        assert [token_id for token_id, _ in score.top] == expected[place].topk(3).indices.tolist()
