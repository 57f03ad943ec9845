"""Fixes of names: fields of objects, columns of tables."""

import csv
import io
from collections.abc import Mapping

from playground.core.errors import InvalidInput
from playground.datasets.fixes.changes import ChangeLog
from playground.datasets.fixes.rewriting import copy_bytes, open_rewriter
from playground.datasets.fixes.target import Target
from playground.datasets.reading.fields import COMPLETION, PROMPT, known_name, other_names
from playground.datasets.reading.source import Source
from playground.datasets.reading.tables import read_records


def rename_fields(source: Source, target: Target, log: ChangeLog) -> None:
    """Name the fields prompt and completion that have another known name."""
    if source.columns is not None:
        _rename_columns(source, target, log)
        return
    with open_rewriter(source, target, log) as rewriter:
        for item in rewriter.items():
            value = item.source if isinstance(item.source, dict) else {}
            found = None if COMPLETION in map(known_name, value) else other_names(value)
            if found is None:
                rewriter.keep(item)
            else:
                rewriter.change_source(item, _rename(value, *found))


def _rename(
    value: Mapping[str, object], prompts: tuple[str, ...], completion: str
) -> dict[str, object]:
    fields = {known_name(key): field for key, field in value.items()}
    texts = [fields.pop(name) for name in prompts]
    answer = fields.pop(completion)
    prompt = texts[0] if len(texts) == 1 else "\n".join(str(text) for text in texts if text)
    return {PROMPT: prompt, COMPLETION: answer, **fields}


def _rename_columns(source: Source, target: Target, log: ChangeLog) -> None:
    columns, encoding, form = source.columns, source.encoding, source.form
    found = other_names(columns.names) if columns else None
    if columns is None or encoding is None or form is None or found is None:
        raise InvalidInput("The columns have no other names that are known.")
    prompts, completion = found
    known = [known_name(name) for name in columns.names]
    records = read_records(
        source.path,
        start=encoding.mark,
        line_break=encoding.line_break,
        delimiter=form.delimiter,
    )
    _, _, last = next(records)
    if len(prompts) == 1:
        new = {prompts[0]: PROMPT, completion: COMPLETION}
        header = [new.get(name, columns.names[place]) for place, name in enumerate(known)]
        log.change(1, form.delimiter.join(columns.names), form.delimiter.join(header))
        target.write_text(_record(header, form.delimiter))
        copy_bytes(source, last.end, source.size, target)
        return
    places, answer = [known.index(name) for name in prompts], known.index(completion)
    target.write_text(_record([PROMPT, COMPLETION], form.delimiter))
    for cells, first, _last in records:
        if isinstance(cells, str) or len(cells) <= max(*places, answer):
            log.leave_out(first.number, first.data.decode(errors="replace"))
            continue
        prompt = "\n".join(cells[place] for place in places if cells[place])
        log.change(first.number, form.delimiter.join(cells), f"{prompt}\n{cells[answer]}")
        target.write_text(_record([prompt, cells[answer]], form.delimiter))


def name_columns(source: Source, target: Target, log: ChangeLog) -> None:
    """Write a first line that names two columns prompt and completion."""
    columns, encoding, form = source.columns, source.encoding, source.form
    if columns is None or encoding is None or form is None or columns.fault != "columns_unnamed":
        raise InvalidInput("Only a table of two columns without names can be given some.")
    header = _record([PROMPT, COMPLETION], form.delimiter)
    log.change(1, None, header.rstrip())
    target.write_text(header)
    copy_bytes(source, encoding.mark, source.size, target)


def _record(cells: list[str], delimiter: str) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerow(cells)
    return text.getvalue()
