"""The rows of a fine-tune, in tokens; raises DatasetUnusable."""

import hashlib
import json
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from workers.training.tuning.base import Base
from workers.training.tuning.errors import DatasetUnusable
from workers.training.tuning.inference import EncodedRow

AT_ONCE = 256
KEPT_PROMPTS = 20
"""Texts that the tuned model is tried with at the end."""
NAMED = 5
"""Rows that an error names at most."""


@dataclass(frozen=True)
class Rows:
    """encoded: in the order of the file, four bytes a token. prompts: texts of the first ones. cut:
    rows whose prompt lost its head. sha256: of the file."""

    encoded: list[EncodedRow]
    prompts: list[str]
    cut: int
    sha256: str

    @property
    def tokens(self) -> int:
        """Of all rows."""
        return sum(len(row.ids) for row in self.encoded)

    @property
    def labels(self) -> int:
        """Tokens that are learnt: of completions and ends of texts."""
        return sum(len(row.ids) - row.begin for row in self.encoded)

    @property
    def longest_completion(self) -> int:
        """Tokens, its end of text included."""
        return max((len(row.ids) - row.begin for row in self.encoded), default=0)


def read_rows(path: Path, base: Base, *, max_length: int) -> Rows:
    """The rows of a file in the canonical form.

    A row longer than ``max_length`` tokens loses the head of its prompt and keeps one token of it
    at least. No completion is ever cut.
    """
    encoded: list[EncodedRow] = []
    prompts: list[str] = []
    too_long: list[str] = []
    cut = 0
    digest = hashlib.sha256()
    try:
        for lines in _groups(path, digest):
            for (number, prompt), row in zip(lines[0], _encode(base, *lines[1]), strict=True):
                completion = len(row.ids) - row.begin
                if completion + 1 > max_length:
                    too_long.append(f"row {number} ({completion:,} tokens)")
                    continue
                spare = len(row.ids) - max_length
                if spare > 0:
                    row = EncodedRow(row.ids[spare:], row.begin - spare)
                    cut += 1
                encoded.append(EncodedRow(array("i", row.ids), row.begin))
                if len(prompts) < KEPT_PROMPTS:
                    prompts.append(prompt)
    except OSError as error:
        raise DatasetUnusable(f"{path} cannot be read: {error.strerror}.") from error
    if too_long:
        more = f" and {len(too_long) - NAMED:,} more" if len(too_long) > NAMED else ""
        raise DatasetUnusable(
            f"The completion of {', '.join(too_long[:NAMED])}{more} does not fit into "
            f"{max_length:,} tokens, and no completion is cut. Shorten these rows or remove them."
        )
    return Rows(encoded, prompts, cut, digest.hexdigest())


Numbered = list[tuple[int, str]]


def _groups(
    path: Path, digest: "hashlib._Hash"
) -> Iterator[tuple[Numbered, tuple[list[str], list[str]]]]:
    with path.open("rb") as file:
        lines = enumerate(file, 1)
        while group := list(islice(lines, AT_ONCE)):
            numbered, prompts, completions = [], [], []
            for number, line in group:
                digest.update(line)
                try:
                    row = json.loads(line)
                    prompt, completion = row["prompt"], row["completion"]
                except (ValueError, KeyError, TypeError) as error:
                    raise DatasetUnusable(
                        f"{path.name}, line {number}: this is no row with prompt and completion."
                    ) from error
                if not isinstance(prompt, str) or not isinstance(completion, str):
                    raise DatasetUnusable(
                        f"{path.name}, line {number}: prompt and completion must be texts."
                    )
                numbered.append((int(row.get("row", number)), prompt))
                prompts.append(prompt)
                completions.append(completion)
            yield numbered, (prompts, completions)


def _encode(base: Base, prompts: list[str], completions: list[str]) -> Iterator[EncodedRow]:
    """As ``inference.encode_row``, many at once."""
    encode = base.tokenizer.encode_batch
    for before, after in zip(
        encode(prompts, add_special_tokens=False),
        encode(completions, add_special_tokens=False),
        strict=True,
    ):
        begin = before.ids or [base.end_of_text]
        yield EncodedRow([*begin, *after.ids, base.end_of_text], len(begin))
