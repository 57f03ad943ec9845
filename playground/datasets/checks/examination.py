"""A file examined: its rows in the canonical form, and all that is wrong with it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playground.datasets.checks.affixes import AffixCheck
from playground.datasets.checks.canonical import CanonicalWriter
from playground.datasets.checks.classes import ClassCheck
from playground.datasets.checks.collecting import Collector, count_of
from playground.datasets.checks.contents import content_fault
from playground.datasets.checks.duplicates import DuplicateCheck
from playground.datasets.checks.findings import Finding, shorten
from playground.datasets.checks.lengths import (
    BATCH_CHARACTERS,
    BATCH_ROWS,
    LengthCheck,
    count_tokens,
    length_fault,
)
from playground.datasets.durations import recommended_minutes, size_in_words
from playground.datasets.reading.forms import WORDS, fits_name
from playground.datasets.reading.rows import Fault, Note, Row
from playground.datasets.reading.separators import SEPARATOR
from playground.datasets.reading.source import Source, open_source

# Token counts of a batch of texts, by the model's own tokenizer. Batches are small.
Encode = Callable[[list[str]], list[int]]

MAX_BYTES = 100_000_000
MAX_ROWS = 1_000_000
# Fewer examples are warned of.
MIN_ROWS = 100
_PROGRESS_BYTES = 1 << 20
# Faults of the whole file that say how many rows it seems to have.
_ALL_ROWS = ("separator_other", "separator_missing_lines", "separator_missing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What came of it.

    form: "text", "jsonl", "json", "csv" or "tsv"; "" for what is none.
    rows_in: rows that the file has; ``rows_in == rows + left_out``.
    rows: rows of the canonical file.
    tokens: of these, with one end of text each.
    findings: errors first, then warnings, then advice.
    figures: plain values, see docs/decisions/0045-datasets.md.
    """

    form: str = ""
    rows_in: int = 0
    rows: int = 0
    tokens: int = 0
    findings: tuple[Finding, ...] = ()
    figures: dict[str, Any] = field(default_factory=dict)

    @property
    def is_refused(self) -> bool:
        """Whether there is an error, so that nothing can be trained on it."""
        return any(finding.severity == "error" for finding in self.findings)

    @property
    def left_out(self) -> int:
        """Rows that are in no canonical file."""
        return sum(finding.left_out for finding in self.findings)


def examine(
    path: Path,
    *,
    encode: Encode,
    context: int,
    name: str,
    rows_path: Path | None = None,
    max_bytes: int = MAX_BYTES,
    progress: Callable[[int, int], None] | None = None,
) -> Examination:
    """Examine the file at ``path``, which somebody calls ``name``.

    Whatever bytes it has, this answers; what is wrong is a finding. With ``rows_path`` the rows
    that can be used are written there in the canonical form, whole or not at all. ``progress`` is
    called with the bytes read and the bytes there are, about every megabyte.
    """
    size = path.stat().st_size
    if size > max_bytes:
        collector = Collector()
        words = {"size": size_in_words(size), "limit": size_in_words(max_bytes)}
        collector.report_file("file_too_large", **words)
        return Examination(findings=collector.findings(), figures={"bytes": size})
    examiner = _Examiner(open_source(path), encode=encode, context=context, name=name)
    if rows_path is None:
        examiner.read_rows(None, progress)
    else:
        with CanonicalWriter(rows_path) as writer:
            examiner.read_rows(writer, progress)
    return examiner.examination()


class _Examiner:
    """One pass over the rows of a source."""

    def __init__(self, source: Source, *, encode: Encode, context: int, name: str) -> None:
        self._source = source
        self._encode = encode
        self._context = context
        self._collector = Collector()
        self._lengths = LengthCheck(context)
        self._affixes = AffixCheck()
        self._duplicates = DuplicateCheck()
        self._classes = ClassCheck()
        self._longest = {"prompt_too_long": 0, "completion_too_long": 0}
        for fault in source.faults:
            self._note_fault(fault)
        form = source.form
        if form is not None and not fits_name(form.name, name):
            words = {"name": f"“{shorten(name, 80)}”", "form": WORDS[form.name]}
            self._collector.report_file("name_and_content_differ", **words)

    def _note_fault(self, fault: Note) -> None:
        if fault.code in _ALL_ROWS:
            self._collector.leave_out_all(fault)
        else:
            self._collector.note(fault)

    def read_rows(
        self, writer: CanonicalWriter | None, progress: Callable[[int, int], None] | None
    ) -> None:
        """Check all rows and write those that can be used."""
        batch: list[Row] = []
        characters = reported = 0
        take = self._collector.note
        for item in self._source.rows(take):
            if progress is not None and item.end - reported >= _PROGRESS_BYTES:
                reported = item.end
                progress(reported, self._source.size)
            fault = item if isinstance(item, Fault) else content_fault(item, take)
            if fault is not None:
                self._collector.leave_out(fault)
            elif isinstance(item, Row):
                batch.append(item)
                characters += len(item.prompt) + len(item.completion)
            if len(batch) >= BATCH_ROWS or characters >= BATCH_CHARACTERS:
                self._take(batch, writer)
                batch, characters = [], 0
            if self._lengths.rows + self._collector.left_out > MAX_ROWS:
                self._collector.report_file("too_many_rows", limit=f"{MAX_ROWS:,}")
                break
        self._take(batch, writer)

    def _take(self, batch: list[Row], writer: CanonicalWriter | None) -> None:
        for row, tokens in zip(batch, count_tokens(batch, self._encode), strict=True):
            fault = length_fault(row, tokens, self._context)
            if fault is not None:
                self._longest[fault.code] = max(self._longest[fault.code], tokens.total)
                self._collector.leave_out(fault)
                continue
            if writer is not None:
                writer.write(line=row.line, prompt=row.prompt, completion=row.completion)
            self._lengths.add(row, tokens)
            self._affixes.add(row)
            self._duplicates.add(row)
            self._classes.add(row)

    def examination(self) -> Examination:
        """All that was found."""
        source, collector, lengths = self._source, self._collector, self._lengths
        classes = self._classes.classes(self._encode)
        self._report(classes)
        form = source.form.name if source.form else ""
        figures = {
            "bytes": source.size,
            "encoding": source.encoding.words if source.encoding else "",
            "separator": SEPARATOR,
            "marker": source.marker,
            "prompt_suffix": self._affixes.common.marker,
            "has_prompts": self._affixes.common.prompts > 0,
            "task": self._classes.task if lengths.rows else "",
            "classes": classes,
            "context": self._context,
            "duration": recommended_minutes(source.size).to_json(),
            **lengths.figures(),
        }
        return Examination(
            form=form,
            rows_in=lengths.rows + collector.left_out,
            rows=lengths.rows,
            tokens=lengths.tokens,
            findings=collector.findings(),
            figures=figures,
        )

    def _report(self, classes: list[dict[str, Any]]) -> None:
        collector, rows = self._collector, self._lengths.rows
        for code, longest in self._longest.items():
            collector.update(code, longest=f"{longest:,}", limit=f"{self._context:,}")
        if self._source.marker:
            collector.report_file("marker_found", marker=self._source.marker)
        self._affixes.report(collector, is_divided=bool(self._source.marker))
        self._duplicates.report(collector)
        self._classes.report(collector, classes)
        if not rows:
            if not self._source.faults:
                has_rows = collector.left_out > 0
                collector.report_file("nothing_to_learn" if has_rows else "no_rows")
        elif rows < MIN_ROWS:
            collector.report_file("too_few_rows", usable=count_of(rows, "usable row"))
