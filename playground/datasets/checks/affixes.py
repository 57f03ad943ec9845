"""How prompts and completions begin and end."""

import re

from playground.datasets.checks.collecting import Collector, Tally
from playground.datasets.reading.rows import Row

# The longest common beginning or end that is looked for.
MAX_AFFIX = 200
# A common beginning of fewer characters costs little.
MIN_PREFIX = 16
# Of fewer rows nothing is said about all.
MIN_ROWS = 3
_CASE_ROWS = 5_000
_UPPER = re.compile(r"[A-Z]")
_LOWER = re.compile(r"[a-z]")
_SENTENCE_END = ".?!,;)\"'”’ \n\t"  # noqa: RUF001


class CommonAffixes:
    """The beginnings and ends that all rows so far have in common."""

    def __init__(self) -> None:
        self.prompts = 0
        self._rows = 0
        self._suffix = ""
        self._prompt_prefix = ""
        self._completion_prefix = ""
        # A prefix that is all of a text is no prefix.
        self._shortest_prompt = self._shortest_completion = MAX_AFFIX + 1

    def add(self, row: Row) -> None:
        """The next row."""
        if not self._rows:
            self._completion_prefix = row.completion[:MAX_AFFIX]
        elif not row.completion.startswith(self._completion_prefix):
            self._completion_prefix = _common_beginning(self._completion_prefix, row.completion)
        self._rows += 1
        self._shortest_completion = min(self._shortest_completion, len(row.completion))
        if not row.prompt:
            return
        self._shortest_prompt = min(self._shortest_prompt, len(row.prompt))
        if not self.prompts:
            self._suffix = row.prompt[-MAX_AFFIX:]
            self._prompt_prefix = row.prompt[:MAX_AFFIX]
        if not row.prompt.endswith(self._suffix):
            self._suffix = _common_beginning(self._suffix[::-1], row.prompt[-MAX_AFFIX:][::-1])[
                ::-1
            ]
        if not row.prompt.startswith(self._prompt_prefix):
            self._prompt_prefix = _common_beginning(self._prompt_prefix, row.prompt)
        self.prompts += 1

    @property
    def marker(self) -> str:
        """What all prompts end in, from the beginning of a word on; "" for nothing that marks."""
        return "" if self.prompts < MIN_ROWS else marker_in(self._suffix)

    @property
    def prompt_prefix(self) -> str:
        """A long beginning of all prompts."""
        if self.prompts < MIN_ROWS or len(self._prompt_prefix) >= self._shortest_prompt:
            return ""
        return _prefix(self._prompt_prefix)

    @property
    def completion_prefix(self) -> str:
        """A long beginning of all completions."""
        prefix = self._completion_prefix
        if self._rows < MIN_ROWS or len(prefix) >= self._shortest_completion:
            return ""
        return _prefix(prefix)


def marker_in(suffix: str) -> str:
    """The part of a common end that marks where a prompt ends.

    >>> marker_in("t Topic:"), marker_in("ing ->"), marker_in("ing?"), marker_in("ing")
    (' Topic:', ' ->', '', '')
    """
    spaces = (place for place, letter in enumerate(suffix) if letter.isspace())
    signs = (place for place, letter in enumerate(suffix) if not letter.isalnum())
    for at in (next(spaces, len(suffix)), next(signs, len(suffix))):
        if suffix[at:].strip(_SENTENCE_END):
            return suffix[at:]
    return ""


def _prefix(text: str) -> str:
    """A common beginning up to the end of its last whole word, if it is long."""
    if len(text) < MAX_AFFIX:
        at = next((p for p in range(len(text), 0, -1) if not text[p - 1].isalnum()), 0)
        text = text[:at].rstrip()
    return text if len(text.strip()) >= MIN_PREFIX else ""


def _common_beginning(one: str, other: str) -> str:
    for place, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return one[:place]
    return one[: len(other)]


class AffixCheck:
    """Markers, prefixes, spaces and capitals."""

    def __init__(self) -> None:
        self.common = CommonAffixes()
        self._rows = 0
        self._first = Tally()
        self._no_prompt = Tally()
        self._no_space = Tally()
        self._space = Tally()
        self._upper = Tally()

    def add(self, row: Row) -> None:
        """The next row."""
        self.common.add(row)
        self._rows += 1
        if self._rows == 1:
            self._first.add_row(row)
        if not row.prompt.strip():
            self._no_prompt.add_row(row)
        elif row.prompt.endswith(" "):
            self._space.add_row(row)
        elif not (row.completion[0].isspace() or row.prompt[-1].isspace()):
            self._no_space.add_row(row)
        if self._rows <= _CASE_ROWS and is_upper_case(f"{row.prompt}{row.completion}"):
            self._upper.add_row(row)

    def report(self, collector: Collector, *, is_divided: bool) -> None:
        """What was found. Of texts divided at a marker, those without it were named already."""
        common = self.common
        if self._no_prompt.count < self._rows and not is_divided:
            collector.report("empty_prompt", self._no_prompt)
        collector.report("prompt_ends_with_space", self._space)
        collector.report("completion_without_space", self._no_space)
        if 3 * self._upper.count > min(self._rows, _CASE_ROWS):
            collector.report("upper_case", self._upper)
        if common.prompts >= MIN_ROWS and not common.marker:
            collector.report("prompts_without_marker", _copy(self._first))
        if common.prompt_prefix:
            prefix = common.prompt_prefix
            collector.report("prompt_prefix", _copy(self._first), prefix=prefix)
        if common.completion_prefix:
            prefix = common.completion_prefix
            collector.report("completion_prefix", _copy(self._first), prefix=prefix)


def is_upper_case(text: str) -> bool:
    """Whether most letters of ``text`` are capitals.

    >>> is_upper_case("MY ORDER IS LATE, please"), is_upper_case("OK, thanks a lot")
    (True, False)
    """
    upper = len(_UPPER.findall(text))
    return upper >= 10 and upper > len(_LOWER.findall(text))


def _copy(tally: Tally) -> Tally:
    return Tally(count=tally.count, line=tally.line, byte=tally.byte, examples=[*tally.examples])
