"""Two runs side by side: their words woven into one text, parameters, figures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from playground.history.rows import written_speed
from playground.library.diffs import Piece, word_diff
from playground.prompts.escapes import write_escapes
from playground.runs.models import Run
from playground.runs.parameters import PARAMETER_SPECS, Parameters
from playground.workbench.page import written


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
    pieces: Sequence[Piece]

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
        "" if run.first_token_ms is None else f"{run.first_token_ms / 1000:.2f} s"
    ),
    "Tokens a second": lambda run: written_speed(run.tokens_per_second),
}


def _lines(a: Run, b: Run, told: dict[str, Callable[[Run], str]]) -> list[ComparedLine]:
    return [ComparedLine(name=name, a=tell(a), b=tell(b)) for name, tell in told.items()]


def _parameters(a: Run, b: Run) -> list[ComparedLine]:
    of_a, of_b = Parameters.from_json(a.parameters), Parameters.from_json(b.parameters)
    numbers = [
        ComparedLine(
            name=spec.label,
            a=written(spec, getattr(of_a, spec.name)),
            b=written(spec, getattr(of_b, spec.name)),
        )
        for spec in PARAMETER_SPECS
    ]
    return [
        ComparedLine(name="Model", a=a.model, b=b.model),
        *numbers,
        ComparedLine(name="Stop at", a=_stops(of_a), b=_stops(of_b)),
        ComparedLine(name="Seed", a=_seed(a), b=_seed(b)),
    ]


def _stops(parameters: Parameters) -> str:
    return "  ".join(write_escapes(stop) for stop in parameters.stop)


def _seed(run: Run) -> str:
    return f"{run.seed}, pinned" if run.seed_pinned else str(run.seed)
