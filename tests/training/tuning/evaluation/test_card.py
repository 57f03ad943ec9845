"""The model card has what a stranger needs, and nothing of the data breaks its Markdown."""

from tests.training.tuning.evaluation.test_evaluate import topics
from tests.training.tuning.evaluation.tiny import opener, topic_models
from workers.training.tuning.evaluation.card import Card, render_card
from workers.training.tuning.evaluation.evaluate import evaluate

CARD = Card(
    base="demo",
    dataset_sha256="ab" * 32,
    options={"method": "lora", "rank": 32, "rate": 0.003, "minutes": None},
    rows=540,
    ending=" Topic:",
)


def test_the_card_names_base_data_options_figures_use_and_limits() -> None:
    base, tuned = topic_models()
    evaluation = evaluate(topics(), base=opener(base), tuned=opener(tuned))

    text = render_card(CARD, evaluation)

    for part in (
        "`demo`",
        "ab" * 32,
        "- Rank: `32`",
        "- Rows trained on: 540",
        "| Accuracy |",
        "100.0% (88.6% to 100.0%)",
        evaluation.verdict.rule,
        "PeftModel.from_pretrained",
        "` Topic:`",
        "## Limits",
    ):
        assert part in text
    assert "Minutes" not in text


def test_a_full_fine_tune_is_used_without_peft() -> None:
    base, _ = topic_models()
    evaluation = evaluate(topics(held_out=0), base=opener(base), tuned=opener(base))
    card = Card("demo", "ab", {"method": "full"}, 40, ending="")

    text = render_card(card, evaluation)

    assert "PeftModel" not in text
    assert "No rows were held out" in text
    assert "| Accuracy |" not in text


def test_a_prompt_ending_cannot_break_out_of_its_code() -> None:
    base, _ = topic_models()
    evaluation = evaluate(topics(held_out=0), base=opener(base), tuned=opener(base))
    card = Card("demo", "ab", {}, 40, ending="`\n# Heading")

    text = render_card(card, evaluation)

    assert "\n# Heading" not in text
    assert "`' # Heading`" in text
