"""The variables of a form as a page shows them."""

from dataclasses import dataclass
from hashlib import sha256

from playground.prompts.fitting import FinishedPrompt
from playground.prompts.form import PromptForm
from playground.prompts.variable_checks import bounds
from playground.prompts.variables import KINDS, MAX_ROWS, Piece, Row, Variable


@dataclass(frozen=True, kw_only=True)
class BoundVariable:
    """A variable with what its inputs show. focus: the row that takes it, or None."""

    variable: Variable
    is_used: bool
    focus: int | None = None

    @property
    def kinds(self) -> list[tuple[str, str]]:
        return list(KINDS.items())

    @property
    def kind_label(self) -> str:
        return KINDS[self.variable.kind]

    @property
    def stray(self) -> str:
        """The value of a choice that is none of its options, so that it is not lost, or nothing."""
        v = self.variable
        return "" if v.value in v.options else v.value

    @property
    def option_lines(self) -> str:
        return "\n".join(self.variable.options)

    @property
    def hint(self) -> str:
        """A number's limits, as a sentence."""
        v = self.variable
        if v.kind != "number":
            return ""
        parts = [bounds(v), f"in steps of {v.step.strip()}" if v.step.strip() else ""]
        text = ", ".join(part for part in parts if part)
        return f"{text[:1].upper()}{text[1:]}." if text else ""

    @property
    def width(self) -> int:
        """How many cells each row posts: those whose column was taken away stay, unseen."""
        return max(len(self.variable.column_names), *(len(row) for row in self.rows))

    @property
    def rows(self) -> list[Row]:
        """At least one to write in."""
        return [*self.variable.rows] or [("",)]

    @property
    def cells(self) -> list[list[tuple[str, str]]]:
        """(column, text) of each row; the column is "" where it is not drawn."""
        names = self.variable.column_names
        return [
            [
                (names[at] if at < len(names) else "", row[at] if at < len(row) else "")
                for at in range(self.width)
            ]
            for row in self.rows
        ]

    @property
    def is_full(self) -> bool:
        return len(self.variable.rows) >= MAX_ROWS

    @property
    def value_digest(self) -> str:
        """Changes when the part with the value must be drawn again: typing in it does not count."""
        v = self.variable
        drawn = (v.kind, v.default, v.help, v.options, self.hint, v.column_names, self.is_used)
        return sha256(repr(drawn).encode()).hexdigest()[:16]


@dataclass(frozen=True, kw_only=True)
class VariablePanel:
    """The variables, and the finished prompt when they make it another text than is written."""

    rows: list[BoundVariable]
    pieces: tuple[Piece, ...]
    is_needed: bool

    @property
    def names(self) -> str:
        return ", ".join(row.variable.name for row in self.rows)


def variable_panel(
    form: PromptForm, finished: FinishedPrompt, *, focus: tuple[str, int] | None = None
) -> VariablePanel:
    """The panel of ``form``, of which ``finished`` is the prompt."""
    used = set(form.used_names)
    rows = [
        BoundVariable(
            variable=variable,
            is_used=variable.name in used,
            focus=focus[1] if focus and focus[0] == variable.input_name else None,
        )
        for variable in form.variables
    ]
    return VariablePanel(
        rows=rows, pieces=finished.pieces, is_needed=any(row.is_used for row in rows)
    )
