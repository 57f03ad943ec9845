"""The figures of both models on the same rows, side by side."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from workers.training.tuning.evaluation.chrf import chrf, chrf_of_row
from workers.training.tuning.evaluation.intervals import bootstrap, loss_saved, perplexity, wilson
from workers.training.tuning.evaluation.labels import WAYS, Labels, best_way, choices
from workers.training.tuning.evaluation.measure import Measured, cue
from workers.training.tuning.evaluation.metrics import confusion, macro_f1
from workers.training.tuning.evaluation.mistakes import shorten
from workers.training.tuning.evaluation.report import (
    Answers,
    Both,
    Classification,
    Output,
    TextMatch,
    Verdict,
)
from workers.training.tuning.evaluation.rows import Row
from workers.training.tuning.evaluation.verdict import judge_labels, judge_text

GREEDY = "the model's own text at temperature 0, ended by itself"


@dataclass(frozen=True)
class Pair:
    """What was measured of base and tuned model on ``rows``, which are at least one.

    Each may have been measured on more rows, which begin with these.
    """

    rows: Sequence[Row]
    base: Measured
    tuned: Measured

    @property
    def count(self) -> int:
        """Rows."""
        return len(self.rows)


def compare_labels(pair: Pair, labels: Labels) -> tuple[Classification, Verdict]:
    """Base by its best way, the tuned model by its text and by its scores."""
    names = labels.names
    expected = [row.completion.strip() for row in pair.rows]
    scored = pair.base.scored(pair.count, labels)
    way = best_way(scored, [names.index(label) for label in expected])
    by_base = [names[number] for number in choices(scored, way)]
    by_scores = choices(pair.tuned.scored(pair.count, labels), "whole")
    # A text that did not end goes on: it is not the label alone.
    by_text = [text.text.strip() if text.ended else "" for text in pair.tuned.texts[: pair.count]]
    commonest, most = Counter(expected).most_common(1)[0]
    classification = Classification(
        labels=names,
        base=_answers(expected, by_base, names, WAYS[way][0]),
        tuned=_answers(expected, by_text, names, GREEDY),
        tuned_scored=_answers(
            expected, [names[number] for number in by_scores], names, WAYS["whole"][0]
        ),
        commonest=commonest,
        commonest_share=most / pair.count,
    )
    return classification, judge_labels(_right(expected, by_base), _right(expected, by_text))


def _right(expected: Sequence[str], given: Sequence[str]) -> list[bool]:
    return [label == other for label, other in zip(expected, given, strict=True)]


def _answers(
    expected: Sequence[str], given: Sequence[str], labels: Sequence[str], how: str
) -> Answers:
    def f1_of_rows(numbers: Sequence[int]) -> float:
        return macro_f1(
            [expected[number] for number in numbers], [given[number] for number in numbers], labels
        )

    right = sum(_right(expected, given))
    return Answers(
        how=how,
        right=right,
        accuracy=wilson(right, len(expected)),
        macro_f1=bootstrap(len(expected), f1_of_rows),
        confusion=confusion(expected, given, labels),
    )


def compare_losses(pair: Pair) -> tuple[Both, Verdict]:
    """The perplexities of the completions."""
    base, tuned = pair.base.losses[: pair.count], pair.tuned.losses[: pair.count]
    both = Both(perplexity(base), perplexity(tuned))
    return both, judge_text(loss_saved(base, tuned), both.base, both.tuned, rows=pair.count)


def compare_texts(pair: Pair) -> TextMatch:
    """chrF++ of what both write."""
    references = [cue(row)[1] for row in pair.rows]
    base, tuned = (
        chrf([text.text for text in measured.texts[: pair.count]], references)
        for measured in (pair.base, pair.tuned)
    )
    return TextMatch(base.figure, tuned.figure, tuned.signature)


def compare_ends(pair: Pair) -> Both:
    """How many texts ended by themselves."""
    base, tuned = (
        wilson(sum(text.ended for text in measured.texts[: pair.count]), pair.count)
        for measured in (pair.base, pair.tuned)
    )
    return Both(base, tuned)


def worst_outputs(pair: Pair, *, classifies: bool, at_most: int) -> list[Output]:
    """The tuned model's wrong labels first, then the completions that it finds least likely."""
    found = []
    for number, row in enumerate(pair.rows):
        base, tuned = pair.base.texts[number], pair.tuned.texts[number]
        loss, (prompt, expected) = pair.tuned.losses[number], cue(row)
        is_label = tuned.ended and tuned.text.strip() == expected.strip()
        found.append(
            Output(
                row=row.number,
                prompt=shorten(prompt),
                expected=shorten(expected),
                base=shorten(base.text),
                base_ended=base.ended,
                tuned=shorten(tuned.text),
                tuned_ended=tuned.ended,
                right=is_label if classifies else None,
                loss=round(loss.loss / loss.tokens, 4),
                chrf=None if classifies else round(chrf_of_row(tuned.text, expected), 2),
            )
        )
    return sorted(found, key=lambda each: (each.right is True, -each.loss))[:at_most]
