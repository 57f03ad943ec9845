"""The rows that the benchmark of fine-tuning trains on are what it says they are."""

from benchmarks.finetune import LONGEST, SHORTEST, mixed_rows, topics_rows
from benchmarks.finetune_runs import IGNORED, _collate, _labelled


def test_mixed_rows_waste_most_of_a_random_batch() -> None:
    lengths = [len(prompt) + len(completion) for prompt, completion in mixed_rows(800)]

    assert min(lengths) >= SHORTEST
    assert max(lengths) <= LONGEST
    batches = [lengths[begin : begin + 8] for begin in range(0, 800, 8)]
    useful = sum(lengths) / sum(8 * max(batch) for batch in batches)
    assert 0.3 < useful < 0.45


def test_rows_end_and_their_completions_alone_are_learnt() -> None:
    prompt, completion = topics_rows(1)[0]
    assert completion[-1] == 0

    batch = _collate([_labelled((prompt, completion)), _labelled(([1], [2, 0]))])

    assert batch["labels"][0].tolist() == [IGNORED] * len(prompt) + completion
    assert batch["labels"][1].tolist()[:3] == [IGNORED, 2, 0]
    assert batch["attention_mask"].sum(1).tolist() == [len(prompt) + len(completion), 3]
