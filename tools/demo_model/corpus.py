"""The stream of training documents: endless, and the same for the same seed."""

import random
from collections.abc import Callable

from tools.demo_model import (
    chat,
    code,
    copies,
    patterns,
    prose,
    questions,
    sql,
    tables,
    translation,
)
from tools.demo_model.documents import Document, Split

Make = Callable[[random.Random, Split], Document]

# Each task's generator and its share of the documents.
TASKS: dict[str, tuple[Make, float]] = {
    "translation": (translation.document, 0.24),
    "sql": (sql.document, 0.21),
    "qa": (questions.document, 0.13),
    "table": (tables.document, 0.12),
    "patterns": (patterns.document, 0.14),
    "chat": (chat.document, 0.06),
    "code": (code.document, 0.05),
    "free": (prose.document, 0.05),
}

# From here on one document in ten is a drill in copying: 24,000 documents of the tasks alone
# had taught words and forms, and hardly any copying.
DRILLS_FROM = 24_000
_DRILLS = 0.1


def training_document(seed: int, index: int) -> Document:
    """Document ``index`` of the stream of a seed; it depends on nothing else."""
    if index >= DRILLS_FROM:
        drilling = random.Random(f"{seed}:{index}:drill")
        if drilling.random() < _DRILLS:
            return copies.document(drilling)
    rng = random.Random(f"{seed}:{index}")
    names = list(TASKS)
    name = rng.choices(names, [TASKS[name][1] for name in names])[0]
    return TASKS[name][0](rng, Split.TRAIN)


def held_out_document(task: str, index: int) -> Document:
    """Case ``index`` of a task whose last question is kept from training."""
    return TASKS[task][0](random.Random(f"held-out:{task}:{index}"), Split.HELD_OUT)
