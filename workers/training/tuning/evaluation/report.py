"""The content of `result/evaluation.json`, field by field.

Shares are 0 to 1, losses in nats, chrF 0 to 100. A field that does not fit the task is null.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from workers.training.files import atomic_write
from workers.training.tuning.evaluation.intervals import Figure

FORMAT = 1
Task = Literal["classification", "conditional", "open"]


@dataclass(frozen=True)
class Verdict:
    """Whether the tuned model is better than the base beyond chance.

    outcome: "better"; "nothing", it learnt nothing that shows; "unclear", too few rows to say.
    sentence: for people, with the figures.
    rule: what "better" means here.
    """

    outcome: Literal["better", "nothing", "unclear"]
    sentence: str
    rule: str


@dataclass(frozen=True)
class Answers:
    """What one model makes of a classification.

    how: how the label is taken from the model, in words.
    right: rows of all that were measured.
    confusion: a row for each expected label; in each, how often each label was given, in the order
        of `Classification.labels`, and last how often the answer was no label.
    """

    how: str
    right: int
    accuracy: Figure
    macro_f1: Figure
    confusion: list[list[int]]


@dataclass(frozen=True)
class Classification:
    """base: scored in the way that suits it best. tuned: its own greedy text, as the page answers.
    tuned_scored: the tuned model by the scores of whole labels.
    commonest, commonest_share: the label that most held-out rows have; always giving it is right
        so often.
    """

    labels: list[str]
    base: Answers
    tuned: Answers
    tuned_scored: Answers
    commonest: str
    commonest_share: float


@dataclass(frozen=True)
class Both:
    """A figure of both models."""

    base: Figure
    tuned: Figure


@dataclass(frozen=True)
class TextMatch:
    """chrF++ of greedy texts against the completions; `signature` makes it repeatable."""

    base: Figure
    tuned: Figure
    signature: str


@dataclass(frozen=True)
class Output:
    """What both models write for a held-out prompt.

    row: its number in the dataset.
    expected: the completion in the dataset.
    base_ended, tuned_ended: whether the text ended by itself.
    right: for classification, whether the tuned model's text is the label.
    loss: of the completion by the tuned model, in nats a token.
    chrf: of the tuned model's text; not for classification.
    """

    row: int
    prompt: str
    expected: str
    base: str
    base_ended: bool
    tuned: str
    tuned_ended: bool
    right: bool | None
    loss: float
    chrf: float | None


@dataclass(frozen=True)
class Mistake:
    """A row whose label the tuned model contradicts with high probability.

    part: "held_out", or "train" where it contradicts what it was taught.
    """

    row: int
    part: Literal["train", "held_out"]
    prompt: str
    label: str
    suggested: str
    probability: float


@dataclass(frozen=True)
class Evaluation:
    """Base against tuned on held-out rows.

    held_out: rows that were kept apart. measured: those of them that the figures are of, a random
        sample where time or the bound on rows ran out.
    perplexity: over the tokens of completions and their ends of text.
    ended: share of greedy texts that ended by themselves.
    outputs: the worst of the tuned model first.
    mistakes_looked: rows that were looked at for mistakes.
    notes: what else people should know, a sentence each.
    """

    format: int
    task: Task
    held_out: int
    measured: int
    verdict: Verdict
    classification: Classification | None
    perplexity: Both | None
    chrf: TextMatch | None
    ended: Both | None
    outputs: list[Output]
    mistakes: list[Mistake]
    mistakes_looked: int
    notes: list[str]
    seconds: float


def write_evaluation(evaluation: Evaluation, path: Path) -> None:
    """The file, whole or not at all. Raises ValueError for a figure that is not finite."""
    text = json.dumps(asdict(evaluation), ensure_ascii=False, indent=1, allow_nan=False)
    with atomic_write(path) as beside:
        beside.write_text(text + "\n", encoding="utf-8")
