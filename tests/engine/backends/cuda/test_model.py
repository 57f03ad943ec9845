"""The whole network over this cache, compared with transformers."""

import pytest
import torch

from tests.engine.tiny import Tiny, prompt_of
from workers.engine.backends.cuda.cache import CudaCache
from workers.engine.backends.interface import Span


@pytest.mark.usefixtures("few_splits")
def test_logits_of_chunks_and_of_decoding_beside_another_equal_transformers(one_head: Tiny) -> None:
    model = one_head.model
    first, second = prompt_of(45), prompt_of(4)
    tables = [4, 1], [3]
    steps = [
        [Span(0, 0, 33, tables[0]), Span(33, 0, 3, tables[1])],
        [Span(0, 33, 11, tables[0]), Span(11, 3, 1, tables[1])],
        [Span(0, 44, 1, tables[0])],
    ]
    found: dict[int, list[torch.Tensor]] = {4: [], 3: []}

    with torch.inference_mode():
        cache = CudaCache(one_head.cache_layout, model.rotations, 5, capability=(9, 0))
        for spans in steps:
            ids: list[int] = []
            for span in spans:
                text = first if span.table is tables[0] else second
                ids += text[span.start : span.start + span.count]
            logits = model.logits(
                model.hidden(torch.tensor(ids, device=model.device), cache.step(spans))
            )
            for span in spans:
                found[span.table[0]].append(logits[span.row : span.row + span.count])
        expected = [one_head.oracle(torch.tensor([text])).logits[0] for text in (first, second)]

    for parts, wanted in zip(found.values(), expected, strict=True):
        torch.testing.assert_close(torch.cat(parts).cpu(), wanted, atol=1e-5, rtol=1e-5)
