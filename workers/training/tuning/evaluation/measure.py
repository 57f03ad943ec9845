"""What one network does with held-out rows: losses, scores of labels, and its own texts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from workers.training.tuning.base import Base
from workers.training.tuning.evaluation.budget import Deadline, similar_lengths
from workers.training.tuning.evaluation.intervals import RowLoss
from workers.training.tuning.evaluation.labels import Labels, Scored, score_labels
from workers.training.tuning.evaluation.rows import Row
from workers.training.tuning.inference import (
    GreedyText,
    encode_row,
    generate_greedily,
    prompt_ids,
    score_completions,
)

CUE_CHARACTERS = 60
LONGEST_TEXT = 512


@dataclass
class Measured:
    """Figures of the first rows, one entry a row."""

    losses: list[RowLoss] = field(default_factory=list)
    texts: list[GreedyText] = field(default_factory=list)
    scores: list[Tensor] = field(default_factory=list)
    """For classification, the labels' scores of each block of rows."""
    prior: Tensor | None = None

    def __len__(self) -> int:
        return len(self.losses)

    def scored(self, rows: int, labels: Labels) -> Scored:
        """The labels' scores of the first rows; only for classification."""
        if self.prior is None:
            raise ValueError("No labels were scored.")
        tokens = torch.tensor([float(len(ids)) for ids in labels.ids])
        return Scored(torch.cat(self.scores)[:rows], self.prior, tokens)


@dataclass(frozen=True)
class Measurer:
    """Measures networks on the same rows in the same way.

    at_most: tokens that a network may write for a row.
    labels, empty_prompt: for classification; else None.
    """

    at_most: int
    labels: Labels | None = None
    empty_prompt: str = ""

    def measure(self, base: Base, blocks: Sequence[Sequence[Row]], deadline: Deadline) -> Measured:
        """Block after block until the time is over; one at least."""
        measured = Measured()
        if self.labels is not None:
            prompt = prompt_ids(base, self.empty_prompt)
            measured.prior = score_labels(base.network, [prompt], self.labels)[0]
        for block in blocks:
            if measured.losses and deadline.has_passed:
                break
            encoded = [encode_row(base, row.prompt, row.completion) for row in block]
            measured.losses += [
                RowLoss(-score.log_probability, score.tokens)
                for score in score_completions(base, encoded)
            ]
            cues = [cue(row)[0] for row in block]
            measured.texts += generate_greedily(base, cues, max_tokens=self.at_most)
            if self.labels is not None:
                measured.scores.append(self.label_scores(base, block))
        return measured

    def label_scores(self, base: Base, rows: Sequence[Row]) -> Tensor:
        """(rows, labels)."""
        if self.labels is None:
            raise ValueError("There are no labels.")
        room = base.network.shape.n_positions - self.labels.longest
        prompts = [prompt_ids(base, row.prompt)[-room:] for row in rows]
        scores = torch.empty(len(rows), len(self.labels.texts))
        lengths = [len(prompt) for prompt in prompts]
        for batch in similar_lengths(lengths, more=self.labels.longest, network=base.network):
            some = [prompts[number] for number in batch]
            scores[batch] = score_labels(base.network, some, self.labels)
        return scores


def cue(row: Row) -> tuple[str, str]:
    """What a network is asked with and what it should write: of a row without a prompt the first
    words of its text, and the rest."""
    if row.prompt:
        return row.prompt, row.completion
    text = row.completion
    cut = min(CUE_CHARACTERS, len(text) // 2)
    cut = text.rfind(" ", 0, cut) if " " in text[1:cut] else cut
    return text[:cut], text[cut:]


def longest_text(base: Base, rows: Sequence[Row]) -> int:
    """Tokens that a network may write: a quarter more than the longest completion has."""
    # The longest in characters is about the longest in tokens, and the quarter has room for both.
    longest = max(rows, key=lambda row: len(row.completion))
    tokens = len(base.encode(longest.completion))
    return min(tokens + tokens // 4 + 8, LONGEST_TEXT, base.network.shape.n_positions // 2)


def all_rows(blocks: Sequence[Sequence[Row]]) -> Iterator[Row]:
    """The rows of blocks in their order."""
    for block in blocks:
        yield from block
