"""Two runs side by side: their words woven into one text, parameters, figures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from playground.library.diffs import DiffPart, word_diff
from playground.prompts.parameter_texts import write_numbers, write_stops
from playground.runs.figures import write_seconds, write_speed
from playground.runs.models import Run
from playground.runs.parameters import Parameters


@dataclass(frozen=True, kw_only=True)
class Side:
    """One of the two. name: "A", made first or put first, or "B"."""

    name: str
    run: Run


@dataclass(frozen=True, kw_only=True)
class ComparedText:
    """A text of both."""

    slug: str
    title: str
    pieces: Sequence[DiffPart]

    @property
    def is_same(self) -> bool:
        return all(piece.kind == "same" for piece in self.pieces)

    @property
    def is_empty(self) -> bool:
        return not self.pieces

    @cached_property
    def added(self) -> int:
        return self._words("added")

    @cached_property
    def removed(self) -> int:
        return self._words("removed")

    def _words(self, kind: str) -> int:
        return sum(len(piece.text.split()) for piece in self.pieces if piece.kind == kind)


@dataclass(frozen=True, kw_only=True)
class ComparedLine:
    name: str
    a: str
    b: str

    @property
    def differs(self) -> bool:
        return self.a != self.b


@dataclass(frozen=True, kw_only=True)
class ComparedTable:
    slug: str
    title: str
    lines: Sequence[ComparedLine]


def compared_texts(a: Run, b: Run) -> list[ComparedText]:
    """Prompt and output, woven."""
    return [
        ComparedText(slug="prompt", title="Prompt", pieces=word_diff(a.prompt, b.prompt)),
        ComparedText(slug="output", title="Output", pieces=word_diff(a.text, b.text)),
    ]


def compared_tables(a: Run, b: Run) -> list[ComparedTable]:
    """Figures and parameters, a line each."""
    return [
        ComparedTable(slug="figures", title="Figures", lines=_lines(a, b, _FIGURES)),
        ComparedTable(slug="parameters", title="Parameters", lines=_parameters(a, b)),
    ]


_FIGURES: dict[str, Callable[[Run], str]] = {
    "Tokens of the prompt": lambda run: str(run.prompt_tokens),
    "New tokens": lambda run: str(run.completion_tokens),
    "To the first token": lambda run: (
        f"{seconds} s" if (seconds := write_seconds(run.first_token_ms)) else ""
    ),
    "Tokens a second": lambda run: write_speed(run.tokens_per_second),
}


def _lines(a: Run, b: Run, figures: dict[str, Callable[[Run], str]]) -> list[ComparedLine]:
    return [ComparedLine(name=name, a=tell(a), b=tell(b)) for name, tell in figures.items()]


def _parameters(a: Run, b: Run) -> list[ComparedLine]:
    of_a, of_b = Parameters.from_json(a.parameters), Parameters.from_json(b.parameters)
    numbers_a, numbers_b = write_numbers(of_a), write_numbers(of_b)
    numbers = [ComparedLine(name=name, a=numbers_a[name], b=numbers_b[name]) for name in numbers_a]
    return [
        ComparedLine(name="Model", a=a.model_title, b=b.model_title),
        *numbers,
        ComparedLine(name="Stop at", a=write_stops(of_a), b=write_stops(of_b)),
        ComparedLine(name="Seed", a=_write_seed(a), b=_write_seed(b)),
    ]


def _write_seed(run: Run) -> str:
    return f"{run.seed}, pinned" if run.seed_pinned else str(run.seed)
