"""Batches: similar lengths together, padding never learnt, the loss only at the masked tokens."""

import random

from tests.training.tiny import make_example
from workers.training.batches import Example, batch_by_length

EXAMPLES = [make_example(random.Random(length), length) for length in range(4, 44)]


def test_every_example_is_in_one_batch_with_those_of_its_length() -> None:
    batches = batch_by_length(EXAMPLES, 4, random.Random(1), other_share=0.0, max_length=64)

    lengths = [batch.ids.shape[1] for batch in batches]
    assert 3 <= len(batches) <= 5
    assert lengths == sorted(lengths)
    assert sum(batch.ids.shape[0] for batch in batches) == len(EXAMPLES)
    assert sum(batch.tokens for batch in batches) == sum(len(e.ids) for e in EXAMPLES)
    padded = sum(batch.ids.numel() for batch in batches)
    assert sum(batch.tokens for batch in batches) > 0.75 * padded


def test_the_loss_is_taken_at_the_masked_tokens() -> None:
    example = Example([7, 8, 9, 10], [False, False, True, True])
    shorter = Example([5, 6], [False, True])

    (batch,) = batch_by_length(
        [example, shorter], 1, random.Random(1), other_share=0.0, max_length=64
    )

    assert batch.ids.tolist() == [[5, 6, 0, 0], [7, 8, 9, 10]]
    assert batch.positions.tolist() == [0, 5, 6]
    assert batch.targets.tolist() == [6, 9, 10]


def test_a_share_of_the_other_tokens_is_learnt_too() -> None:
    def learnt_tokens(share: float) -> int:
        batches = batch_by_length(EXAMPLES, 4, random.Random(1), other_share=share, max_length=64)
        return sum(len(batch.targets) for batch in batches)

    masked = sum(sum(example.loss_mask) for example in EXAMPLES)
    every = sum(len(example.ids) - 1 for example in EXAMPLES)
    assert learnt_tokens(0.0) == masked
    assert masked < learnt_tokens(0.3) < every
    assert learnt_tokens(1.0) == every


def test_an_example_that_is_too_long_loses_its_end() -> None:
    (batch,) = batch_by_length(EXAMPLES[-1:], 1, random.Random(1), other_share=0.0, max_length=30)

    assert batch.ids.tolist() == [EXAMPLES[-1].ids[:30]]
    assert batch.tokens == 30
