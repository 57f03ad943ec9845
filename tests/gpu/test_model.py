"""The network's numbers on a GPU, compared with transformers' GPTJForCausalLM on the same GPU."""

from collections.abc import Callable
from copy import deepcopy

import pytest
import torch
from torch import Tensor

from tests.engine.tiny import KERNELS, SIZES, Tiny, prompt_of
from workers.engine.backends.interface import Span
from workers.engine.scheduling.blocks import BLOCK

pytestmark = pytest.mark.gpu


def logits_of(
    tiny: Tiny, ids: tuple[int, ...], chunks: list[int], table: list[int] | None = None
) -> Tensor:
    """Logits [tokens, vocab] when the tokens run in chunks of these sizes, in these blocks."""
    model = tiny.model
    table = table or list(range(-(-len(ids) // BLOCK)))
    found, start = [], 0
    with torch.inference_mode():
        cache = tiny.cache(max(table) + 1)
        for count in chunks:
            rows = torch.tensor(ids[start : start + count], device=model.device)
            attention = cache.step([Span(0, start, count, table)])
            found.append(model.logits(model.hidden(rows, attention)))
            start += count
    return torch.cat(found)


@pytest.mark.parametrize("kernels", KERNELS)
@pytest.mark.parametrize("name", list(SIZES))
def test_logits_equal_transformers_on_the_same_device(
    tiny: Callable[..., Tiny], name: str, kernels: str
) -> None:
    subject = tiny(name, kernels)
    ids = prompt_of(200)
    oracle = deepcopy(subject.oracle).cuda()

    with torch.inference_mode():
        expected = oracle(torch.tensor([ids], device="cuda")).logits[0]

    for chunks in ([200], [100, 100], [7, 128, 65], [1] * 200):
        logits = logits_of(subject, ids, chunks)
        torch.testing.assert_close(logits, expected, atol=1e-4, rtol=1e-5)


@pytest.mark.parametrize("name", list(SIZES))
@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_block_places_and_chunks_change_almost_nothing(
    tiny: Callable[..., Tiny], name: str, dtype: str
) -> None:
    subject = tiny(name, "auto", dtype)
    ids = prompt_of(150)

    straight = logits_of(subject, ids, [150])

    tolerance = 1e-4 if dtype == "float32" else 0.05
    for chunks in ([64, 64, 22], [1] * 150):
        scattered = logits_of(subject, ids, chunks, table=[7, 2, 9, 0, 4])
        torch.testing.assert_close(scattered, straight, atol=tolerance, rtol=0)


@pytest.mark.parametrize("chunks", [[120], [100] + [1] * 20], ids=["whole", "decoding"])
@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "int8"])
def test_narrow_weights_stay_close_to_the_wide_ones(
    tiny: Callable[..., Tiny], dtype: str, chunks: list[int]
) -> None:
    if dtype == "bfloat16" and torch.cuda.get_device_capability() < (8, 0):
        pytest.skip("This GPU computes nothing in bfloat16.")
    narrow, wide = tiny("wide_heads", "auto", dtype), tiny("wide_heads")
    ids = prompt_of(120)

    ours = torch.log_softmax(logits_of(narrow, ids, chunks), dim=-1)
    exact = torch.log_softmax(logits_of(wide, ids, chunks), dim=-1)

    divergence = (exact.exp() * (exact - ours)).sum(dim=-1).mean()
    # int8 keeps activations in 16 bits, so its error is that of the weights and of bfloat16.
    assert 0 < divergence < {"bfloat16": 1e-3, "float16": 5e-5, "int8": 4e-3}[dtype]
