"""From documents to token batches, with the positions that the loss looks at."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from tokenizers import Tokenizer
from torch import Tensor

from tools.demo_model.corpus.documents import Document
from tools.demo_model.corpus.stream import TASKS, held_out_document, training_document
from tools.demo_model.training.tokenizer import END_OF_TEXT

# How many of the tokens that people type are learnt beside every token of the answers.
PROMPT_SHARE = 0.12
LONGEST = 1024
# The first of the held-out cases that validation takes: far from those of the evaluation.
_VALIDATION = 1_000_000


@dataclass(frozen=True)
class Batch:
    """Padded rows (rows, length), and where the loss is taken.

    ``places`` index the flattened rows; ``targets`` are the tokens that follow there.
    """

    ids: Tensor
    places: Tensor
    targets: Tensor
    tokens: int
    """Tokens that are not padding."""


@dataclass(frozen=True)
class Encoded:
    """A document's tokens, its end included, and which of them are answers."""

    ids: list[int]
    answer: list[bool]


def encode(documents: Sequence[Document], tokenizer: Tokenizer) -> list[Encoded]:
    """Tokens of documents; the end of the text counts as part of the last answer."""
    end: int = tokenizer.encode(END_OF_TEXT).ids[0]
    encoded = []
    for document, encoding in zip(
        documents, tokenizer.encode_batch([d.text for d in documents]), strict=True
    ):
        inside = [False] * len(document.text)
        for start, stop in document.answers:
            inside[start:stop] = [True] * (stop - start)
        answer = [inside[start] for start, _ in encoding.offsets]
        encoded.append(Encoded([*encoding.ids, end], [*answer, True]))
    return encoded


def split(
    encoded: Sequence[Encoded], parts: int, rng: random.Random, *, prompt_share: float
) -> list[Batch]:
    """About ``parts`` batches of as many tokens each; rows of similar length stand together."""
    total = sum(len(one.ids) for one in encoded)
    made: list[Batch] = []
    rows: list[Encoded] = []
    for one in sorted(encoded, key=lambda one: len(one.ids)):
        rows.append(one)
        if sum(len(row.ids) for row in rows) >= total / parts:
            made.append(_batch(rows, rng, prompt_share))
            rows = []
    if rows:
        made.append(_batch(rows, rng, prompt_share))
    return made


def batches(
    *, seed: int, step: int, documents: int, parts: int, tokenizer: Tokenizer
) -> list[Batch]:
    """The batches of one training step."""
    first = step * documents
    encoded = encode(
        [training_document(seed, first + index) for index in range(documents)], tokenizer
    )
    rng = random.Random(f"{seed}:{step}:places")
    return split(encoded, parts, rng, prompt_share=PROMPT_SHARE)


def validation_batches(*, cases: int, tokenizer: Tokenizer) -> dict[str, list[Batch]]:
    """For each task, held-out documents with the loss at their last answer alone."""
    made = {}
    for task in TASKS:
        documents = []
        for index in range(cases):
            document = held_out_document(task, _VALIDATION + index)
            documents.append(replace(document, answers=document.answers[-1:]))
        rng = random.Random(task)
        made[task] = split(encode(documents, tokenizer), 2, rng, prompt_share=0.0)
    return made


def _batch(rows: Sequence[Encoded], rng: random.Random, prompt_share: float) -> Batch:
    length = min(max(len(row.ids) for row in rows), LONGEST)
    ids = torch.zeros(len(rows), length, dtype=torch.long)
    places, targets, tokens = [], [], 0
    for index, row in enumerate(rows):
        kept = row.ids[:length]
        tokens += len(kept)
        ids[index, : len(kept)] = torch.tensor(kept)
        for place in range(len(kept) - 1):
            if row.answer[place + 1] or rng.random() < prompt_share:
                places.append(index * length + place)
                targets.append(kept[place + 1])
    return Batch(
        ids,
        torch.tensor(places, dtype=torch.long),
        torch.tensor(targets, dtype=torch.long),
        tokens,
    )
