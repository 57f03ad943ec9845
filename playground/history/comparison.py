"""Two to four runs beside each other: their words, parameters and figures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from playground.library.diffs import DiffPart, word_diff
from playground.prompts.parameter_texts import write_numbers, write_stops
from playground.runs.figures import write_seconds, write_speed
from playground.runs.models import Run
from playground.runs.parameters import Parameters
from playground.runs.token_biases import tell_token_biases

NAMES = "ABCD"
# An equal part that is longer is folded: so many characters stay before and after the fold.
FOLD_CHARACTERS = 360
KEPT_CHARACTERS = 120


@dataclass(frozen=True, kw_only=True)
class ColumnPart:
    """A piece of one run's text. kind: "same" as in the first run, "own", or "folded": the same,
    and long."""

    kind: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Column:
    """One run. prompt, output: its texts, with what the first run does not have marked."""

    name: str
    run: Run
    prompt: Sequence[ColumnPart] = field(default_factory=list)
    output: Sequence[ColumnPart] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class ComparedLine:
    """A parameter or a figure of each run, in their order."""

    name: str
    values: Sequence[str]

    @property
    def differs(self) -> bool:
        return len(set(self.values)) > 1


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Runs of one person, in the order of the address."""

    runs: Sequence[Run]

    @property
    def has_same_prompt(self) -> bool:
        return len({run.prompt for run in self.runs}) == 1

    @property
    def has_same_output(self) -> bool:
        return len({run.text for run in self.runs}) == 1

    @cached_property
    def columns(self) -> list[Column]:
        """Each run beside the others; the first one is what the others are compared with."""
        first, *others = self.runs
        columns = []
        for name, run in zip(NAMES, self.runs, strict=False):
            # With two, the first has marks too: of what the other one lacks.
            base = others[0] if run is first and len(others) == 1 else first
            is_alone = run is first and len(others) > 1
            columns.append(
                Column(
                    name=name,
                    run=run,
                    prompt=column_parts(base.prompt, run.prompt, fold=True, plain=is_alone),
                    output=column_parts(base.text, run.text, fold=False, plain=is_alone),
                )
            )
        return columns

    @cached_property
    def parameters(self) -> list[ComparedLine]:
        """Those that differ."""
        of_all = [Parameters.from_json(run.parameters) for run in self.runs]
        numbers = [write_numbers(parameters) for parameters in of_all]
        lines = [
            ComparedLine(name="Model", values=[run.model_title for run in self.runs]),
            *(
                ComparedLine(name=name, values=[one[name] for one in numbers])
                for name in numbers[0]
            ),
            ComparedLine(name="Stop at", values=[write_stops(one) for one in of_all]),
            ComparedLine(name="Token bias", values=[tell_token_biases(one) for one in of_all]),
            ComparedLine(name="Seed", values=[_write_seed(run) for run in self.runs]),
        ]
        return [line for line in lines if line.differs]

    @cached_property
    def figures(self) -> list[ComparedLine]:
        return [
            ComparedLine(name=name, values=[tell(run) for run in self.runs])
            for name, tell in _FIGURES.items()
        ]


def column_parts(base: str, text: str, *, fold: bool, plain: bool) -> list[ColumnPart]:
    """``text``, with what ``base`` does not have as "own". plain: as it is, folded where long."""
    if plain or base == text:
        parts = [DiffPart("same", text)] if text else []
    else:
        parts = [part for part in word_diff(base, text) if part.kind != "removed"]
    found: list[ColumnPart] = []
    for part in parts:
        if part.kind == "added":
            found.append(ColumnPart(kind="own", text=part.text))
        elif fold and not plain and len(part.text) > FOLD_CHARACTERS:
            found += _folded(part.text)
        else:
            found.append(ColumnPart(kind="same", text=part.text))
    return found


def _folded(text: str) -> list[ColumnPart]:
    return [
        ColumnPart(kind="same", text=text[:KEPT_CHARACTERS]),
        ColumnPart(kind="folded", text=text[KEPT_CHARACTERS:-KEPT_CHARACTERS]),
        ColumnPart(kind="same", text=text[-KEPT_CHARACTERS:]),
    ]


_FIGURES: dict[str, Callable[[Run], str]] = {
    "Tokens of the prompt": lambda run: str(run.prompt_tokens),
    "New tokens": lambda run: str(run.completion_tokens),
    "To the first token": lambda run: (
        f"{seconds} s" if (seconds := write_seconds(run.first_token_ms)) else ""
    ),
    "Tokens a second": lambda run: write_speed(run.tokens_per_second),
}


def _write_seed(run: Run) -> str:
    return f"{run.seed}, pinned" if run.seed_pinned else str(run.seed)
