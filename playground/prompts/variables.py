r"""Variables: ``{{name}}`` in a text, their definitions, and their substitution.

A name is letters with their marks, digits, _ and -, up to 40 of them, and spaces may be around
it. ``\\{{name}}`` writes it literally, and ``\\\\{{name}}`` a backslash and the value. A value is
literal too: something like a variable inside it is text. No Django here.
"""

import json
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import regex

from playground.core.errors import InvalidInput
from playground.prompts.escapes import read_escapes
from playground.prompts.fields import MAX_FIELD_CHARS, MAX_PROMPT_CHARS, Posted, clean_text

# Of a name, and around it. The editor's script is built with the same file.
_SYNTAX = json.loads(Path(__file__).with_name("variable_syntax.json").read_text(encoding="ascii"))
MAX_NAME_CHARS: int = _SYNTAX["max_name"]
# `\w` lacks the vowel signs of many scripts, and what joins their letters or not.
LETTER: str = _SYNTAX["letter"]
_BLANKS: str = _SYNTAX["blanks"]
VARIABLE = rf"\{{\{{{_BLANKS}({LETTER}{{1,{MAX_NAME_CHARS}}}){_BLANKS}\}}\}}"
_PATTERN = regex.compile(rf"(?<!\\)(\\*){VARIABLE}")
_NAME = regex.compile(rf"{LETTER}{{1,{MAX_NAME_CHARS}}}")
# In the format of a row, the place of a cell.
CELL = regex.compile(r"\{([^{}\n]{1,80})\}")

# The kinds, and what each is called on the page.
KINDS = {
    "line": "Short text",
    "text": "Text",
    "choice": "Choice",
    "number": "Number",
    "examples": "Examples",
}
MAX_VARIABLES = 24
MAX_OPTIONS = 50
MAX_ROWS = 50
MAX_COLUMNS = 6
MAX_SETTING_CHARS = 500
# As many as can be typed, a letter and a line break each.
MAX_STORED_OPTIONS = MAX_FIELD_CHARS // 2
# Beyond this a filled text is cut: it is far from anything that runs, and a long value may be
# used many times.
MAX_FILLED_CHARS = 4 * MAX_PROMPT_CHARS
# The default contents of a table of examples.
FIRST_COLUMNS = ("input", "output")

Row = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Variable:
    """One variable, as it was typed: what does not make sense yet is kept, and refused at Run.

    kind: one of `KINDS`. options: of a choice. least, most, step: of a number.
    columns, row_format, rows: of examples; columns are written with commas between them, in the
    format ``{column}`` stands for a row's cell.
    """

    name: str
    kind: str = "line"
    value: str = ""
    default: str = ""
    help: str = ""
    options: tuple[str, ...] = ()
    least: str = ""
    most: str = ""
    step: str = ""
    columns: str = ""
    row_format: str = ""
    rows: tuple[Row, ...] = ()

    @property
    def input_name(self) -> str:
        """Of the input that holds the value; those of its settings go on with a dot."""
        return f"var.{self.name}"

    @property
    def is_blank(self) -> bool:
        """Whether nothing was ever said about it."""
        return self == Variable(name=self.name)

    @property
    def column_names(self) -> Row:
        names = (name.strip() for name in self.columns.replace("\n", ",").split(","))
        # One more than can run says that there are too many; nothing is drawn for the rest.
        found = tuple(dict.fromkeys(name for name in names if name))[: MAX_COLUMNS + 1]
        return found or FIRST_COLUMNS

    @property
    def used_format(self) -> str:
        """The format of a row, or one made of the columns."""
        lines = (f"{name[:1].upper()}{name[1:]}: {{{name}}}" for name in self.column_names)
        return self.row_format or "\n".join(lines) + "\n\n"

    @property
    def text(self) -> str:
        """What takes the variable's place; "" while there is nothing."""
        if self.kind == "examples":
            return "".join(self._filled_rows())
        return self.value if self.value.strip() else self.default

    def _filled_rows(self) -> Iterator[str]:
        """The rows in their format, up to `MAX_FILLED_CHARS`: a format may name a long cell often,
        and there may be many rows."""
        names, parts = self.column_names, CELL.split(self.used_format)
        left = MAX_FILLED_CHARS
        for row in self.rows:
            if not any(map(str.strip, row)):
                continue
            # Too few cells are empty ones.
            cells = dict.fromkeys(names, "") | dict(zip(names, row, strict=False))
            for place, part in enumerate(parts):
                # Texts between cells and names of cells alternate.
                text = cells.get(part, f"{{{part}}}") if place % 2 else part
                yield text[:left]
                left -= len(text)
                if left <= 0:
                    return

    def to_json(self) -> dict[str, Any]:
        """What there is, as rows of runs, versions and drafts keep it."""
        known = {
            "value": self.value,
            "default": self.default,
            "help": self.help,
            "options": list(self.options),
            "min": self.least,
            "max": self.most,
            "step": self.step,
            "columns": self.columns,
            "format": self.row_format,
            "rows": [list(row) for row in self.rows],
        }
        return {"name": self.name, "kind": self.kind, **{k: v for k, v in known.items() if v}}


