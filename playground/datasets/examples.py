"""Rows of a version to look at: the first ones, some at random, those that have a word.

Read from the canonical file as far as they are shown. A place in the file is a byte.
"""

import io
import json
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import BinaryIO

from playground.checkpoints.registry import registry
from playground.checkpoints.tokenizers import TextTokenizer, tokenizer_for
from playground.core.errors import ModelNotReady, UnknownModel
from playground.datasets.models import DatasetVersion

PER_PAGE = 10
MAX_QUERY = 200
# So much of a text is on the page.
MAX_SHOWN = 3_000
# A search goes on from where it was after so long. Seconds.
SEARCH_SECONDS = 0.8
# A row of the canonical file is shorter.
MAX_LINE = 64 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One row. Token counts are None where the model's tokenizer is not there."""

    row: int
    line: int
    prompt: str
    completion: str
    prompt_tokens: int | None = None
    completion_tokens: int | None = None

    @property
    def is_cut(self) -> bool:
        return len(self.prompt) > MAX_SHOWN or len(self.completion) > MAX_SHOWN

    @property
    def shown_prompt(self) -> str:
        """Of a long prompt the end, which is beside the completion."""
        return self.prompt if len(self.prompt) <= MAX_SHOWN else f"…{self.prompt[-MAX_SHOWN:]}"

    @property
    def shown_completion(self) -> str:
        long = len(self.completion) > MAX_SHOWN
        return f"{self.completion[:MAX_SHOWN]}…" if long else self.completion


@dataclass(frozen=True, slots=True, kw_only=True)
class Examples:
    """What is shown. after: where the next ones begin; 0 for no more.

    is_unfinished: the search has not seen all of the file yet.
    """

    rows: list[Example]
    after: int = 0
    is_unfinished: bool = False


def first_examples(version: DatasetVersion, *, at: int = 0) -> Examples:
    """The rows from byte ``at`` on, a page of them."""
    rows: list[Example] = []
    with _canonical(version) as file:
        for place, line in _lines(file, at):
            if len(rows) == PER_PAGE:
                return Examples(rows=_counted(version, rows), after=place)
            rows.append(_read(line))
    return Examples(rows=_counted(version, rows))


def random_examples(version: DatasetVersion, *, seed: int) -> Examples:
    """Some rows from anywhere in the file; the same for the same seed."""
    draw = random.Random(seed)
    found: dict[int, Example] = {}
    with _canonical(version) as file:
        size = file.seek(0, 2)
        for _ in range(4 * PER_PAGE):
            if len(found) == min(PER_PAGE, version.rows):
                break
            place = draw.randrange(size) if size else 0
            line = next((line for _, line in _lines(file, place)), None)
            if line is None:
                line = next((line for _, line in _lines(file, 0)), None)
            if line is not None:
                example = _read(line)
                found[example.row] = example
    return Examples(rows=_counted(version, [found[row] for row in sorted(found)]))


def found_examples(version: DatasetVersion, *, query: str, at: int = 0) -> Examples:
    """The rows from byte ``at`` on that have ``query`` in a text, in any case."""
    wanted = query.casefold()
    # As the file has it: what is not in the line cannot be in its texts.
    rough = json.dumps(query, ensure_ascii=False)[1:-1].casefold()
    rows: list[Example] = []
    deadline = time.monotonic() + SEARCH_SECONDS
    with _canonical(version) as file:
        for count, (place, line) in enumerate(_lines(file, at)):
            if len(rows) == PER_PAGE:
                return Examples(rows=_counted(version, rows), after=place)
            if count % 256 == 255 and time.monotonic() > deadline:
                return Examples(rows=_counted(version, rows), after=place, is_unfinished=True)
            if rough in line.decode().casefold():
                example = _read(line)
                if wanted in f"{example.prompt}{example.completion}".casefold():
                    rows.append(example)
    return Examples(rows=_counted(version, rows))


@contextmanager
def _canonical(version: DatasetVersion) -> Iterator[BinaryIO]:
    """The canonical file of a version; an empty one while there is none."""
    try:
        file: BinaryIO = version.rows_path.open("rb") if version.sha256 else io.BytesIO()
    except FileNotFoundError:
        file = io.BytesIO()
    with file:
        yield file


def _lines(file: BinaryIO, at: int) -> Iterator[tuple[int, bytes]]:
    """Whole lines from byte ``at`` on, each with its place; of a line cut by ``at`` nothing."""
    if at > 0:
        file.seek(at - 1)
        if file.read(1) != b"\n":
            file.readline(MAX_LINE)
    else:
        file.seek(0)
    place = file.tell()
    while line := file.readline(MAX_LINE):
        yield place, line
        place += len(line)


def _read(line: bytes) -> Example:
    data = json.loads(line)
    return Example(
        row=data["row"], line=data["line"], prompt=data["prompt"], completion=data["completion"]
    )


def _counted(version: DatasetVersion, rows: list[Example]) -> list[Example]:
    """The rows with their tokens by the dataset's model."""
    tokenizer = _tokenizer(version)
    if tokenizer is None or not rows:
        return rows
    prompts = tokenizer.count_all([row.prompt for row in rows])
    completions = tokenizer.count_all([row.completion for row in rows])
    return [
        replace(row, prompt_tokens=prompt, completion_tokens=completion)
        for row, prompt, completion in zip(rows, prompts, completions, strict=True)
    ]


def _tokenizer(version: DatasetVersion) -> TextTokenizer | None:
    try:
        return tokenizer_for(registry().get(version.dataset.model))
    except (ModelNotReady, UnknownModel):
        return None
