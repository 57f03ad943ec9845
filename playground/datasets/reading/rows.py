"""What a reader gives: rows, and faults in the place of rows that cannot be used."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

# No model reads as much at once. Longer rows are passed over without being held.
MAX_ROW_BYTES = 128 * 1024

# Of a fault's text, as much as an example shows and a little more.
MAX_SAMPLE = 400


@dataclass(slots=True)
class Row:
    """One example, and the bytes of the file from ``byte`` to ``end`` that it was read from.

    is_text: it was one text, so that a marker may divide it.
    source: what was parsed, for a reader's own writer: an object or a list of cells.
    """

    line: int
    byte: int
    end: int
    prompt: str
    completion: str
    is_text: bool = False
    source: Any = None

    @property
    def start(self) -> int:
        """Where the row begins."""
        return self.byte


@dataclass(slots=True)
class Fault:
    """A row that cannot be used.

    line, byte: of what is wrong in it. ``begin`` is where the row begins, if that is elsewhere.
    keys: names of fields that the sentence lists.
    """

    code: str
    line: int
    byte: int
    end: int
    text: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    source: Any = None
    begin: int | None = None
    keys: tuple[str, ...] = ()

    @property
    def start(self) -> int:
        """Where the row begins."""
        return self.byte if self.begin is None else self.begin


@dataclass(slots=True)
class Note:
    """Something about the file or a row that is no row itself."""

    code: str
    line: int | None = None
    byte: int | None = None
    text: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    count: int = 1
    keys: tuple[str, ...] = ()


Take = Callable[[Note], None]


def ignore(_note: Note) -> None:
    """Takes notes that nobody wants."""


def sample(data: bytes) -> str:
    """The beginning of ``data`` as a text for an example."""
    return data[: MAX_SAMPLE * 4].decode(errors="replace")[:MAX_SAMPLE]