# --- In a text --------------------------------------------------------------------------------


class Piece(NamedTuple):
    """A part of a filled text.

    start: where it comes from in the text before. name: of the variable it stands for, or "".
    is_open: whether that has no value, so that the piece is its ``{{name}}``.
    """

    text: str
    start: int
    name: str = ""
    is_open: bool = False


@dataclass(frozen=True)
class Filled:
    """A text with its variables put in, in pieces. length: of all, also where that was cut."""

    pieces: tuple[Piece, ...]
    length: int

    @cached_property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces)

    def source_place(self, place: int) -> int:
        """Where in the text before the character is that is at ``place`` now."""
        at = 0
        for piece in self.pieces:
            if place < at + len(piece.text):
                return piece.start if piece.name else piece.start + place - at
            at += len(piece.text)
        last = self.pieces[-1] if self.pieces else Piece("", 0)
        return last.start + (0 if last.name else len(last.text))

    def since(self, place: int) -> tuple[Piece, ...]:
        """The pieces from ``place`` in the filled text on."""
        kept, at = [], 0
        for piece in self.pieces:
            if place < at + len(piece.text):
                cut = max(0, place - at)
                start = piece.start if piece.name else piece.start + cut
                kept.append(piece._replace(text=piece.text[cut:], start=start))
            at += len(piece.text)
        return tuple(kept)


def names_in(*texts: str) -> list[str]:
    """The variables of the texts, each once, in their order."""
    found = (match for text in texts for match in _PATTERN.finditer(text))
    return list(dict.fromkeys(same_name(match[2]) for match in found if not _is_literal(match)))


def same_name(name: str) -> str:
    """``name`` in its one spelling: a letter and its mark may be one character or two."""
    return unicodedata.normalize("NFC", name)


def _is_literal(match: regex.Match[str]) -> bool:
    """Whether the last of the backslashes before the braces is theirs."""
    return len(match[1]) % 2 == 1


