"""Draws, randomness, logprobs.

`test_logits_processors` compares distributions with transformers.
"""

import math
from collections import Counter
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.tiny import Tiny, prompt_of, request, run_alone
from workers.engine.request import SamplingParams
from workers.engine.sampling.draw import FEW, draw
from workers.engine.sampling.randomness import philox4x32, uniform
from workers.engine.sampling.sampler import RowState, sample, token_logprobs

CPU = torch.device("cpu")
EVERY_CUT: list[dict[str, Any]] = [
    {},
    {"temperature": 0},
    {"top_k": 5},
    {"top_k": 300},
    {"top_p": 0.5},
    {"min_p": 0.1},
    {"top_k": 200, "top_p": 0.99, "min_p": 0.001, "temperature": 2.0},
]


def logits_of(seed: int, rows: int = 4, vocab: int = 900, spread: float = 3.0) -> torch.Tensor:
    return torch.randn(rows, vocab, generator=torch.Generator().manual_seed(seed)) * spread


def state_of(
    params: SamplingParams,
    prompt: list[int] | None = None,
    generated: list[int] | None = None,
    choice: int = 0,
) -> RowState:
    return RowState(params, prompt or [], generated or [], rows=900, device=CPU, choice=choice)


PARAMS = st.builds(
    SamplingParams,
    max_tokens=st.just(50),
    temperature=st.sampled_from([0.0, 0.3, 1.0, 2.5]),
    top_k=st.sampled_from([0, 4, 200]),
    top_p=st.sampled_from([0.2, 0.9, 0.999, 1.0]),
    min_p=st.sampled_from([0.0, 0.001, 0.2]),
    repetition_penalty=st.sampled_from([1.0, 1.4]),
    frequency_penalty=st.sampled_from([0.0, 0.5]),
    logit_bias=st.sampled_from([(), ((3, 2.5), (400, -7.0))]),
    seed=st.integers(0, 99),
    logprobs=st.sampled_from([None, 0, 7, 20]),
)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    batch=st.lists(PARAMS, min_size=2, max_size=9),
    spread=st.sampled_from([0.1, 1.0, 4.0]),
    vocab=st.sampled_from([900, 907, 4000]),
)
def test_a_row_is_the_same_alone_and_in_any_batch(
    seed: int, batch: list[SamplingParams], spread: float, vocab: int
) -> None:
    logits = logits_of(seed, len(batch), vocab, spread)
    states = [
        RowState(params, [1, 2, 3], [4, 4], rows=vocab, device=CPU, choice=row)
        for row, params in enumerate(batch)
    ]
    positions = list(range(1, len(batch) + 1))

    together = sample(logits, states, positions)

    for row, state in enumerate(states):
        alone = sample(logits[row : row + 1].clone(), [state], [positions[row]])
        assert alone == [together[row]]


def test_a_row_is_the_same_in_a_batch_that_two_threads_share() -> None:
    torch.set_num_threads(2)
    try:
        logits = logits_of(8, rows=5, vocab=50_403)
        states = [state_of(SamplingParams(9, logprobs=3, **cut)) for cut in EVERY_CUT[:5]]

        together = sample(logits, states, [1] * 5)

        alone = [sample(logits[row : row + 1], [states[row]], [1])[0] for row in range(5)]
        assert together == alone
    finally:
        torch.set_num_threads(1)


def test_greedy_takes_the_likeliest_token_and_the_first_of_equal_ones() -> None:
    logits = logits_of(6, rows=3)
    logits[1, [890, 33, 65]] = 50.0
    logits[2, 899] = 50.0

    found = sample(logits, [state_of(SamplingParams(1, temperature=0))] * 3, [1] * 3)

    expected = [int(logits[0].argmax()), 33, 899]
    assert [choice.token_id for choice in found] == expected


def test_penalties_change_greedy_choices_too() -> None:
    logits = torch.tensor([[3.0, 2.9, 0.0]])
    params = SamplingParams(5, temperature=0, presence_penalty=1.0)
    state = RowState(params, [], [0], rows=3, device=CPU)

    assert sample(logits, [state], [2])[0].token_id == 1
    state.record(1)
    assert sample(logits, [state], [3])[0].token_id == 0


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


@pytest.mark.parametrize("cut", EVERY_CUT, ids=str)
def test_tokens_without_probability_are_never_drawn(cut: dict[str, Any]) -> None:
    logits = torch.full((1, 900), -math.inf)
    logits[0, 317] = 0.0
    logits[0, 631] = -1.0
    numbers = [0.0, 1e-17, 0.3, 0.7310585, 0.9, 1.0 - 2.0**-53]
    params = SamplingParams(300, **{"temperature": 5.0, **cut})
    if params.greedy:
        drawn = {choice.token_id for choice in sample(logits, [state_of(params)], [1])}
    else:
        drawn = set(draw(logits.expand(6, -1), [params] * 6, numbers).tolist())

    assert drawn <= {317, 631}
    assert 317 in drawn


