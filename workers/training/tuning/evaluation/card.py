"""`card.md`: what a tuned model is, how good it is, how to use it and what it is not."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workers.training.files import atomic_write
from workers.training.tuning.evaluation.intervals import Figure
from workers.training.tuning.evaluation.report import Evaluation

SHOWN_OPTIONS = (
    "method",
    "rank",
    "alpha",
    "dropout",
    "rate",
    "epochs",
    "minutes",
    "batch",
    "warmup",
    "clip",
    "weight_decay",
    "max_length",
    "packing",
    "seed",
)
USE_ADAPTER = """\
The folder `adapter/` is in the format of PEFT:

```python
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained("{base}")
model = AutoModelForCausalLM.from_pretrained("{base}")
model = PeftModel.from_pretrained(model, "adapter")
```

It is an addition to the base and does nothing without it. The merged weights, where they were \
exported, are a whole checkpoint and need no base and no PEFT.
"""
USE_MODEL = """\
The folder `model/` is a whole checkpoint:

```python
from transformers import AutoModelForCausalLM, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained("model")
model = AutoModelForCausalLM.from_pretrained("model")
```
"""
LIMITS = """\
- The figures hold for rows like those of the dataset. On other text the model may do anything.
- It can have learnt the mistakes of its data, and what it was taught may be read out of it: treat \
it as privately as the dataset.
- What the base does wrong, it can do wrong too. Check what it writes before you rely on it.
"""


@dataclass(frozen=True)
class Card:
    """What a card is about.

    base: the name of the base model.
    dataset_sha256: of the file that was trained on.
    options: of the training, by their names.
    rows: that were trained on.
    ending: what ends a prompt in the dataset, such as " Topic:"; empty where prompts share none.
    """

    base: str
    dataset_sha256: str
    options: Mapping[str, Any]
    rows: int
    ending: str


def write_card(card: Card, evaluation: Evaluation, path: Path) -> None:
    """The card, whole or not at all."""
    with atomic_write(path) as beside:
        beside.write_text(render_card(card, evaluation), encoding="utf-8")


def render_card(card: Card, evaluation: Evaluation) -> str:
    """The card in Markdown."""
    use = USE_MODEL if card.options.get("method") == "full" else USE_ADAPTER
    parts = [
        f"# A fine-tune of {_inline(card.base)}",
        evaluation.verdict.sentence,
        "## Made from",
        _list(
            {
                "Base": _inline(card.base),
                "Dataset, SHA-256": _inline(card.dataset_sha256 or "unknown"),
                "Rows trained on": f"{card.rows:,}",
                "Rows held out": f"{evaluation.held_out:,}",
            }
        ),
        "## Training",
        _list(
            {
                name.replace("_", " ").capitalize(): _inline(str(card.options[name]))
                for name in SHOWN_OPTIONS
                if card.options.get(name) is not None
            }
        ),
        "## Figures",
        f"On {evaluation.measured:,} held-out rows, with 95 % intervals."
        if evaluation.measured
        else "No rows were held out, so there are none.",
        *([_table(evaluation)] if evaluation.measured else []),
        evaluation.verdict.rule,
        *evaluation.notes,
        "## Use",
        use.format(base=card.base).strip(),
        _prompt_form(card),
        "## Limits",
        LIMITS.strip(),
    ]
    return "\n\n".join(parts) + "\n"


def _prompt_form(card: Card) -> str:
    said = "Write the prompt as in the dataset"
    if card.ending.strip():
        said += f": its end is {_inline(card.ending)}"
    return f"{said}. The text ends with the end-of-text token by itself."


def _table(evaluation: Evaluation) -> str:
    rows = []
    if classes := evaluation.classification:
        rows += [
            ("Accuracy", _share(classes.base.accuracy), _share(classes.tuned.accuracy)),
            ("Macro-F1", _share(classes.base.macro_f1), _share(classes.tuned.macro_f1)),
        ]
    if both := evaluation.perplexity:
        rows.append(("Perplexity", _number(both.base), _number(both.tuned)))
    if match := evaluation.chrf:
        rows.append(("chrF++", _number(match.base), _number(match.tuned)))
    if both := evaluation.ended:
        rows.append(("Ends by itself", _share(both.base), _share(both.tuned)))
    lines = ["| | base | tuned |", "| --- | ---: | ---: |"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    notes = []
    if classes:
        notes.append(f"Base: {classes.base.how}. Tuned: {classes.tuned.how}.")
    if evaluation.chrf:
        notes.append(f"chrF++ by sacrebleu, `{evaluation.chrf.signature}`.")
    return "\n\n".join(["\n".join(lines), *notes])


def _share(figure: Figure) -> str:
    return f"{figure.value:.1%} ({figure.low:.1%} to {figure.high:.1%})"


def _number(figure: Figure) -> str:
    return f"{figure.value:,.2f} ({figure.low:,.2f} to {figure.high:,.2f})"


def _list(facts: Mapping[str, str]) -> str:
    return "\n".join(f"- {name}: {value}" for name, value in facts.items())


def _inline(text: str) -> str:
    """As code on one line; a mark of code within it is taken out."""
    return f"`{' '.join(text.replace('`', chr(39)).split(chr(10)))}`"
