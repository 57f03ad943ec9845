"""Token batches: which tokens count for the loss, and the same batches for the same seed."""

from pathlib import Path

from tools.demo_model.corpus.stream import TASKS, training_document
from tools.demo_model.training.batches import encode, training_batches, validation_batches
from tools.demo_model.training.tokenizer import END_OF_TEXT, load_tokenizer, train_tokenizer


def test_the_loss_counts_every_answer_and_the_end() -> None:
    documents = [training_document(1, index) for index in range(40)]
    tokenizer = train_tokenizer([document.text for document in documents], vocab_size=600)
    end = tokenizer.token_to_id(END_OF_TEXT)

    for document, encoded in zip(documents, encode(documents, tokenizer), strict=True):
        answers = tokenizer.decode(
            [token for token, kept in zip(encoded.ids, encoded.loss_mask, strict=True) if kept]
        )
        assert encoded.ids[-1] == end
        assert answers == "".join(document.text[start:stop] for start, stop in document.answers)


def test_batches_of_a_step_are_the_same_again() -> None:
    documents = [training_document(1, index).text for index in range(60)]
    tokenizer = train_tokenizer(documents, vocab_size=600)

    first, again = (
        training_batches(seed=1, step=3, documents=12, parts=3, tokenizer=tokenizer)
        for _ in range(2)
    )

    assert len(first) >= 2
    for one, other in zip(first, again, strict=True):
        assert one.ids.equal(other.ids)
        assert one.positions.equal(other.positions)
        flat = one.ids.flatten()
        assert flat[one.positions + 1].equal(one.targets)


def test_validation_counts_only_the_last_answer() -> None:
    tokenizer = load_tokenizer(Path(__file__).parents[3] / "models" / "demo" / "tokenizer.json")

    made = validation_batches(cases=3, tokenizer=tokenizer)

    assert set(made) == set(TASKS)
    for parts in made.values():
        for batch in parts:
            assert 0 < len(batch.targets) < batch.tokens / 2 + 20
