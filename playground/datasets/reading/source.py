"""A file, opened in the form that its content has."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from playground.datasets.reading.columns import Columns, read_columns
from playground.datasets.reading.contents import HEAD, has_too_many_controls, recognise_binary
from playground.datasets.reading.encodings import CHUNK, Encoding, recognise_encoding
from playground.datasets.reading.forms import Form, recognise_form
from playground.datasets.reading.json_lines import read_json_lines
from playground.datasets.reading.json_stream import read_json_stream
from playground.datasets.reading.markers import MarkerSurvey, divide
from playground.datasets.reading.rows import Fault, Note, Row, Take, ignore
from playground.datasets.reading.segments import read_segments
from playground.datasets.reading.separators import ANY_SPELLING, LONGEST, Layout, recognise_layout
from playground.datasets.reading.tables import read_records, read_table


@dataclass(slots=True, kw_only=True)
class Source:
    """What is known of a file before its rows are read.

    faults: why no row can be read; empty where they can.
    layout: of a text without separators.
    marker: what texts are divided at, "" for nothing.
    """

    path: Path
    size: int
    faults: list[Note]
    encoding: Encoding | None = None
    form: Form | None = None
    columns: Columns | None = None
    layout: Layout | None = None
    marker: str = ""

    def rows(self, note: Take = ignore) -> Iterator[Row | Fault]:
        """All rows in the order of the file, divided at the marker; none where there are faults."""
        for item in self._undivided(note):
            if self.marker and isinstance(item, Row) and item.is_text and item.completion:
                divided = divide(item.completion, self.marker)
                if divided is None:
                    values = {"marker": self.marker}
                    note(Note("marker_missing", item.line, item.byte, item.completion, values))
                else:
                    item.prompt, item.completion = divided
            yield item

    def _undivided(self, note: Take) -> Iterator[Row | Fault]:
        if self.faults or self.encoding is None or self.form is None:
            return iter(())
        start, line_break = self.encoding.mark, self.encoding.line_break
        match self.form.name:
            case "jsonl":
                return read_json_lines(self.path, start=start, line_break=line_break, note=note)
            case "json":
                return read_json_stream(self.path, start=start, line_break=line_break, note=note)
            case "text":
                return read_segments(self.path, start=start, line_break=line_break, note=note)
            case _:
                return read_table(
                    self.path,
                    start=start,
                    line_break=line_break,
                    delimiter=self.form.delimiter,
                    columns=self.columns or Columns(()),
                    note=note,
                )


def open_source(path: Path) -> Source:
    """Look at the whole file, as far as is needed to read its rows."""
    source = Source(path=path, size=path.stat().st_size, faults=[])
    binary = recognise_binary(path)
    if binary is not None:
        source.faults.append(Note(binary.code, values={"kind": binary.kind}))
        return source
    _look_at_encoding(source)
    if not source.faults:
        _look_at_form(source)
    if not source.faults:
        _look_for_marker(source)
    return source


def _look_at_encoding(source: Source) -> None:
    encoding = source.encoding = recognise_encoding(source.path)
    head = _head(source.path)
    if not encoding.name.startswith(("utf-16", "utf-32")) and has_too_many_controls(head):
        kind = "full of control characters"
        source.faults.append(Note("file_binary", values={"kind": kind}))
        return
    if encoding.name == "utf-8":
        return
    code = {"": "invalid_utf8", "cp1252": "encoding_windows_1252"}.get(encoding.name)
    if code is None:
        code = (
            "encoding_utf16" if encoding.name.startswith(("utf-16", "utf-32")) else "encoding_other"
        )
    source.faults.append(
        Note(
            code,
            encoding.line,
            encoding.byte,
            _line_at(source.path, encoding) if encoding.invalid else "",
            {
                "encoding": encoding.words,
                "line": f"{encoding.line:,}",
                "byte": f"{encoding.byte:,}",
            },
            count=max(encoding.invalid, 1),
        )
    )


def _look_at_form(source: Source) -> None:
    encoding = source.encoding
    if encoding is None:
        return
    head = _head(source.path)[encoding.mark :]
    text = head.decode(errors="ignore")
    if encoding.line_break == b"\r":
        text = text.replace("\r", "\n")
    is_whole = source.size <= HEAD
    if not text.strip() and _is_blank(source.path, encoding):
        source.faults.append(Note("file_empty"))
        return
    source.form = recognise_form(text, is_whole=is_whole)
    if source.form.delimiter:
        _look_at_header(source, encoding)
    elif source.form.name == "text":
        _look_for_separators(source, encoding)


def _look_at_header(source: Source, encoding: Encoding) -> None:
    records = read_records(
        source.path,
        start=encoding.mark,
        line_break=encoding.line_break,
        delimiter=source.form.delimiter if source.form else ",",
    )
    for cells, first, _last in records:
        if isinstance(cells, str):
            source.faults.append(Note(cells, first.number, first.byte))
            return
        source.columns = columns = read_columns(cells)
        if columns.fault:
            shown = ", ".join(columns.names)
            source.faults.append(
                Note(columns.fault, first.number, first.byte, shown, keys=columns.names)
            )
        return


def _look_for_separators(source: Source, encoding: Encoding) -> None:
    if _has_separator(source.path, encoding):
        return
    layout = recognise_layout(source.path, start=encoding.mark, line_break=encoding.line_break)
    source.layout = layout
    if layout.other is not None:
        values = {"separator": layout.other.words}
        count = layout.other.texts
        source.faults.append(Note("separator_other", 1, encoding.mark, "", values, count=count))
    elif layout.lines > 1:
        source.faults.append(Note("separator_missing_lines", 1, encoding.mark, count=layout.lines))
    else:
        source.faults.append(Note("separator_missing", 1, encoding.mark))


def _has_separator(path: Path, encoding: Encoding) -> bool:
    held = b""
    for chunk in _chunks(path, encoding):
        data = held + chunk
        if b"|" in data and ANY_SPELLING.search(data.decode(errors="replace")):
            return True
        held = data[-LONGEST:]
    return False


def _look_for_marker(source: Source) -> None:
    survey = MarkerSurvey()
    for item in source.rows():
        if isinstance(item, Row):
            # One with a prompt says that they all are divided.
            if not item.is_text:
                return
            if item.completion:
                survey.add(item.completion)
    source.marker = survey.marker() or ""


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD)


def _is_blank(path: Path, encoding: Encoding) -> bool:
    return not any(chunk.strip() for chunk in _chunks(path, encoding))


def _chunks(path: Path, encoding: Encoding) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(encoding.mark)
        while chunk := file.read(CHUNK):
            yield chunk


def _line_at(path: Path, encoding: Encoding) -> str:
    """What is around the first byte that is not UTF-8."""
    with path.open("rb") as file:
        file.seek(max(0, encoding.byte - 40))
        around = file.read(80)
    return around.decode("utf-8" if not encoding.name else encoding.name, errors="replace")