def fill(text: str, values: Mapping[str, str]) -> Filled:
    r"""``text`` with ``values`` put in; a name that has none stays open.

    >>> fill(r"To {{city}}, not \{{city}}.", {"city": "{{Rome}}"}).text
    'To {{Rome}}, not {{city}}.'
    """
    values = {same_name(name): value for name, value in values.items()}
    pieces: list[Piece] = []
    length = end = 0

    def take(piece: Piece) -> None:
        nonlocal length
        room = MAX_FILLED_CHARS - length
        if piece.text and room > 0:
            pieces.append(
                piece if len(piece.text) <= room else piece._replace(text=piece.text[:room])
            )
        length += len(piece.text)

    for match in _PATTERN.finditer(text):
        # Two backslashes write one.
        take(Piece(text[end : match.start()] + "\\" * (len(match[1]) // 2), end))
        end, braces, name = match.end(), match.end(1), same_name(match[2])
        if _is_literal(match):
            take(Piece(text[braces:end], braces))
        elif name in values:
            take(Piece(values[name], braces, name))
        else:
            take(Piece(text[braces:end], braces, name, is_open=True))
    take(Piece(text[end:], end))
    return Filled(tuple(pieces), length)


def values_of(variables: Iterable[Variable]) -> dict[str, str]:
    """What there is to put in, by name."""
    return {variable.name: variable.text for variable in variables if variable.text}


def with_new_names(defined: Sequence[Variable], names: Sequence[str]) -> tuple[Variable, ...]:
    """The definitions, followed by the new names of a text.

    An unused and empty variable is dropped: it was a half-typed name.
    """
    known = {variable.name for variable in defined}
    used = set(names)
    kept = [variable for variable in defined if variable.name in used or not variable.is_blank]
    new = [Variable(name=name) for name in names if name not in known]
    return tuple([*kept, *new][:MAX_VARIABLES])


# --- From a form and from a row ---------------------------------------------------------------


def read_variables(posted: Posted) -> tuple[Variable, ...]:
    """The variables as posted: ``variables`` has their names. Raises `InvalidInput`."""
    names = list(dict.fromkeys(map(same_name, posted("variables"))))
    if len(names) > MAX_VARIABLES:
        raise InvalidInput(f"There can be at most {MAX_VARIABLES} variables.", field="variables")
    if not all(_NAME.fullmatch(name) for name in names):
        raise InvalidInput(
            "A variable's name is up to 40 letters, digits, _ and -.", field="variables"
        )
    return tuple(_read_variable(name, posted) for name in names)


def _read_variable(name: str, posted: Posted) -> Variable:
    def text(setting: str = "", *, limit: int = MAX_SETTING_CHARS) -> str:
        field = f"var.{name}{setting}"
        raw = next(iter(posted(field)), "")
        return clean_text(raw, field=field, label=f"The variable {name}", limit=limit)

    kind = text(".kind")
    options = text(".options", limit=MAX_FIELD_CHARS).split("\n")
    return Variable(
        name=name,
        kind=kind if kind in KINDS else "line",
        value=text(limit=MAX_FIELD_CHARS),
        default=text(".default", limit=MAX_FIELD_CHARS),
        help=text(".help"),
        options=tuple(dict.fromkeys(o.strip() for o in options if o.strip())),
        least=text(".min"),
        most=text(".max"),
        step=text(".step"),
        columns=text(".columns"),
        row_format=read_escapes(text(".format")),
        rows=_read_rows(name, posted),
    )


def _read_rows(name: str, posted: Posted) -> tuple[Row, ...]:
    """The cells, which are posted row by row, ``width`` of them each."""
    field = f"var.{name}.cell"
    raw = next(iter(posted(f"var.{name}.width")), "")
    width = int(raw) if raw in {str(n) for n in range(1, 2 * MAX_COLUMNS)} else len(FIRST_COLUMNS)
    cells = [clean_text(c, field=field, label=f"The variable {name}") for c in posted(field)]
    if len(cells) > MAX_ROWS * width:
        raise InvalidInput(f"There can be at most {MAX_ROWS} rows.", field=field)
    return tuple(tuple(cells[at : at + width]) for at in range(0, len(cells), width))


def stored_variables(raw: Any) -> tuple[Variable, ...]:
    """The variables again from `Variable.to_json`, which may have been imported: what is larger
    than a page could post is cut."""
    found: dict[str, Variable] = {}
    for item in raw if isinstance(raw, list) else []:
        if isinstance(item, dict) and _NAME.fullmatch(str(item.get("name", ""))):
            found.setdefault(same_name(str(item["name"])), _stored_variable(item))
    return tuple(found.values())[:MAX_VARIABLES]


def _stored_variable(item: Mapping[str, Any]) -> Variable:
    def text(key: str, *, limit: int = MAX_SETTING_CHARS) -> str:
        value = item.get(key, "")
        return value[:limit] if isinstance(value, str) else ""

    def listed(key: str) -> list[Any]:
        value = item.get(key)
        return value if isinstance(value, list) else []

    rows = (row for row in listed("rows")[:MAX_ROWS] if isinstance(row, list))
    return Variable(
        name=same_name(str(item["name"])),
        kind=text("kind") if text("kind") in KINDS else "line",
        value=text("value", limit=MAX_FIELD_CHARS),
        default=text("default", limit=MAX_FIELD_CHARS),
        help=text("help"),
        options=tuple(
            str(option)[:MAX_SETTING_CHARS] for option in listed("options")[:MAX_STORED_OPTIONS]
        ),
        least=text("min"),
        most=text("max"),
        step=text("step"),
        columns=text("columns"),
        row_format=text("format"),
        rows=tuple(
            tuple(str(cell)[:MAX_FIELD_CHARS] for cell in row[: 2 * MAX_COLUMNS]) for row in rows
        ),
    )


def with_rows(
    variables: Sequence[Variable], name: str, rows: Iterable[Row]
) -> tuple[Variable, ...]:
    """The same with other rows of examples in one of them."""
    return tuple(replace(v, rows=tuple(rows)) if v.name == name else v for v in variables)
