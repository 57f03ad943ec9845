"""Fixes of rows: what becomes of each."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from playground.datasets.checks import fix_codes
from playground.datasets.checks.affixes import CommonAffixes
from playground.datasets.checks.contents import content_fault
from playground.datasets.checks.duplicates import SameRows
from playground.datasets.checks.lengths import (
    BATCH_CHARACTERS,
    BATCH_ROWS,
    count_tokens,
    length_fault,
)
from playground.datasets.fixes.changes import ChangeLog
from playground.datasets.fixes.rewriting import open_rewriter
from playground.datasets.fixes.target import Target
from playground.datasets.reading.rows import Fault, Row, ignore
from playground.datasets.reading.separators import ANY_SPELLING
from playground.datasets.reading.source import Source

Encode = Callable[[list[str]], list[int]]
MARKER = " ->"


def leave_out_rows(
    source: Source, target: Target, log: ChangeLog, *, encode: Encode, context: int
) -> None:
    """Leave out all rows that cannot be used, whatever is wrong with them."""
    with open_rewriter(source, target, log) as rewriter:
        for item, fault in _check_all(rewriter.items(), encode, context):
            if fault is None:
                rewriter.keep(item)
            else:
                rewriter.leave_out(item, fault.text)


def cut_prompt_heads(
    source: Source, target: Target, log: ChangeLog, *, encode: Encode, context: int
) -> None:
    """Cut the beginning of each prompt that is too long; completions stay whole."""
    with open_rewriter(source, target, log) as rewriter:
        for item, fault in _check_all(rewriter.items(), encode, context):
            if fault is None or fault.code != "prompt_too_long" or isinstance(item, Fault):
                rewriter.keep(item)
                continue
            [completion] = encode([item.completion])
            prompt = last_tokens(item.prompt, context - completion - 1, encode)
            rewriter.change(item, replace(item, prompt=prompt))


def last_tokens(text: str, budget: int, encode: Encode) -> str:
    """The longest end of ``text`` of at most ``budget`` tokens, whole words if it can be."""
    [total] = encode([text])
    low, high = max(0, len(text) - 2 * budget * len(text) // max(total, 1)), len(text)
    # The end of a long text has more characters a token than all of it: then from its beginning.
    if low and encode([text[low:]])[0] <= budget:
        low = 0
    while low < high:
        middle = (low + high) // 2
        if encode([text[middle:]])[0] <= budget:
            high = middle
        else:
            low = middle + 1
    words = text[low:]
    if low and not text[low - 1].isspace():
        # Cut in a word: from the next one on, if there is one.
        space = next((at for at, letter in enumerate(words) if letter.isspace()), len(words))
        words = words[space:] if words[space:].strip() else words
    bare = words.lstrip()
    return bare if encode([bare])[0] <= budget else words


def _check_all(
    items: Iterable[Row | Fault], encode: Encode, context: int
) -> Iterator[tuple[Row | Fault, Fault | None]]:
    """Each item with why it cannot be used, tokens counted in batches."""
    batch: list[Row | Fault] = []
    characters = 0
    for item in items:
        batch.append(item)
        if isinstance(item, Row):
            characters += len(item.prompt) + len(item.completion)
        if len(batch) >= BATCH_ROWS or characters >= BATCH_CHARACTERS:
            yield from _check(batch, encode, context)
            batch, characters = [], 0
    yield from _check(batch, encode, context)


def _check(
    batch: list[Row | Fault], encode: Encode, context: int
) -> Iterator[tuple[Row | Fault, Fault | None]]:
    faults: list[Fault | None] = []
    rows: list[Row] = []
    for item in batch:
        if isinstance(item, Fault):
            faults.append(item)
            continue
        # The check takes a separator off its end; the row itself stays.
        row = replace(item)
        fault = content_fault(row, ignore)
        faults.append(fault)
        if fault is None:
            rows.append(row)
    counted = iter(zip(rows, count_tokens(rows, encode), strict=True))
    for item, fault in zip(batch, faults, strict=True):
        if fault is None:
            row, tokens = next(counted)
            yield item, length_fault(row, tokens, context)
        else:
            yield item, fault


def remove_duplicates(source: Source, target: Target, log: ChangeLog) -> None:
    """Leave out rows that are the same as one before."""
    _remove(source, target, log, ("same",))


def remove_near_duplicates(source: Source, target: Target, log: ChangeLog) -> None:
    """Leave out rows that are the same, or nearly the same, as one before."""
    _remove(source, target, log, ("same", "near"))


def _remove(source: Source, target: Target, log: ChangeLog, removed: tuple[str, ...]) -> None:
    rows = SameRows()
    with open_rewriter(source, target, log) as rewriter:
        for item in rewriter.items():
            usable = _usable_row(item)
            if usable is not None and rows.compare(usable)[0] in removed:
                rewriter.leave_out(item, f"{usable.prompt}{usable.completion}")
            else:
                rewriter.keep(item)


def change_rows(source: Source, target: Target, log: ChangeLog, *, fix: str) -> None:
    """Change the texts of rows by one of the simple fixes."""
    change = _changer(source, fix)
    with open_rewriter(source, target, log) as rewriter:
        for item in rewriter.items():
            after = change(item) if isinstance(item, Row) else None
            if isinstance(item, Fault) or after is None:
                rewriter.keep(item)
            else:
                rewriter.change(item, after)


def _changer(source: Source, fix: str) -> Callable[[Row], Row | None]:
    """What makes a new row of one, or None where it stays."""
    if fix in (fix_codes.REMOVE_PROMPT_PREFIX, fix_codes.REMOVE_COMPLETION_PREFIX):
        common = CommonAffixes()
        for item in source.rows():
            usable = _usable_row(item)
            if usable is not None:
                common.add(usable)
        if fix == fix_codes.REMOVE_PROMPT_PREFIX:
            return _without_prompt_prefix(common.prompt_prefix)
        return _without_completion_prefix(common.completion_prefix)
    return {
        fix_codes.ADD_SPACE: _with_space,
        fix_codes.MOVE_SPACE: _with_moved_space,
        fix_codes.ADD_MARKER: _with_marker,
        fix_codes.REMOVE_SEPARATORS: _without_separators,
    }[fix]


def _with_space(row: Row) -> Row | None:
    if not row.prompt.strip() or not row.completion:
        return None
    if row.completion[0].isspace() or row.prompt[-1].isspace():
        return None
    return replace(row, completion=f" {row.completion}")


def _with_moved_space(row: Row) -> Row | None:
    if not row.prompt.strip() or not row.prompt.endswith(" "):
        return None
    completion = row.completion.lstrip(" ")
    return replace(row, prompt=row.prompt.rstrip(" "), completion=f" {completion}")


def _with_marker(row: Row) -> Row | None:
    prompt = row.prompt.rstrip()
    if not prompt or prompt.endswith(MARKER):
        return None
    completion = row.completion if row.completion[:1].isspace() else f" {row.completion}"
    return replace(row, prompt=f"{prompt}{MARKER}", completion=completion)


def _without_separators(row: Row) -> Row | None:
    prompt, completion = (
        ANY_SPELLING.sub("", text).rstrip() if ANY_SPELLING.search(text) else text
        for text in (row.prompt, row.completion)
    )
    if (prompt, completion) == (row.prompt, row.completion):
        return None
    return replace(row, prompt=prompt, completion=completion)


def _without_prompt_prefix(prefix: str) -> Callable[[Row], Row | None]:
    def change(row: Row) -> Row | None:
        rest = row.prompt.removeprefix(prefix).lstrip()
        return replace(row, prompt=rest) if prefix and row.prompt.startswith(prefix) else None

    return change


def _without_completion_prefix(prefix: str) -> Callable[[Row], Row | None]:
    space = " " if prefix.startswith(" ") else ""

    def change(row: Row) -> Row | None:
        rest = row.completion.removeprefix(prefix).lstrip()
        if not prefix or not rest or not row.completion.startswith(prefix):
            return None
        return replace(row, completion=f"{space}{rest}")

    return change


def _usable_row(item: Row | Fault) -> Row | None:
    """A copy of the row as the checks see it."""
    if isinstance(item, Fault):
        return None
    row = replace(item)
    return row if content_fault(row, ignore) is None else None
