"""The actions of buttons at rows, without a script: add, remove, move, copy, paste, start over.

A button posts its action with the field's name and the row: ``add=examples``,
``move=examples:2:-1``, ``copy=var.shots:0``. ``variables`` names a variable to remove:
``remove=variables:city``.
"""

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from django.http import QueryDict

from playground.core.errors import InvalidInput
from playground.core.texts import plain_breaks
from playground.prompts.fields import MAX_EXAMPLES, ExamplesField
from playground.prompts.form import PromptForm
from playground.prompts.formats import Pair
from playground.prompts.variables import MAX_ROWS, with_rows

MAX_PASTED_CHARS = 200_000

# The name of a field and the row in it that takes the focus.
Focus = tuple[str, int] | None
Edited = tuple[list[Any], int | None]


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Rows that can be edited. make: one of its cells. most: how many there can be."""

    name: str
    rows: list[Any]
    width: int
    most: int
    make: Callable[[Sequence[str]], Any]

    @property
    def blank(self) -> Any:
        return self.make([""] * self.width)


def with_row_edits(form: PromptForm, data: QueryDict) -> tuple[PromptForm, Focus]:
    """The form after the action that a button named, and where the focus goes.

    Anything else that was posted changes nothing. Raises `InvalidInput`.
    """
    for action, edit in _ACTIONS.items():
        if action not in data:
            continue
        name, _, place = data.get(action, "").partition(":")
        if name == "variables":
            kept = tuple(variable for variable in form.defined if variable.name != place)
            return replace(form, defined=kept), None
        found = _rows_of(form, name)
        if found is None:
            return _with_turns(form, action, name, place), None
        rows, focus = edit(found, place, data)
        if len(rows) > found.most:
            raise InvalidInput(f"There can be at most {found.most} examples.", field=name)
        return _with(form, name, rows), None if focus is None else (name, focus)
    return form, None


def _rows_of(form: PromptForm, name: str) -> Rows | None:
    for field in form.template.fields:
        if isinstance(field, ExamplesField) and field.name == name:
            rows = list(form.values[name])
            return Rows(
                name=name, rows=rows, width=2, most=MAX_EXAMPLES, make=lambda c: Pair(c[0], c[1])
            )
    for variable in form.variables:
        if variable.input_name == name:
            return Rows(
                name=name,
                rows=list(variable.rows),
                width=len(variable.column_names),
                most=MAX_ROWS,
                make=tuple,
            )
    return None


def _with(form: PromptForm, name: str, rows: list[Any]) -> PromptForm:
    if name in form.values:
        return replace(form, values={**form.values, name: rows})
    return replace(form, defined=with_rows(form.variables, name.removeprefix("var."), rows))


def _with_turns(form: PromptForm, action: str, name: str, place: str) -> PromptForm:
    """A conversation's turns are removed or all gone; nothing else is done to them."""
    turns = form.values.get(name)
    if not isinstance(turns, list) or action not in ("remove", "restart"):
        return form
    kept = [turn for number, turn in enumerate(turns) if str(number) != place]
    return _with(form, name, kept if action == "remove" else [])


def _add(found: Rows, _place: str, _data: QueryDict) -> Edited:
    return [*found.rows, found.blank], len(found.rows)


def _remove(found: Rows, place: str, _data: QueryDict) -> Edited:
    return [row for number, row in enumerate(found.rows) if str(number) != place], None


def _restart(_found: Rows, _place: str, _data: QueryDict) -> Edited:
    return [], None


def _move(found: Rows, place: str, _data: QueryDict) -> Edited:
    raw, _, by = place.partition(":")
    row = _index(found, raw)
    if row is None or by not in ("-1", "1") or not 0 <= row + int(by) < len(found.rows):
        return found.rows, row
    rows = list(found.rows)
    rows.insert(row + int(by), rows.pop(row))
    return rows, row + int(by)


def _copy(found: Rows, place: str, _data: QueryDict) -> Edited:
    row = _index(found, place)
    if row is None:
        return found.rows, None
    return [*found.rows[: row + 1], found.rows[row], *found.rows[row + 1 :]], row + 1


def _paste(found: Rows, place: str, data: QueryDict) -> Edited:
    """Puts rows of a spreadsheet behind a row, or in its place when it is empty."""
    row = _index(found, place)
    # One too many is enough to refuse them.
    cells = _cells(data.get("pasted", ""), found.width, most=found.most + 1)
    new = [found.make(row) for row in cells]
    if row is None or not new:
        return found.rows, row
    is_empty = not any(str(cell).strip() for cell in found.rows[row])
    before = found.rows[: row if is_empty else row + 1]
    return [*before, *new, *found.rows[row + 1 :]], len(before) + len(new) - 1


def _cells(text: str, width: int, *, most: int) -> list[list[str]]:
    """Up to ``most`` rows of ``width`` cells: too few are filled up, too many joined into the last.

    >>> _cells('a\\tb\\tc\\n"1\\n2"\\t3', 2, most=9)
    [['a', 'b\\tc'], ['1\\n2', '3']]
    """
    if len(text) > MAX_PASTED_CHARS:
        raise InvalidInput(
            f"{len(text):,} characters were pasted; {MAX_PASTED_CHARS:,} is the most at once."
        )
    plain = plain_breaks(text).replace("\0", "")
    try:
        read = csv.reader(io.StringIO(plain), delimiter="\t")
        rows = list(islice((row for row in read if any(row)), most))
    except csv.Error:
        raise InvalidInput("The pasted rows cannot be read: a cell is too long.") from None
    full = [[*row, *[""] * (width - len(row))] for row in rows]
    return [[*row[: width - 1], "\t".join(row[width - 1 :])] for row in full]


def _index(found: Rows, raw: str) -> int | None:
    is_one = raw.isascii() and raw.isdigit() and len(raw) < 4 and int(raw) < len(found.rows)
    return int(raw) if is_one else None


_ACTIONS: dict[str, Callable[[Rows, str, QueryDict], Edited]] = {
    "add": _add,
    "remove": _remove,
    "restart": _restart,
    "move": _move,
    "copy": _copy,
    "paste": _paste,
}
