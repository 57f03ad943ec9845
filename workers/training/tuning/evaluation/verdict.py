"""Whether the tuned model is better than the base beyond chance, and the rule for that."""

from collections.abc import Sequence

from workers.training.tuning.evaluation.intervals import Figure, sign_test
from workers.training.tuning.evaluation.report import Verdict

CHANCE = 0.025
# Six tosses in a row fall on one side in 1.6 % of cases, five in 3.1 %.
FEWEST_ROWS = 6

LABELS_RULE = (
    "Better means: of the held-out rows that one of the two models alone gets right, the tuned "
    "model gets so many that tossing a coin would do as well in at most 2.5 % of cases (exact "
    "sign test). The base is scored in the way that suits it best."
)
TEXT_RULE = (
    "Better means: the tuned model finds the held-out completions likelier, and the 95 % interval "
    "of what it saves a token is above zero (1,000 resamples of rows)."
)
ADVICE = "Train for longer or with a higher learning rate, and look at the data."


def judge_labels(base: Sequence[bool], tuned: Sequence[bool]) -> Verdict:
    """By the rows that each model gets right, the same rows in the same order."""
    rows, right, before = len(base), sum(tuned), sum(base)
    if rows < FEWEST_ROWS:
        return _unclear(rows, LABELS_RULE)
    pairs = list(zip(base, tuned, strict=True))
    chance = sign_test(pairs.count((False, True)), pairs.count((True, False)))
    figures = f"right in {right} of {rows} held-out rows, and the base in {before}"
    if chance <= CHANCE:
        return Verdict("better", f"The tuned model is {figures}.", LABELS_RULE)
    return Verdict(
        "nothing",
        f"The model learnt nothing that shows: it is {figures}. {ADVICE}",
        LABELS_RULE,
    )


def judge_text(saved: Figure, base: Figure, tuned: Figure, *, rows: int) -> Verdict:
    """By the loss that is saved on the same rows; the perplexities are for the sentence."""
    if rows < FEWEST_ROWS:
        return _unclear(rows, TEXT_RULE)
    figures = (
        f"perplexity on {rows} held-out rows is {tuned.value:,.2f}, and the base's "
        f"{base.value:,.2f}"
    )
    if saved.low > 0:
        return Verdict("better", f"The tuned model's {figures}.", TEXT_RULE)
    return Verdict(
        "nothing", f"The model learnt nothing that shows: its {figures}. {ADVICE}", TEXT_RULE
    )


def _unclear(rows: int, rule: str) -> Verdict:
    if rows == 0:
        sentence = "No rows were held out, so nothing says whether the model is better."
    else:
        sentence = (
            f"{rows} held-out row{'s are' if rows > 1 else ' is'} too few to say whether the "
            f"model is better; {FEWEST_ROWS} are needed."
        )
    return Verdict("unclear", sentence, rule)
