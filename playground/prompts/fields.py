"""The kinds of field a template page is made of, each cleaning into plain values.

A field reads its value from the posted lists of its input names (`read`), says
whether it suffices for a run (`check`), and goes to and from the JSON that a
run's row keeps (`to_json`, `from_json`). No Django here: the catalog is data.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from playground.core.errors import InvalidInput, TextTooLong
from playground.core.texts import fault_of, plain_breaks
from playground.prompts.formats import AGENT, CUSTOMER, Pair, Turn
from playground.runs.lengths import MAX_PROMPT_CHARACTERS, too_many_characters

MAX_PROMPT_CHARS = MAX_PROMPT_CHARACTERS
MAX_FIELD_CHARS = 20_000
MAX_EXAMPLES = 24
# More than a model fills in a line.
MAX_TABLE_COLUMNS = 100
# Each is two inputs, and a request has at most 1,000 (DATA_UPLOAD_MAX_NUMBER_FIELDS).
MAX_TURNS = 150

# Posted values by input name, each a list as browsers send repeated names.
Posted = Callable[[str], Sequence[str]]
Values = Mapping[str, Any]


def clean_text(raw: str, *, field: str, label: str, limit: int = MAX_FIELD_CHARS) -> str:
    """``raw`` with plain line breaks; refuses text that is too long or invalid."""
    text = plain_breaks(raw)
    if fault := fault_of(text):
        raise InvalidInput(
            f"{label} holds {fault}. Remove it: no text of the model has one.", field=field
        )
    if len(text) > limit:
        raise TextTooLong(too_many_characters(label, len(text), limit=limit), field=field)
    return text


@dataclass(frozen=True, kw_only=True)
class Field:
    """What every kind has: the input's name, its label and a line of help."""

    kind: ClassVar[str]
    name: str
    label: str
    help: str = ""

    @property
    def partial(self) -> str:
        """The template that draws this kind."""
        return f"workbench/fields/_{self.kind}.html"


@dataclass(frozen=True, kw_only=True)
class TextField(Field):
    """One text. ``rows`` 1 draws a single line; ``mono`` suits schemas and code."""

    kind: ClassVar[str] = "text"
    rows: int = 3
    mono: bool = False
    # The error for an empty field at Run; "" allows an empty field.
    missing: str = ""

    def read(self, posted: Posted) -> str:
        raw = next(iter(posted(self.name)), "")
        return clean_text(raw, field=self.name, label=self.label)

    def check(self, value: str) -> None:
        if self.missing and not value.strip():
            raise InvalidInput(self.missing, field=self.name)

    def to_json(self, value: str) -> str:
        return value

    def from_json(self, raw: Any) -> str:
        # An imported text may be longer than a posted one.
        return raw[:MAX_FIELD_CHARS] if isinstance(raw, str) else ""


@dataclass(frozen=True, kw_only=True)
class ColumnsField(TextField):
    """The columns of a table, written with commas between them."""

    def check(self, value: str) -> None:
        super().check(value)
        if "|" in value:
            raise InvalidInput(
                f"{self.label} are parted by commas and hold no bar (|).", field=self.name
            )
        columns = len(columns_of(value))
        if not columns:
            raise InvalidInput(self.missing, field=self.name)
        if columns > MAX_TABLE_COLUMNS:
            raise InvalidInput(
                f"A table can have at most {MAX_TABLE_COLUMNS} columns; these are {columns:,}.",
                field=self.name,
            )


def columns_of(value: str) -> list[str]:
    """The names in a `ColumnsField`'s text.

    >>> columns_of("Name, Age,, City ")
    ['Name', 'Age', 'City']
    """
    return [name.strip() for name in value.replace("\n", ",").split(",") if name.strip()]


