"""What one network does with held-out rows: losses, scores of labels, and its own texts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import torch
from tokenizers import Tokenizer
from torch import Tensor

from workers.training.network import GPTJ
from workers.training.tuning.evaluation.budget import Deadline, batches
from workers.training.tuning.evaluation.greedy import greedy
from workers.training.tuning.evaluation.intervals import RowLoss
from workers.training.tuning.evaluation.labels import Labels, Scored, score_labels
from workers.training.tuning.evaluation.losses import completion_losses
from workers.training.tuning.evaluation.rows import Row

CUE_TOKENS = 16
LONGEST_TEXT = 512


@dataclass(frozen=True)
class Text:
    """What a network wrote, and whether it ended by itself."""

    text: str
    ended: bool


@dataclass
class Measured:
    """Figures of the first rows, one entry a row."""

    losses: list[RowLoss] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
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

    labels, empty_prompt: for classification; else None.
    at_most: tokens that a network may write for a row.
    """

    tokenizer: Tokenizer
    end: int
    context: int
    at_most: int
    labels: Labels | None = None
    empty_prompt: str = ""

    def measure(
        self, network: GPTJ, blocks: Sequence[Sequence[Row]], deadline: Deadline
    ) -> Measured:
        """Block after block until the time is over; one at least."""
        measured = Measured()
        if self.labels is not None:
            prompt = self.tokenizer.encode(self.empty_prompt).ids or [self.end]
            measured.prior = score_labels(network, [prompt], self.labels)[0]
        for block in blocks:
            if measured.losses and deadline.has_passed:
                break
            measured.losses += self.losses(network, block)
            measured.texts += self.texts(network, block)
            if self.labels is not None:
                measured.scores.append(self.label_scores(network, block))
        return measured

    def losses(self, network: GPTJ, rows: Sequence[Row]) -> list[RowLoss]:
        """Of the completions."""
        found: dict[int, RowLoss] = {}
        for batch in batches(network, [len(row.ids) for row in rows]):
            found |= zip(
                batch, completion_losses(network, [rows[number] for number in batch]), strict=True
            )
        return [found[number] for number in range(len(rows))]

    def label_scores(self, network: GPTJ, rows: Sequence[Row]) -> Tensor:
        """(rows, labels)."""
        if self.labels is None:
            raise ValueError("There are no labels.")
        prompts = [self._fitting(row.prompt_ids, self.labels.longest) for row in rows]
        scores = torch.empty(len(rows), len(self.labels.texts))
        for batch in batches(network, list(map(len, prompts)), more=self.labels.longest):
            some = [prompts[number] for number in batch]
            scores[batch] = score_labels(network, some, self.labels)
        return scores

    def texts(self, network: GPTJ, rows: Sequence[Row]) -> list[Text]:
        """Greedy, as the page answers at temperature 0."""
        prompts = [self._fitting(self.cue(row)[0], self.at_most) for row in rows]
        found: dict[int, Text] = {}
        for batch in batches(network, list(map(len, prompts)), more=self.at_most):
            written = greedy(
                network,
                [prompts[number] for number in batch],
                end=self.end,
                at_most=self.at_most,
                vocabulary=self.tokenizer.get_vocab_size(),
            )
            for number, ids in zip(batch, written, strict=True):
                ended = ids[-1] == self.end
                found[number] = Text(self.tokenizer.decode(ids[:-1] if ended else ids), ended)
        return [found[number] for number in range(len(rows))]

    def cue(self, row: Row) -> tuple[list[int], list[int]]:
        """What a network is asked with and what it should write: of a row without a prompt the
        first tokens of its text, and the rest."""
        if row.prompt_ids:
            return row.prompt_ids, row.completion_ids[:-1]
        ids = row.completion_ids[:-1]
        cut = max(1, min(CUE_TOKENS, len(ids) // 2))
        return ids[:cut], ids[cut:]

    def _fitting(self, prompt: list[int], more: int) -> list[int]:
        """The end of a prompt that leaves room for ``more`` tokens."""
        return prompt[-(self.context - more) :] or [self.end]


def longest_text(rows: Sequence[Row], context: int) -> int:
    """Tokens that a network may write: a quarter more than the longest completion has."""
    longest = max(len(row.completion_ids) for row in rows)
    return min(longest + longest // 4 + 8, LONGEST_TEXT, context // 2)


def all_rows(blocks: Sequence[Sequence[Row]]) -> Iterator[Row]:
    """The rows of blocks in their order."""
    for block in blocks:
        yield from block
