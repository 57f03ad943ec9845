"""The engine's numbers, compared with transformers' GPTJForCausalLM and with its own."""

from collections.abc import Callable

import pytest
import torch

from tests.engine.tiny import KERNELS, SIZES, Tiny, prompt_of, request, run, run_alone
from workers.engine.backends.interface import Span
from workers.engine.scheduling.blocks import BLOCK

ALL_SIZES = list(SIZES)


def logits_of(
    tiny: Tiny,
    ids: tuple[int, ...],
    chunks: list[int],
    *,
    row_by_row: bool = False,
    table: list[int] | None = None,
) -> torch.Tensor:
    """Logits [tokens, vocab] when the tokens run in chunks of these sizes, in these blocks."""
    model = tiny.model
    blocks = -(-len(ids) // BLOCK)
    table = table or list(range(blocks))
    cache = tiny.cache(max(table) + 1)
    found, start = [], 0
    with torch.inference_mode():
        for count in chunks:
            span = Span(0, start, count, table, row_by_row)
            rows = torch.tensor(ids[start : start + count])
            found.append(model.logits(model.hidden(rows, cache.step([span]))))
            start += count
    return torch.cat(found)


@pytest.mark.parametrize("kernels", KERNELS)
@pytest.mark.parametrize("name", ALL_SIZES)
def test_logits_equal_transformers(tiny: Callable[..., Tiny], name: str, kernels: str) -> None:
    subject = tiny(name, kernels)
    ids = prompt_of(200)

    with torch.inference_mode():
        expected = subject.oracle(torch.tensor([ids])).logits[0]

    for chunks in ([200], [100, 100], [7, 128, 65], [1] * 200):
        logits = logits_of(subject, ids, chunks)
        torch.testing.assert_close(logits, expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("kernels", KERNELS)
def test_the_place_of_blocks_changes_no_bit(tiny: Callable[..., Tiny], kernels: str) -> None:
    subject = tiny("odd_sizes", kernels)
    ids = prompt_of(150)

    straight = logits_of(subject, ids, [64, 64, 22])
    scattered = logits_of(subject, ids, [64, 64, 22], table=[7, 2, 9, 0, 4])

    assert torch.equal(straight, scattered)


@pytest.mark.parametrize("name", ALL_SIZES)
@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16", "int8"])
def test_a_row_has_the_same_bits_in_any_chunk(
    tiny: Callable[..., Tiny], name: str, dtype: str
) -> None:
    """The reason why shared, chunked, resumed and batched texts are equal: see decision 0011."""
    subject = tiny(name, "auto", dtype)
    assert subject.backend.kernels == "native"
    ids = prompt_of(150)

    whole = logits_of(subject, ids, [150])

    for chunks in ([1] * 150, [64, 86], [3, 1, 140, 6]):
        assert torch.equal(logits_of(subject, ids, chunks), whole)


@pytest.mark.parametrize("name", ALL_SIZES)
def test_without_kernels_decoding_equals_row_by_row_prefill_to_the_bit(
    tiny: Callable[..., Tiny], name: str
) -> None:
    """A resumed request computes again what decoding computed, so it continues exactly."""
    subject = tiny(name, "torch")
    ids = prompt_of(90)

    again = logits_of(subject, ids, [90], row_by_row=True)
    alone = logits_of(subject, ids, [1] * 90, row_by_row=True)

    assert torch.equal(again, alone)


@pytest.mark.parametrize("kernels", KERNELS)
def test_prompts_run_together_and_alone_to_the_same_bits(
    tiny: Callable[..., Tiny], kernels: str
) -> None:
    subject = tiny("small", kernels)
    requests = [
        request(str(length), prompt_of(length), 12, logprobs=3, seed=length)
        for length in (1, 2, 30, 127, 128, 129, 300)
    ]

    together = run(subject.engine(), *requests)

    for each in requests:
        assert together[each.id].tokens == run_alone(subject, each).tokens


@pytest.mark.parametrize("kernels", KERNELS)
@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "int8"])
def test_narrow_weights_stay_close_to_the_wide_ones(
    tiny: Callable[..., Tiny], kernels: str, dtype: str
) -> None:
    narrow, wide = tiny("wide_heads", kernels, dtype), tiny("wide_heads", kernels)
    ids = prompt_of(120)

    ours = torch.log_softmax(logits_of(narrow, ids, [120]), dim=-1)
    exact = torch.log_softmax(logits_of(wide, ids, [120]), dim=-1)

    divergence = (exact.exp() * (exact - ours)).sum(dim=-1).mean()
    assert 0 < divergence < {"bfloat16": 3e-4, "float16": 1e-5, "int8": 3e-3}[dtype]
