"""Base against tuned on the rows that were held out, within a budget of time."""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from workers.training.tuning.base import Base
from workers.training.tuning.evaluation.budget import Deadline, Limits, random_blocks
from workers.training.tuning.evaluation.compare import (
    Pair,
    compare_ends,
    compare_labels,
    compare_losses,
    compare_texts,
    worst_outputs,
)
from workers.training.tuning.evaluation.labels import Labels, find_labels, prompt_without_message
from workers.training.tuning.evaluation.measure import (
    Measured,
    Measurer,
    all_rows,
    longest_text,
)
from workers.training.tuning.evaluation.mistakes import contradicted
from workers.training.tuning.evaluation.report import FORMAT, Evaluation, Mistake, Task
from workers.training.tuning.evaluation.rows import Row
from workers.training.tuning.evaluation.verdict import judge_labels

# Of the time: until when the base is measured, and then the tuned model; the rest is for mistakes.
BASE_SHARE, TUNED_SHARE = 0.4, 0.8
# Tokens that an answer may have beyond the longest label: a wrong answer should show.
BEYOND_LABEL = 8

Opened = Callable[[], AbstractContextManager[Base]]


@dataclass(frozen=True)
class Data:
    """The rows of a fine-tune."""

    task: Task
    train: Sequence[Row]
    held_out: Sequence[Row]


def evaluate(
    data: Data, *, base: Opened, tuned: Opened, limits: Limits | None = None, seed: int = 0
) -> Evaluation:
    """Measure both on the same rows and compare.

    base, tuned: open the model for as long as it is measured; one after the other, so that both
    may be one network with its adapter off and on.
    """
    limits = limits or Limits()
    began = time.monotonic()
    for_base, for_tuned, in_all = (
        Deadline(began + limits.seconds * share) for share in (BASE_SHARE, TUNED_SHARE, 1.0)
    )
    blocks = random_blocks(data.held_out, seed=seed, at_most=limits.rows)
    with base() as opened:
        measurer = _measurer(data, opened)
        before = measurer.measure(opened, blocks, for_base)
    with tuned() as opened:
        after = measurer.measure(opened, blocks, for_tuned)
        rows = list(all_rows(blocks))[: min(len(before), len(after))]
        mistakes, looked = (
            _mistakes(data, opened, measurer, rows, after, in_all, seed=seed)
            if limits.mistakes
            else ([], 0)
        )
    return _evaluation(
        data,
        Pair(rows, before, after),
        measurer.labels,
        limits,
        mistakes=mistakes[: limits.mistakes],
        mistakes_looked=looked,
        seconds=round(time.monotonic() - began, 1),
    )


def _measurer(data: Data, base: Base) -> Measurer:
    """How both models are measured; it takes of the base only what they have in common."""
    rows = [*data.train, *data.held_out]
    if data.task != "classification":
        return Measurer(longest_text(base, rows))
    labels = find_labels(base, (row.completion for row in rows))
    return Measurer(
        min(labels.longest + BEYOND_LABEL, base.network.shape.n_positions // 2),
        labels,
        prompt_without_message([row.prompt for row in rows]),
    )


def _mistakes(
    data: Data,
    base: Base,
    measurer: Measurer,
    rows: Sequence[Row],
    measured: Measured,
    deadline: Deadline,
    *,
    seed: int,
) -> tuple[list[Mistake], int]:
    """The surest first, of the held-out rows that were measured and of as many others as time
    allows; and how many rows these are."""
    if measurer.labels is None:
        return [], 0
    found: list[Mistake] = []
    looked = len(rows)
    if rows:
        scores = measured.scored(len(rows), measurer.labels).scores
        found += contradicted(rows, scores, measurer.labels, held_out=True)
    for block in random_blocks(data.train, seed=seed, at_most=len(data.train)):
        if deadline.has_passed:
            break
        scores = measurer.label_scores(base, block)
        found += contradicted(block, scores, measurer.labels, held_out=False)
        looked += len(block)
    return sorted(found, key=lambda mistake: -mistake.probability), looked


def _evaluation(
    data: Data,
    pair: Pair,
    labels: Labels | None,
    limits: Limits,
    *,
    mistakes: list[Mistake],
    mistakes_looked: int,
    seconds: float,
) -> Evaluation:
    classification = perplexities = match = ended = None
    verdict = judge_labels([], [])
    if pair.rows:
        perplexities, verdict = compare_losses(pair)
        ended = compare_ends(pair)
        if labels is None:
            match = compare_texts(pair)
        else:
            classification, verdict = compare_labels(pair, labels)
    notes = []
    if 0 < pair.count < len(data.held_out):
        notes.append(
            f"The figures are of {pair.count:,} of the {len(data.held_out):,} held-out rows, drawn "
            "at random, to bound the time."
        )
    return Evaluation(
        format=FORMAT,
        task=data.task,
        held_out=len(data.held_out),
        measured=pair.count,
        verdict=verdict,
        classification=classification,
        perplexity=perplexities,
        chrf=match,
        ended=ended,
        outputs=worst_outputs(pair, classifies=labels is not None, at_most=limits.outputs),
        mistakes=mistakes,
        mistakes_looked=mistakes_looked,
        notes=notes,
        seconds=seconds,
    )
