"""Rows that were read and still cannot be used."""

from playground.core.texts import fault_of
from playground.datasets.reading.rows import MAX_SAMPLE, Fault, Note, Row, Take
from playground.datasets.reading.separators import ANY_SPELLING


def content_fault(row: Row, note: Take) -> Fault | None:
    """Why the row cannot be learnt from; None where it can.

    A separator at the end of a completion says what is so anyway: it is taken off.
    """
    if "|" in row.completion or "|" in row.prompt:
        _take_off_end(row, note)
        if ANY_SPELLING.search(row.prompt) or ANY_SPELLING.search(row.completion):
            return _fault("separator_in_field", row)
    if not row.completion.strip():
        return _fault("empty_completion", row)
    for text in (row.prompt, row.completion):
        if wrong := fault_of(text):
            code = "nul_character" if "NUL" in wrong else "half_character"
            return _fault(code, row)
    return None


def _take_off_end(row: Row, note: Take) -> None:
    bare = row.completion.rstrip()
    found = list(ANY_SPELLING.finditer(bare))
    if found and found[-1].end() == len(bare):
        row.completion = bare[: found[-1].start()].rstrip()
        note(Note("separator_at_field_end", row.line, row.byte, bare[-MAX_SAMPLE:]))


def _fault(code: str, row: Row) -> Fault:
    text = f"{row.prompt}{row.completion}"[:MAX_SAMPLE]
    shown = text.encode(errors="replace").decode()
    return Fault(code, row.line, row.byte, row.end, shown, source=row.source)
