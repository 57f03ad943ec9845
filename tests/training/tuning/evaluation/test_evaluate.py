"""Base against tuned on held-out rows, from networks to evaluation.json."""

import json
from pathlib import Path

import pytest

from tests.training.tuning.evaluation.tiny import (
    TOPICS,
    make_base,
    opener,
    rows_of,
    topic_models,
    topic_pairs,
    train,
)
from workers.training.tuning.evaluation import budget
from workers.training.tuning.evaluation.budget import Limits
from workers.training.tuning.evaluation.evaluate import Data, evaluate
from workers.training.tuning.evaluation.report import write_evaluation


def topics(*, held_out: int = 30) -> Data:
    rows = rows_of(topic_pairs(40, seed=1) + topic_pairs(held_out, seed=2))
    return Data("classification", rows[:40], rows[40:])


def test_a_model_that_learnt_its_labels_is_better(tmp_path: Path) -> None:
    base, tuned = topic_models()

    evaluation = evaluate(topics(), base=opener(base), tuned=opener(tuned))

    assert evaluation.verdict.outcome == "better"
    classes = evaluation.classification
    assert classes is not None
    assert classes.labels == ["down", "sideways", "up"]
    assert classes.tuned.right == classes.tuned_scored.right == 30
    assert classes.base.right < 25
    assert classes.tuned.accuracy.low < classes.tuned.accuracy.value == 1
    assert sum(map(sum, classes.tuned.confusion)) == 30
    assert evaluation.ended is not None
    assert evaluation.ended.tuned.value == 1
    assert evaluation.chrf is None
    assert evaluation.mistakes == []
    assert evaluation.mistakes_looked == 70
    write_evaluation(evaluation, tmp_path / "evaluation.json")
    stored = json.loads((tmp_path / "evaluation.json").read_text(encoding="utf-8"))
    assert stored["classification"]["tuned"]["accuracy"]["value"] == 1
    assert stored["verdict"]["rule"]


def test_a_model_that_is_the_base_learnt_nothing() -> None:
    base, _ = topic_models()

    evaluation = evaluate(topics(), base=opener(base), tuned=opener(base))

    assert evaluation.verdict.outcome == "nothing"
    assert "learnt nothing" in evaluation.verdict.sentence


def test_a_wrong_label_is_named_as_a_possible_mistake() -> None:
    base, tuned = topic_models()
    pairs = topic_pairs(40, seed=1)
    prompt, label = pairs[6]
    wrong = next(other for other in TOPICS.values() if other != label)
    pairs[6] = (prompt, wrong)
    rows = rows_of(pairs)

    evaluation = evaluate(
        Data("classification", rows[:20], rows[20:]), base=opener(base), tuned=opener(tuned)
    )

    (mistake,) = evaluation.mistakes
    assert (mistake.row, mistake.part) == (7, "train")
    assert (mistake.label, mistake.suggested) == (wrong.strip(), label.strip())
    assert mistake.probability > 0.9


def test_the_worst_outputs_come_first() -> None:
    base, tuned = topic_models()
    data = topics()
    rows = [*data.held_out, *rows_of([("M: aa T:", " down")])]

    evaluation = evaluate(
        Data("classification", data.train, rows), base=opener(base), tuned=opener(tuned)
    )

    first, *others = evaluation.outputs
    assert (first.expected, first.tuned, first.right) == (" down", " up", False)
    assert all(output.right for output in others)
    assert [output.loss for output in others] == sorted(
        (output.loss for output in others), reverse=True
    )


def test_without_time_the_figures_are_of_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "BLOCKS", (8,))
    base, tuned = topic_models()

    evaluation = evaluate(
        topics(), base=opener(base), tuned=opener(tuned), limits=Limits(seconds=0)
    )

    assert (evaluation.held_out, evaluation.measured) == (30, 8)
    assert "8 of the 30" in evaluation.notes[0]
    assert evaluation.mistakes_looked == 8


def test_without_held_out_rows_nothing_is_claimed() -> None:
    base, tuned = topic_models()

    evaluation = evaluate(topics(held_out=0), base=opener(base), tuned=opener(tuned))

    assert evaluation.verdict.outcome == "unclear"
    assert (evaluation.perplexity, evaluation.classification, evaluation.ended) == (None,) * 3
    assert evaluation.outputs == []
    assert evaluation.mistakes_looked == 40


def test_texts_are_compared_by_perplexity_and_likeness() -> None:
    pairs = [(f"Write {'x' * count}:", f" {'ab ' * count}end") for count in range(1, 9)]
    rows = rows_of(pairs * 3)
    base, tuned = make_base(), train(make_base(), rows[:8], steps=80)

    evaluation = evaluate(
        Data("conditional", rows[:16], rows[16:]), base=opener(base), tuned=opener(tuned)
    )

    assert evaluation.verdict.outcome == "better"
    assert evaluation.perplexity is not None
    assert evaluation.perplexity.tuned.high < evaluation.perplexity.base.low
    assert evaluation.chrf is not None
    assert evaluation.chrf.tuned.value > 60 > evaluation.chrf.base.value
    assert "nw:2" in evaluation.chrf.signature
    assert evaluation.classification is None
    assert evaluation.mistakes_looked == 0


def test_texts_without_prompts_go_on_from_their_first_words() -> None:
    rows = rows_of([("", f"in the beginning there were {count} of them") for count in range(9)])
    base = make_base()

    evaluation = evaluate(Data("open", rows[:2], rows[2:]), base=opener(base), tuned=opener(base))

    assert evaluation.verdict.outcome == "nothing"
    assert {output.prompt for output in evaluation.outputs} == {"in the beginning"}
    assert all(output.expected.startswith(" there were") for output in evaluation.outputs)


def test_mistakes_cost_nothing_where_none_are_asked_for() -> None:
    base, tuned = topic_models()

    evaluation = evaluate(
        topics(held_out=2), base=opener(base), tuned=opener(tuned), limits=Limits(mistakes=0)
    )

    assert (evaluation.mistakes, evaluation.mistakes_looked) == ([], 0)
