"""Rows whose label the tuned model contradicts: possible mistakes in the data."""

from collections.abc import Sequence

from torch import Tensor

from workers.training.tuning.evaluation.labels import Labels
from workers.training.tuning.evaluation.report import Mistake
from workers.training.tuning.evaluation.rows import Row

SURE = 0.9
SHOWN_PROMPT = 2000


def contradicted(
    rows: Sequence[Row], scores: Tensor, labels: Labels, *, held_out: bool
) -> list[Mistake]:
    """Rows for which another label has a probability over 0.9 among all labels."""
    probabilities, chosen = scores.softmax(-1).max(-1)
    names = labels.names
    return [
        Mistake(
            row=row.number,
            part="held_out" if held_out else "train",
            prompt=shorten(row.prompt),
            label=row.completion.strip(),
            suggested=names[number],
            probability=round(probability, 4),
        )
        for row, number, probability in zip(
            rows, chosen.tolist(), probabilities.tolist(), strict=True
        )
        if probability > SURE and names[number] != row.completion.strip()
    ]


def shorten(text: str) -> str:
    """The end of a long text."""
    return text if len(text) <= SHOWN_PROMPT else f"…{text[-SHOWN_PROMPT:]}"
