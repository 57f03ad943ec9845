"""From documents to token batches, with the positions that the loss looks at."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from tokenizers import Tokenizer
from torch import Tensor

from tools.demo_model.corpus import training_document
from tools.demo_model.documents import Document
from tools.demo_model.network import END_OF_TEXT

# How many of the tokens that people type are learnt beside every token of the answers.
PROMPT_SHARE = 0.12
LONGEST = 1024


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


def batches(
    *, seed: int, step: int, documents: int, parts: int, tokenizer: Tokenizer
) -> list[Batch]:
    """The batches of one training step: rows of similar length stand together."""
    first = step * documents
    encoded = encode(
        [training_document(seed, first + index) for index in range(documents)], tokenizer
    )
    encoded.sort(key=lambda one: len(one.ids))
    rng = random.Random(f"{seed}:{step}:places")
    total = sum(len(one.ids) for one in encoded)
    made: list[Batch] = []
    rows: list[Encoded] = []
    for one in encoded:
        rows.append(one)
        if sum(len(row.ids) for row in rows) >= total / parts:
            made.append(_batch(rows, rng))
            rows = []
    if rows:
        made.append(_batch(rows, rng))
    return made


def _batch(rows: Sequence[Encoded], rng: random.Random) -> Batch:
    length = min(max(len(row.ids) for row in rows), LONGEST)
    ids = torch.zeros(len(rows), length, dtype=torch.long)
    places, targets, tokens = [], [], 0
    for index, row in enumerate(rows):
        kept = row.ids[:length]
        tokens += len(kept)
        ids[index, : len(kept)] = torch.tensor(kept)
        for place in range(len(kept) - 1):
            if row.answer[place + 1] or rng.random() < PROMPT_SHARE:
                places.append(index * length + place)
                targets.append(kept[place + 1])
    return Batch(ids, torch.tensor(places), torch.tensor(targets), tokens)
