"""What came of a fine-tune, as the page shows it: base against tuned on the held-out rows.

The trainer's evaluation is read with care: a field that is missing or of another form is left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from playground.finetunes.models import FineTune
from playground.finetunes.pages.words import NOTHING, number, share

# Of the outputs and of the rows that may be mistakes, shown before the others are unfolded.
SHOWN_FIRST = 8
# A matrix of more labels cannot be read.
MAX_MATRIX = 24
# Shades of a matrix's cells.
SHADES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One figure of both models, each with its interval."""

    label: str
    base: str
    base_interval: str
    tuned: str
    tuned_interval: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelResult:
    """How often each model is right about the rows of one label."""

    label: str
    rows: int
    base: str
    tuned: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """How often the tuned model gave a label. shade: 0 to 4, of the row's rows."""

    count: int
    shade: int
    is_right: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixRow:
    label: str
    cells: list[Cell]


class Result:
    """The evaluation of a fine-tune; empty while there is none."""

    def __init__(self, finetune: FineTune) -> None:
        evaluation = finetune.result.get("evaluation") if finetune.is_final else None
        self._found: Mapping[str, Any] = evaluation if isinstance(evaluation, dict) else {}

    @property
    def is_there(self) -> bool:
        return bool(self._found)

    @property
    def verdict(self) -> str:
        return str(_mapping(self._found.get("verdict")).get("sentence") or "")

    @property
    def outcome(self) -> str:
        """ "better", "nothing" or "unclear"."""
        return str(_mapping(self._found.get("verdict")).get("outcome") or "")

    @property
    def rule(self) -> str:
        return str(_mapping(self._found.get("verdict")).get("rule") or "")

    @property
    def notes(self) -> list[str]:
        return [str(note) for note in _sequence(self._found.get("notes"))]

    @property
    def measured(self) -> int:
        return _whole(self._found.get("measured"))

    @property
    def base_accuracy(self) -> float | None:
        return _value(_mapping(self._answers("base").get("accuracy")))

    @property
    def tuned_accuracy(self) -> float | None:
        return _value(_mapping(self._answers("tuned").get("accuracy")))

    @property
    def base_perplexity(self) -> str:
        value = _value(_mapping(_mapping(self._found.get("perplexity")).get("base")))
        return "" if value is None else f"base {number(value)}"

    @property
    def how(self) -> list[str]:
        """How the answers were taken from each model."""
        ways = [("Base", self._answers("base")), ("Tuned", self._answers("tuned"))]
        return [f"{who}: {answers['how']}." for who, answers in ways if answers.get("how")]

    @cached_property
    def comparisons(self) -> list[Comparison]:
        """The figures that the task has, the most telling first."""
        base, tuned = self._answers("base"), self._answers("tuned")
        pairs = [
            ("Accuracy", base.get("accuracy"), tuned.get("accuracy"), share),
            ("Macro-F1", base.get("macro_f1"), tuned.get("macro_f1"), share),
            *(
                (
                    label,
                    _mapping(self._found.get(name)).get("base"),
                    _mapping(self._found.get(name)).get("tuned"),
                    write,
                )
                for label, name, write in (
                    ("Perplexity", "perplexity", number),
                    ("chrF++", "chrf", number),
                    ("Ends by itself", "ended", share),
                )
            ),
        ]
        return [
            Comparison(
                label=label,
                base=write(_mapping(one)["value"]),
                base_interval=_interval(one, write),
                tuned=write(_mapping(other)["value"]),
                tuned_interval=_interval(other, write),
            )
            for label, one, other, write in pairs
            if _value(_mapping(one)) is not None and _value(_mapping(other)) is not None
        ]

    @cached_property
    def labels(self) -> list[LabelResult]:
        """The labels, each with how often both models are right."""
        base, tuned = self._answers("base"), self._answers("tuned")
        rows = zip(
            self._label_names,
            _sequence(base.get("confusion")),
            _sequence(tuned.get("confusion")),
            strict=False,
        )
        return [
            LabelResult(
                label=label,
                rows=sum(of_tuned),
                base=share(of_base[at] / sum(of_base)) if sum(of_base) else NOTHING,
                tuned=share(of_tuned[at] / sum(of_tuned)) if sum(of_tuned) else NOTHING,
            )
            for at, (label, of_base, of_tuned) in enumerate(rows)
        ]

    @cached_property
    def matrix(self) -> list[MatrixRow]:
        """The tuned model's answers: a row for each label, a column for each answer."""
        names = self._label_names
        if len(names) > MAX_MATRIX:
            return []
        confusion = _sequence(self._answers("tuned").get("confusion"))
        return [
            MatrixRow(
                label=label,
                cells=[
                    Cell(count=count, shade=_shade(count, sum(counts)), is_right=at == column)
                    for column, count in enumerate(counts)
                ],
            )
            for at, (label, counts) in enumerate(zip(names, confusion, strict=False))
        ]

    @property
    def matrix_heads(self) -> list[str]:
        return [*self._label_names, "no label"]

    @property
    def outputs(self) -> list[Mapping[str, Any]]:
        """What both models write for held-out prompts, the worst of the tuned model first."""
        return [_trimmed(_mapping(one)) for one in _sequence(self._found.get("outputs"))]

    @property
    def first_outputs(self) -> list[Mapping[str, Any]]:
        return self.outputs[:SHOWN_FIRST]

    @property
    def other_outputs(self) -> list[Mapping[str, Any]]:
        return self.outputs[SHOWN_FIRST:]

    @property
    def mistakes(self) -> list[dict[str, Any]]:
        """Rows whose label the tuned model contradicts, the surest first."""
        found = [_mapping(mistake) for mistake in _sequence(self._found.get("mistakes"))]
        return [
            {**mistake, "sure": share(float(mistake.get("probability") or 0))} for mistake in found
        ]

    @property
    def mistakes_looked(self) -> int:
        return _whole(self._found.get("mistakes_looked"))

    @property
    def _label_names(self) -> list[str]:
        classes = _mapping(self._found.get("classification"))
        return [str(label) for label in _sequence(classes.get("labels"))]

    def _answers(self, who: str) -> Mapping[str, Any]:
        return _mapping(_mapping(self._found.get("classification")).get(who))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _sequence(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _trimmed(output: Mapping[str, Any]) -> Mapping[str, Any]:
    """The texts without the white space around them, which says nothing here."""
    return {
        name: value.strip() if isinstance(value, str) else value for name, value in output.items()
    }


def _whole(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _value(figure: Mapping[str, Any]) -> float | None:
    value = figure.get("value")
    return float(value) if isinstance(value, int | float) else None


def _interval(figure: Any, write: Any) -> str:
    low, high = _mapping(figure).get("low"), _mapping(figure).get("high")
    if not (isinstance(low, int | float) and isinstance(high, int | float)):
        return ""
    return f"{write(low)} to {write(high)}"


def _shade(count: int, total: int) -> int:
    return min(int(SHADES * count / total), SHADES - 1) if total else 0
