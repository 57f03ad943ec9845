"""The stream of training documents: endless, and the same for the same seed."""

import hashlib
import random
from collections.abc import Callable

from tools.demo_model.corpus import copy_drills
from tools.demo_model.corpus.code import explanations
from tools.demo_model.corpus.documents import Document, Split
from tools.demo_model.corpus.facts import chat, prose, question_answering, tables
from tools.demo_model.corpus.language import translation
from tools.demo_model.corpus.patterns import families
from tools.demo_model.corpus.sql import requests

Make = Callable[[random.Random, Split], Document]

TASKS: dict[str, Make] = {
    "translation": translation.document,
    "sql": requests.document,
    "qa": question_answering.document,
    "table": tables.document,
    "patterns": families.document,
    "chat": chat.document,
    "code": explanations.document,
    "free": prose.document,
}

# Each task's share of the documents, in the order of `TASKS`.
_SHARES = (0.24, 0.21, 0.13, 0.12, 0.14, 0.06, 0.05, 0.05)

# From here on there are more queries and formats, which were still hard after so many documents.
HARDER_FROM = 201_600
_HARDER_SHARES = (0.21, 0.26, 0.13, 0.07, 0.25, 0.03, 0.02, 0.03)

# From here on yet more of the two that were still short of their targets.
HARDEST_FROM = 403_200
_HARDEST_SHARES = (0.16, 0.27, 0.12, 0.06, 0.34, 0.02, 0.01, 0.02)

# From here on one document in ten is a drill in copying: 24,000 documents of the tasks alone
# had taught words and forms, and hardly any copying.
DRILLS_FROM = 24_000
_DRILLS = 0.1

_DIGEST_DOCUMENTS = 300


def training_document(seed: int, index: int) -> Document:
    """Document ``index`` of the stream of a seed; it depends on nothing else."""
    if index >= DRILLS_FROM:
        drilling = random.Random(f"{seed}:{index}:drill")
        if drilling.random() < _DRILLS:
            return copy_drills.document(drilling)
    rng = random.Random(f"{seed}:{index}")
    return TASKS[rng.choices(list(TASKS), _shares(index))[0]](rng, Split.TRAIN)


def _shares(index: int) -> tuple[float, ...]:
    if index < HARDER_FROM:
        return _SHARES
    return _HARDER_SHARES if index < HARDEST_FROM else _HARDEST_SHARES


def held_out_document(task: str, index: int) -> Document:
    """Case ``index`` of a task whose last question is kept from training."""
    return TASKS[task](random.Random(f"held-out:{task}:{index}"), Split.HELD_OUT)


def corpus_digest(seed: int) -> str:
    """A short name for the corpus as the generators make it today, from a sample of it."""
    digest = hashlib.sha256()
    for index in range(_DIGEST_DOCUMENTS):
        digest.update(training_document(seed, index).text.encode())
    return digest.hexdigest()[:16]
