"""Batches made ahead are the same."""

from contextlib import closing
from itertools import islice

from tokenizers import Tokenizer

from tools.demo_model.training.batches import training_batches
from tools.demo_model.training.prefetch import StepPlan, prefetch_batches


def test_batches_made_ahead_are_the_same(tokenizer: Tokenizer) -> None:
    with closing(prefetch_batches(StepPlan(seed=1, documents=6, parts=3), tokenizer, 4)) as ahead:
        made = list(islice(ahead, 2))

    for step, found in enumerate(made, start=4):
        wanted = training_batches(seed=1, step=step, documents=6, parts=3, tokenizer=tokenizer)
        assert len(found) == len(wanted) >= 2
        for one, other in zip(found, wanted, strict=True):
            assert one.ids.equal(other.ids)
            assert one.positions.equal(other.positions)
            assert one.targets.equal(other.targets)