@dataclass(frozen=True, kw_only=True)
class ExamplesField(Field):
    """Worked examples in rows that can be added and removed."""

    kind: ClassVar[str] = "examples"
    given_label: str
    wanted_label: str
    given_rows: int = 1
    wanted_rows: int = 1
    mono_given: bool = False
    mono_wanted: bool = False

    @property
    def given_name(self) -> str:
        return f"{self.name}_given"

    @property
    def wanted_name(self) -> str:
        return f"{self.name}_wanted"

    def read(self, posted: Posted) -> list[Pair]:
        """The rows as they are, empty ones too: the page shows them again."""
        given, wanted = posted(self.given_name), posted(self.wanted_name)
        if max(len(given), len(wanted)) > MAX_EXAMPLES:
            raise InvalidInput(f"There can be at most {MAX_EXAMPLES} examples.", field=self.name)
        return [
            Pair(
                clean_text(g, field=self.given_name, label=f"{self.given_label} {row}"),
                clean_text(w, field=self.wanted_name, label=f"{self.wanted_label} {row}"),
            )
            for row, (g, w) in enumerate(zip(given, wanted, strict=False), start=1)
        ]

    def check(self, value: Sequence[Pair]) -> None:
        for row, pair in enumerate(value, start=1):
            if bool(pair.given.strip()) != bool(pair.wanted.strip()):
                raise InvalidInput(
                    f"Example {row} has only one side. Fill in the other, or remove the row.",
                    field=self.wanted_name if pair.given.strip() else self.given_name,
                )

    def to_json(self, value: Sequence[Pair]) -> list[list[str]]:
        return [[pair.given, pair.wanted] for pair in value]

    def from_json(self, raw: Any) -> list[Pair]:
        rows = raw if isinstance(raw, list) else []
        return [
            Pair(str(row[0])[:MAX_FIELD_CHARS], str(row[1])[:MAX_FIELD_CHARS])
            for row in rows[:MAX_EXAMPLES]
            if is_pair(row)
        ]


@dataclass(frozen=True, kw_only=True)
class TurnsField(Field):
    """The turns of a conversation so far, oldest first."""

    kind: ClassVar[str] = "turns"
    speakers: ClassVar[tuple[str, str]] = (CUSTOMER, AGENT)

    @property
    def speaker_name(self) -> str:
        return f"{self.name}_speaker"

    @property
    def text_name(self) -> str:
        return f"{self.name}_text"

    @property
    def reply_name(self) -> str:
        """The input of the last run's reply, which joins the turns with the next message."""
        return f"{self.name}_reply"

    def read(self, posted: Posted) -> list[Turn]:
        """The turns, and after them the reply that the page shows below them."""
        reply = next(iter(posted(self.reply_name)), "")
        text = clean_text(reply, field=self.name, label="The reply")
        return [*self._read_turns(posted), *([Turn(AGENT, text)] if text.strip() else [])]

    def _read_turns(self, posted: Posted) -> list[Turn]:
        speakers, texts = posted(self.speaker_name), posted(self.text_name)
        if max(len(speakers), len(texts)) > MAX_TURNS:
            raise InvalidInput(
                f"There can be at most {MAX_TURNS} turns. Remove some, or start over.",
                field=self.name,
            )
        if any(speaker not in self.speakers for speaker in speakers):
            raise InvalidInput(
                f"A turn is spoken by {' or '.join(self.speakers)}.", field=self.name
            )
        return [
            Turn(speaker, clean_text(text, field=self.text_name, label=f"Turn {number}"))
            for number, (speaker, text) in enumerate(zip(speakers, texts, strict=False), start=1)
        ]

    def check(self, value: Sequence[Turn]) -> None:
        """Any conversation will do, an empty one too."""

    def to_json(self, value: Sequence[Turn]) -> list[list[str]]:
        return [[turn.speaker, turn.text] for turn in value]

    def from_json(self, raw: Any) -> list[Turn]:
        rows = raw if isinstance(raw, list) else []
        return [
            Turn(str(row[0]), str(row[1])[:MAX_FIELD_CHARS])
            # The last turns: a prompt also drops the oldest ones.
            for row in rows[-MAX_TURNS:]
            if is_pair(row) and row[0] in self.speakers
        ]


def is_pair(row: Any) -> bool:
    """Whether a row from JSON, which may have been imported, has two parts."""
    return isinstance(row, list | tuple) and len(row) == 2


AnyField = TextField | ColumnsField | ExamplesField | TurnsField
