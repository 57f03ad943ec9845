"""From documents to the batches of a training step and of validation."""

import random
from collections.abc import Sequence
from dataclasses import replace

from tokenizers import Tokenizer

from tools.demo_model.corpus.documents import Document
from tools.demo_model.corpus.stream import TASKS, held_out_document, training_document
from tools.demo_model.training.tokenizer import END_OF_TEXT
from workers.training.batches import Batch, Example, batch_by_length

# How many of the tokens that people type are learnt beside every token of the answers.
PROMPT_SHARE = 0.12
MAX_LENGTH = 1024
# The first of the held-out cases that validation takes: far from those of the evaluation.
_VALIDATION = 1_000_000


def encode(documents: Sequence[Document], tokenizer: Tokenizer) -> list[Example]:
    """Tokens of documents; the end of the text counts as part of the last answer."""
    end: int = tokenizer.encode(END_OF_TEXT).ids[0]
    examples = []
    for document, encoding in zip(
        documents, tokenizer.encode_batch([d.text for d in documents]), strict=True
    ):
        inside = [False] * len(document.text)
        for start, stop in document.answers:
            inside[start:stop] = [True] * (stop - start)
        answer = [inside[start] for start, _ in encoding.offsets]
        examples.append(Example([*encoding.ids, end], [*answer, True]))
    return examples


def training_batches(
    *, seed: int, step: int, documents: int, parts: int, tokenizer: Tokenizer
) -> list[Batch]:
    """The batches of one training step."""
    first = step * documents
    examples = encode(
        [training_document(seed, first + index) for index in range(documents)], tokenizer
    )
    rng = random.Random(f"{seed}:{step}:places")
    return batch_by_length(examples, parts, rng, other_share=PROMPT_SHARE, max_length=MAX_LENGTH)


def validation_batches(*, cases: int, tokenizer: Tokenizer) -> dict[str, list[Batch]]:
    """For each task, held-out documents with the loss at their last answer alone."""
    batches = {}
    for task in TASKS:
        documents = []
        for index in range(cases):
            document = held_out_document(task, _VALIDATION + index)
            documents.append(replace(document, answers=document.answers[-1:]))
        batches[task] = batch_by_length(
            encode(documents, tokenizer),
            2,
            random.Random(task),
            other_share=0.0,
            max_length=MAX_LENGTH,
        )
    return batches
