"""Which column of a table fills what of a prompt, and the form that each row makes."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from playground.batches.table import Cells, Table, refusal
from playground.core.errors import InvalidInput, TextTooLong
from playground.prompts.fields import TextField, clean_text
from playground.prompts.fitting import FinishedPrompt, finished_prompt
from playground.prompts.form import PromptForm
from playground.prompts.variables import Variable, names_in

# Characters of the prompts of all rows: each is split into tokens before any runs.
MAX_CHARACTERS = 400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A variable or a field of a prompt that a column may fill.

    value: what it has in the saved prompt, for rows without the column.
    """

    name: str
    label: str
    value: str
    is_variable: bool

    @property
    def header(self) -> str:
        """What a column for it is called."""
        return self.name if self.is_variable else self.label


@dataclass(frozen=True, slots=True)
class RowPrompt:
    """What a row runs."""

    form: PromptForm
    finished: FinishedPrompt


def slots_of(form: PromptForm) -> list[Slot]:
    """Variables first; fields only where they make the prompt."""
    slots = [
        Slot(name=variable.name, label=variable.name, value=variable.text, is_variable=True)
        for variable in form.variables
        if variable.kind != "examples" and variable.name in form.used_names
    ]
    if form.detached is not None:
        return slots
    for field in form.template.fields:
        if isinstance(field, TextField):
            value = str(form.values[field.name])
            slots.append(Slot(name=field.name, label=field.label, value=value, is_variable=False))
    return slots


def match_columns(form: PromptForm, columns: Cells) -> list[Slot]:
    """The slot that each column fills. Raises `InvalidInput` for one that fills none."""
    slots = slots_of(form)
    if not slots:
        raise refusal(
            "This prompt has no variables. Write {{name}} where a row's text belongs, and save it."
        )
    found: list[Slot] = []
    for column in columns:
        slot = _find_slot(slots, column)
        if slot is None:
            names = ", ".join(one.header for one in slots)
            raise refusal(
                f"The prompt has nothing called “{column}”. Rename the column to one of these, or "
                f"remove it: {names}."
            )
        if slot in found:
            raise refusal(f"Two columns are called “{slot.header}”. Remove or rename one of them.")
        found.append(slot)
    return found


def row_prompts(form: PromptForm, table: Table) -> list[RowPrompt]:
    """What each row runs. Raises `InvalidInput` for the first that cannot, and `UnknownModel`."""
    slots = match_columns(form, table.columns)
    return list(_checked_prompts(form, table, slots))


def form_of_row(form: PromptForm, slots: Sequence[Slot], cells: Cells) -> PromptForm:
    """``form`` with the row's values. An empty cell of a variable takes its default.

    Raises `TextTooLong`.
    """
    values, fills = dict(form.values), dict[str, str]()
    for slot, cell in zip(slots, cells, strict=True):
        text = clean_text(cell, field=slot.name, label=slot.header)
        if slot.is_variable:
            fills[slot.name] = text
        else:
            values[slot.name] = text
    defined = [
        replace(one, value=fills[one.name]) if one.name in fills else one for one in form.variables
    ]
    return replace(form, values=values, defined=tuple(defined))


def _checked_prompts(form: PromptForm, table: Table, slots: Sequence[Slot]) -> Iterator[RowPrompt]:
    left = MAX_CHARACTERS
    for number, cells in enumerate(table.rows, start=1):
        try:
            filled = form_of_row(form, slots, cells)
            _check_missing(filled, slots)
            filled.check()
            finished = finished_prompt(filled)
            finished.check()
        except _NoColumn as error:
            raise refusal(error.message) from None
        except InvalidInput as error:
            # Of the same kind, for a page that tells them apart.
            raise type(error)(f"Row {number}: {error.message}", field="table") from None
        left -= finished.characters
        if left < 0:
            raise TextTooLong(
                f"The prompts of all rows have more than {MAX_CHARACTERS:,} characters together. "
                "Use fewer rows.",
                field="table",
            )
        yield RowPrompt(filled, finished)


class _NoColumn(InvalidInput):
    """A variable without a value that no row could give."""


def _check_missing(filled: PromptForm, slots: Sequence[Slot]) -> None:
    given = {slot.name for slot in slots if slot.is_variable}
    known: dict[str, Variable] = {variable.name: variable for variable in filled.variables}
    for name in names_in(filled.source):
        variable = known.get(name)
        if variable is None or variable.kind == "examples" or name in given:
            continue
        if not variable.text.strip():
            raise _NoColumn(
                f"The table has no column “{name}”, and the prompt has no value for it. Add the "
                "column, or save the prompt with a value."
            )


def _find_slot(slots: Sequence[Slot], column: str) -> Slot | None:
    """By its exact name, else by name or label in any case."""
    exact = next((slot for slot in slots if slot.name == _plain(column)), None)
    if exact is not None:
        return exact
    wanted = _plain(column).casefold()
    return next(
        (s for s in slots if wanted in (s.name.casefold(), _plain(s.label).casefold())), None
    )


def _plain(name: str) -> str:
    """A header in the spelling of names; ``{{city}}`` means city."""
    return unicodedata.normalize("NFC", name.strip().removeprefix("{{").removesuffix("}}").strip())
