"""The engine's numbers against transformers' GPTJForCausalLM, and against its own."""

from collections.abc import Callable

import pytest
import torch

from tests.engine.tiny import SIZES, Tiny, prompt_of, request, run, run_alone, run_mixed
from workers.engine.kv_cache import Attention, Span

ALL_SIZES = list(SIZES)
GREEDY_LENGTHS = (1, 3, 17, 128, 131, 260)


def logits_of(
    tiny: Tiny, ids: tuple[int, ...], chunks: list[int], row_by_row: bool
) -> torch.Tensor:
    """Logits [tokens, vocab] when the tokens run in chunks of these sizes."""
    model = tiny.model
    buffer = model.cache_layout.allocate(len(ids))
    found, start = [], 0
    with torch.inference_mode():
        for count in chunks:
            end = start + count
            span = Span(buffer, row=0, start=start, count=count, row_by_row=row_by_row)
            hidden = model.hidden(
                torch.tensor(ids[start:end]),
                torch.arange(start, end),
                Attention(model.cache_layout, [span]),
            )
            found.append(model.logits(hidden))
            start = end
    return torch.cat(found)


@pytest.mark.parametrize("name", ALL_SIZES)
def test_logits_equal_transformers(tiny: Callable[[str], Tiny], name: str) -> None:
    subject = tiny(name)
    ids = prompt_of(200)

    with torch.inference_mode():
        expected = subject.oracle(torch.tensor([ids])).logits[0]

    for chunks in ([200], [100, 100], [7, 128, 65], [1] * 200):
        logits = logits_of(subject, ids, chunks, row_by_row=False)
        torch.testing.assert_close(logits, expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", ALL_SIZES)
def test_greedy_tokens_equal_transformers_alone_and_mixed(
    tiny: Callable[[str], Tiny], name: str
) -> None:
    subject = tiny(name)
    requests = [
        request(f"prompt of {length}", prompt_of(length), 64, temperature=0)
        for length in GREEDY_LENGTHS
    ]

    lengths, kinds = [], []
    mixed = run_mixed(subject.engine(max_batch=5), requests)

    for each in requests:
        tokens = run_alone(subject, each).ids
        assert tokens == subject.oracle_next(each.prompt_ids, tokens)
        assert len(tokens) == 64 or tokens[-1] == subject.vocabulary.eos_id
        assert mixed[each.id].ids == tokens
        lengths.append(len(tokens))
        kinds.append(len(set(tokens)))
    assert max(lengths) == 64
    assert max(kinds) > 8, "the model repeats itself too much to tell anything"


@pytest.mark.parametrize("name", ALL_SIZES)
def test_decoding_equals_row_by_row_prefill_to_the_bit(
    tiny: Callable[[str], Tiny], name: str
) -> None:
    """What a resumed request computes again is what decoding computed, so it goes on exactly."""
    subject = tiny(name)
    ids = prompt_of(90)

    again = logits_of(subject, ids, [90], row_by_row=True)
    pairs = logits_of(subject, ids, [2] * 45, row_by_row=True)

    assert torch.equal(again, pairs)


def test_prompts_run_together_and_alone_to_the_same_bits(small: Tiny) -> None:
    requests = [
        request(str(length), prompt_of(length), 12, logprobs=3, seed=length)
        for length in (1, 2, 30, 127, 128, 129, 300)
    ]

    together = run(small.engine(), *requests)

    for each in requests:
        assert together[each.id].tokens == run_alone(small, each).tokens
