"""Base against tuned on the rows that were held out, within a budget of time."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from tokenizers import Tokenizer

from workers.training.network import GPTJ
from workers.training.tuning.evaluation.budget import Deadline, Limits, random_blocks
from workers.training.tuning.evaluation.chrf import chrf, chrf_of_row
from workers.training.tuning.evaluation.intervals import (
    bootstrap,
    loss_saved,
    perplexity,
    wilson,
)
from workers.training.tuning.evaluation.labels import (
    WAYS,
    best_way,
    choices,
    find_labels,
    prompt_without_message,
)
from workers.training.tuning.evaluation.measure import (
    Measured,
    Measurer,
    all_rows,
    longest_text,
)
from workers.training.tuning.evaluation.metrics import confusion, macro_f1
from workers.training.tuning.evaluation.mistakes import contradicted, shown
from workers.training.tuning.evaluation.report import (
    FORMAT,
    Answers,
    Both,
    Classification,
    Evaluation,
    Mistake,
    Output,
    Task,
    TextMatch,
)
from workers.training.tuning.evaluation.rows import Row
from workers.training.tuning.evaluation.verdict import judge_labels, judge_text

# Of the time: until when the base is measured, and then the tuned model; the rest is for mistakes.
BASE_SHARE, TUNED_SHARE = 0.4, 0.8
# Tokens that an answer may have beyond the longest label: a wrong answer should show.
BEYOND_LABEL = 8
GREEDY = "the model's own text at temperature 0, ended by itself"

Opened = Callable[[], AbstractContextManager[GPTJ]]


@dataclass(frozen=True)
class Data:
    """The rows of a fine-tune and how they are read.

    end: the token that ends a text.
    context: tokens that the model can see.
    """

    task: Task
    train: Sequence[Row]
    held_out: Sequence[Row]
    tokenizer: Tokenizer
    end: int
    context: int


def evaluate(
    data: Data, *, base: Opened, tuned: Opened, limits: Limits | None = None, seed: int = 0
) -> Evaluation:
    """Measure both on the same rows and compare.

    base, tuned: open the network for as long as it is measured; one after the other, so that both
    may be one network with its adapters off and on.
    """
    return _Comparison(data, limits or Limits(), seed).run(base, tuned)


class _Comparison:
    def __init__(self, data: Data, limits: Limits, seed: int) -> None:
        self.data, self.limits, self.seed = data, limits, seed
        rows = [*data.train, *data.held_out]
        classifies = data.task == "classification"
        self.labels = (
            find_labels((row.completion for row in rows), data.tokenizer, end=data.end)
            if classifies
            else None
        )
        self.measurer = Measurer(
            tokenizer=data.tokenizer,
            end=data.end,
            context=data.context,
            at_most=(
                min(self.labels.longest + BEYOND_LABEL, data.context // 2)
                if self.labels
                else longest_text(rows, data.context)
            ),
            labels=self.labels,
            empty_prompt=prompt_without_message([row.prompt for row in rows]) if classifies else "",
        )
        self.notes: list[str] = []
        self.mistakes_looked = 0

    def run(self, base: Opened, tuned: Opened) -> Evaluation:
        began = time.monotonic()
        blocks = random_blocks(self.data.held_out, seed=self.seed, at_most=self.limits.rows)
        before, after = Measured(), Measured()
        if blocks:
            with base() as network:
                deadline = Deadline(self.limits.seconds * BASE_SHARE)
                before = self.measurer.measure(network, blocks, deadline)
        end = began + self.limits.seconds
        with tuned() as network:
            if blocks:
                deadline = Deadline(began + self.limits.seconds * TUNED_SHARE - time.monotonic())
                after = self.measurer.measure(network, blocks, deadline)
            rows = list(all_rows(blocks))[: min(len(before), len(after))]
            mistakes = self.mistakes(network, rows, after, Deadline(end - time.monotonic()))
        return self.compare(rows, before, after, mistakes, seconds=time.monotonic() - began)

    def mistakes(
        self, network: GPTJ, rows: Sequence[Row], measured: Measured, deadline: Deadline
    ) -> list[Mistake]:
        """Of the held-out rows that were measured, and of as many others as time allows."""
        if self.labels is None:
            return []
        found: list[Mistake] = []
        if rows:
            scores = measured.scored(len(rows), self.labels).scores
            found += contradicted(rows, scores, self.labels, held_out=True)
        self.mistakes_looked = len(rows)
        others = random_blocks(self.data.train, seed=self.seed, at_most=len(self.data.train))
        for block in others:
            if deadline.has_passed:
                break
            scores = self.measurer.label_scores(network, block)
            found += contradicted(block, scores, self.labels, held_out=False)
            self.mistakes_looked += len(block)
        return sorted(found, key=lambda mistake: -mistake.probability)[: self.limits.mistakes]

    def compare(
        self,
        rows: Sequence[Row],
        before: Measured,
        after: Measured,
        mistakes: list[Mistake],
        *,
        seconds: float,
    ) -> Evaluation:
        count, data = len(rows), self.data
        if 0 < count < len(data.held_out):
            self.notes.append(
                f"The figures are of {count} of the {len(data.held_out)} held-out rows, drawn at "
                "random, to bound the time."
            )
        classification, match, perplexities, saved = None, None, None, None
        verdict = judge_labels([], [])
        if rows:
            perplexities = Both(
                perplexity(before.losses[:count]), perplexity(after.losses[:count])
            )
            saved = loss_saved(before.losses[:count], after.losses[:count])
            verdict = judge_text(saved, perplexities.base, perplexities.tuned, rows=count)
        if rows and self.labels is not None:
            classification, base_right, tuned_right = self.classify(rows, before, after)
            verdict = judge_labels(base_right, tuned_right)
        elif rows:
            match = self.match(rows, before, after)
        return Evaluation(
            format=FORMAT,
            task=data.task,
            held_out=len(data.held_out),
            measured=count,
            verdict=verdict,
            classification=classification,
            perplexity=perplexities,
            saved=saved,
            chrf=match,
            ended=_ended(before, after, count) if rows else None,
            outputs=self.outputs(rows, before, after),
            mistakes=mistakes,
            mistakes_looked=self.mistakes_looked,
            notes=self.notes,
            seconds=round(seconds, 1),
        )

    def classify(
        self, rows: Sequence[Row], before: Measured, after: Measured
    ) -> tuple[Classification, list[bool], list[bool]]:
        """The figures, and for each row whether base and tuned model are right."""
        if self.labels is None:
            raise ValueError("There are no labels.")
        names, count = self.labels.names, len(rows)
        expected = [row.completion.strip() for row in rows]
        scored = before.scored(count, self.labels)
        way = best_way(scored, [names.index(label) for label in expected])
        by_base = [names[number] for number in choices(scored, way)]
        by_scores = choices(after.scored(count, self.labels), "whole")
        # A text that did not end goes on: it is not the label alone.
        by_text = [each.text.strip() if each.ended else "" for each in after.texts[:count]]
        commonest, most = Counter(expected).most_common(1)[0]
        classification = Classification(
            labels=names,
            base=_answers(expected, by_base, names, WAYS[way][0]),
            tuned=_answers(expected, by_text, names, GREEDY),
            tuned_scored=_answers(
                expected, [names[number] for number in by_scores], names, WAYS["whole"][0]
            ),
            commonest=commonest,
            commonest_share=most / count,
        )
        pairs = list(zip(expected, by_base, by_text, strict=True))
        return (
            classification,
            [label == base for label, base, _ in pairs],
            [label == tuned for label, _, tuned in pairs],
        )

    def match(self, rows: Sequence[Row], before: Measured, after: Measured) -> TextMatch:
        references = [self.expected(row) for row in rows]
        texts = [
            chrf([each.text for each in measured.texts[: len(rows)]], references)
            for measured in (before, after)
        ]
        return TextMatch(texts[0].figure, texts[1].figure, texts[0].signature)

    def expected(self, row: Row) -> str:
        """What a network should write for a row."""
        if row.prompt_ids:
            return row.completion
        return self.data.tokenizer.decode(self.measurer.cue(row)[1])

    def outputs(self, rows: Sequence[Row], before: Measured, after: Measured) -> list[Output]:
        """The worst of the tuned model first: wrong labels, then the unlikeliest completions."""
        found = []
        for number, row in enumerate(rows):
            base, tuned, loss = before.texts[number], after.texts[number], after.losses[number]
            right, likeness = None, None
            if self.labels is not None:
                right = tuned.ended and tuned.text.strip() == row.completion.strip()
            else:
                likeness = round(chrf_of_row(tuned.text, self.expected(row)), 2)
            found.append(
                Output(
                    row=row.number,
                    prompt=shown(row.prompt or self.data.tokenizer.decode(self.measurer.cue(row)[0])),
                    expected=shown(self.expected(row)),
                    base=shown(base.text),
                    base_ended=base.ended,
                    tuned=shown(tuned.text),
                    tuned_ended=tuned.ended,
                    right=right,
                    loss=round(loss.loss / max(1, loss.tokens), 4),
                    chrf=likeness,
                )
            )
        return sorted(found, key=lambda each: (each.right is True, -each.loss))[
            : self.limits.outputs
        ]


def _answers(
    expected: Sequence[str], given: Sequence[str], labels: Sequence[str], how: str
) -> Answers:
    right = sum(one == other for one, other in zip(expected, given, strict=True))

    def f1_of_rows(numbers: Sequence[int]) -> float:
        return macro_f1(
            [expected[number] for number in numbers], [given[number] for number in numbers], labels
        )

    return Answers(
        how=how,
        right=right,
        accuracy=wilson(right, len(expected)),
        macro_f1=bootstrap(len(expected), f1_of_rows),
        confusion=confusion(expected, given, labels),
    )


def _ended(before: Measured, after: Measured, count: int) -> Both:
    base, tuned = (
        wilson(sum(text.ended for text in measured.texts[:count]), count)
        for measured in (before, after)
    )
    return Both(base, tuned)