@pytest.mark.parametrize(
    ("equal", "cut"),
    [
        (FEW - 10, {"top_k": 5}),
        (FEW, {"top_k": 5}),
        (FEW + 1, {"top_k": 5}),
        (FEW + 90, {"top_k": FEW + 5}),
        (FEW + 90, {"top_p": 0.1}),
        (FEW + 90, {"min_p": 0.9}),
        (FEW - 10, {"top_p": 0.1}),
    ],
    ids=str,
)
def test_equal_tokens_stay_or_go_together(equal: int, cut: dict[str, Any]) -> None:
    logits = torch.full((1, 900), -3.0)
    kept = torch.randperm(900, generator=torch.Generator().manual_seed(1))[:equal].sort().values
    logits[0, kept] = 2.0
    numbers = ((torch.arange(equal) + 0.5) / equal).tolist()

    drawn = draw(logits.expand(equal, -1), [SamplingParams(1, **cut)] * equal, numbers)

    assert drawn.tolist() == kept.tolist()


@pytest.mark.parametrize("temperature", [1e-30, 1e-300, 5e-324])
@pytest.mark.parametrize("cut", [{}, {"top_k": 5}, {"top_p": 0.9}, {"min_p": 0.1}], ids=str)
def test_smallest_temperatures_take_the_likeliest(temperature: float, cut: dict[str, Any]) -> None:
    logits = logits_of(4)
    states = [state_of(SamplingParams(1, temperature=temperature, **cut))] * 4

    found = [choice.token_id for choice in sample(logits, states, [1] * 4)]

    assert found == logits.argmax(dim=-1).tolist()


@pytest.mark.parametrize("cut", EVERY_CUT, ids=str)
def test_a_row_without_finite_numbers_is_reported_and_harms_no_other(cut: dict[str, Any]) -> None:
    logits = logits_of(5, rows=5)
    logits[0, 3] = math.nan
    logits[1] = math.nan
    logits[2] = -math.inf
    logits[3, 7] = math.inf
    states = [state_of(SamplingParams(1, logprobs=5, **cut))] * 5

    choices = sample(logits, states, [1] * 5)

    assert [choice.finite for choice in choices] == [False] * 4 + [True]
    assert choices[4] == sample(logits[4:], states[4:], [1])[0]
    assert all(0 <= choice.token_id < 900 for choice in choices)


def test_vocabularies_smaller_than_a_tile_work() -> None:
    logits = torch.tensor([[0.0, 2.0, 1.0]])
    for cut in EVERY_CUT:
        choice = sample(logits, [state_of(SamplingParams(1, logprobs=20, **cut))], [1])[0]

        assert choice.token_id in (0, 1, 2)
        assert choice.top is not None
        assert [token_id for token_id, _ in choice.top] == [1, 2, 0]
        assert choice.rest == 0.0


def test_philox_known_answers() -> None:
    """The test vectors that Random123 publishes for philox4x32-10."""
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


def test_choices_of_one_seed_are_independent_and_the_first_is_as_without_choices() -> None:
    assert uniform(7, 3, choice=0) == uniform(7, 3) == 0.39019906707203733
    numbers = {uniform(7, position, choice=choice) for position in (1, 2) for choice in range(64)}

    assert len(numbers) == 128


def test_the_choice_keys_the_draw() -> None:
    logits = logits_of(9, rows=1).repeat(64, 1)
    states = [state_of(SamplingParams(5, seed=3), choice=choice) for choice in range(64)]

    found = [choice.token_id for choice in sample(logits, states, [2] * 64)]

    numbers = [uniform(3, 2, choice=choice) for choice in range(64)]
    assert found == draw(logits, [SamplingParams(5)] * 64, numbers).tolist()
    assert len(set(found)) > 10


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    spread=st.sampled_from([0.01, 1.0, 5.0, 30.0]),
    tops=st.lists(st.integers(0, 20), min_size=1, max_size=5),
    vocab=st.sampled_from([20, 33, 900, 5000]),
)
def test_token_logprobs_equal_log_softmax(
    seed: int, spread: float, tops: list[int], vocab: int
) -> None:
    logits = logits_of(seed, len(tops), vocab, spread)
    tokens = [(seed + 7 * row) % vocab for row in range(len(tops))]

    found = token_logprobs(logits, tokens, tops)

    expected = logits.double().log_softmax(dim=-1)
    for row, (logprob, top, rest) in enumerate(found):
        assert logprob == pytest.approx(expected[row, tokens[row]].item(), rel=1e-6, abs=1e-6)
        assert len(top) == tops[row]
        values = expected[row].topk(tops[row]).values.tolist()
        assert [each for _, each in top] == pytest.approx(values, rel=1e-6, abs=1e-6)
        shown = [token_id for token_id, _ in top]
        assert expected[row, shown].tolist() == pytest.approx(values, rel=1e-6, abs=1e-6)
        left = [token_id for token_id in range(vocab) if token_id not in shown]
        # Exact even for a tiny probability: it is not what rounding leaves of 1.
        assert rest == pytest.approx(expected[row, left].exp().sum().item(), rel=1e-5, abs=1e-30)
        assert rest >= 0.0


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
def test_as_many_logprobs_as_requested_are_returned(
    small: Tiny, logprobs: int | None, top: object
) -> None:
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
