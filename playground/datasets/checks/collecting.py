"""Collects what readers and checks report, and makes findings of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from playground.core.texts import storable
from playground.datasets.checks.codes import CODES
from playground.datasets.checks.findings import MAX_EXAMPLES, Example, Finding, shorten
from playground.datasets.reading.rows import MAX_ROW_BYTES, Fault, Note, Row

_ORDER = {"error": 0, "warning": 1, "advice": 2}
MAX_KEYS = 10


@dataclass(slots=True)
class Tally:
    """How often something was seen, and where first."""

    count: int = 0
    left_out: int = 0
    line: int | None = None
    byte: int | None = None
    examples: list[Example] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)
    keys: dict[str, None] = field(default_factory=dict)

    def add(self, line: int | None, byte: int | None, text: str, *, count: int = 1) -> None:
        """One more."""
        self.count += count
        if line is None or byte is None:
            return
        if self.line is None:
            self.line, self.byte = line, byte
        if text and len(self.examples) < MAX_EXAMPLES:
            self.examples.append(Example(line, byte, shorten(text)))

    def add_row(self, row: Row, text: str | None = None) -> None:
        """One more row."""
        if len(self.examples) < MAX_EXAMPLES:
            shown = f"{row.prompt}{row.completion}" if text is None else text
            self.add(row.line, row.byte, shown)
        else:
            self.count += 1


class Collector:
    """All that is wrong with one file."""

    def __init__(self) -> None:
        self._tallies: dict[str, Tally] = {}

    @property
    def left_out(self) -> int:
        """Rows that cannot be used."""
        return sum(tally.left_out for tally in self._tallies.values())

    def note(self, note: Note) -> None:
        """Take a reader's note."""
        tally = self._tally(note.code, note.values, note.keys)
        tally.add(note.line, note.byte, note.text, count=note.count)

    def leave_out(self, fault: Fault) -> None:
        """Take a row that cannot be used."""
        tally = self._tally(fault.code, fault.values, fault.keys)
        tally.add(fault.line, fault.byte, fault.text)
        tally.left_out += 1

    def leave_out_all(self, note: Note) -> None:
        """Take a note that says of ``count`` rows that none can be used."""
        self.note(note)
        self._tallies[note.code].left_out += note.count

    def report(self, code: str, tally: Tally, **values: str) -> None:
        """Take what a check counted, if it counted anything."""
        if tally.count:
            tally.values.update(values)
            self._tallies[code] = tally

    def report_file(self, code: str, **values: str) -> None:
        """Take something about the whole file."""
        self.report(code, Tally(count=1), **values)

    def update(self, code: str, **values: str) -> None:
        """Values of a sentence that are known only at the end."""
        if code in self._tallies:
            self._tallies[code].values.update(values)

    def findings(self) -> tuple[Finding, ...]:
        """Errors first, each kind in the order of the file."""
        found = [_finding(code, tally) for code, tally in self._tallies.items()]
        return tuple(
            sorted(found, key=lambda finding: (_ORDER[finding.severity], finding.byte or 0))
        )

    def _tally(self, code: str, values: Mapping[str, str], keys: Iterable[str]) -> Tally:
        tally = self._tallies.get(code)
        if tally is None:
            tally = self._tallies[code] = Tally(values=dict(values))
        for key in keys:
            if len(tally.keys) <= MAX_KEYS:
                tally.keys[key] = None
        return tally


def _finding(code: str, tally: Tally) -> Finding:
    kind = CODES[code]
    one = tally.count == 1
    values = {
        "n": f"{tally.count:,}",
        "s": "" if one else "s",
        "es": "s" if one else "",
        "are": "is" if one else "are",
        "do": "does" if one else "do",
        "have": "has" if one else "have",
        "rows": count_of(tally.count, "row"),
        "line": f"{tally.line or 1:,}",
        "byte": f"{tally.byte or 0:,}",
        "limit": f"{MAX_ROW_BYTES // 1024} KiB",
        "keys": in_quotes(tally.keys) or "nothing",
        **tally.values,
    }
    return Finding(
        code=code,
        severity=kind.severity,
        sentence=storable(kind.sentence.format_map(values)),
        line=tally.line,
        byte=tally.byte,
        count=tally.count,
        left_out=tally.left_out,
        examples=tuple(tally.examples),
        fix=kind.fix,
        other_fixes=kind.other_fixes,
    )


def count_of(number: int, noun: str) -> str:
    """A number with its noun.

    >>> count_of(1, "row"), count_of(3000, "row")
    ('1 row', '3,000 rows')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def in_quotes(words: Iterable[str]) -> str:
    """Words in quotes, in one line; the first ten.

    >>> in_quotes(["a", "b"])
    '“a”, “b”'
    """
    every = list(words)
    shown = ", ".join(f"“{shorten(word.strip(), 40)}”" for word in every[:MAX_KEYS])
    return shown + (" and others" if len(every) > MAX_KEYS else "")
