"""Rows like those of an example dataset that are in none: the generator with another seed.

A fresh row is like no row of the dataset and like no other fresh row: of the words of two texts,
those that both have are less than 0.7 of those that either has (Jaccard, small letters, no
punctuation). For topics and sentiments the text is the message alone. For ideas, whose prompts are
a firm and one of 48 products, it is the whole row, and the prompt is in no row of the dataset.
"""

import random
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tools.example_datasets.datasets import (
    LIKENESS,
    SENTIMENTS,
    SEPARATOR,
    TOPICS,
    likeness,
    make_blog,
    make_message,
    make_review,
    tokens,
)
from tools.example_datasets.grammar import sections

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "datasets"
MARKERS = {
    "support-topics.txt": " Topic:",
    "review-sentiment.txt": " Sentiment:",
    "blog-ideas.txt": " Blog ideas:",
}
# Tries for one row before the generator counts as exhausted.
TRIES = 10_000


def dataset_rows(name: str) -> list[tuple[str, str]]:
    """Prompt and completion of each row of a dataset."""
    marker = MARKERS[name]
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    return [_halves(line.removesuffix(SEPARATOR), marker) for line in lines]


def fresh_rows(name: str, count: int, *, seed: int) -> list[tuple[str, str]]:
    """Prompt and completion of ``count`` fresh rows; labels come as often as each other.

    Raises RuntimeError where the generator has no more that are new.
    """
    marker = MARKERS[name]
    known = dataset_rows(name)
    prompts = {prompt for prompt, _ in known}
    seen = [tokens(_content(name, row)) for row in known]
    rows: list[tuple[str, str]] = []
    tries = 0
    for line in _lines(name, seed):
        row = _halves(line, marker)
        words = tokens(_content(name, row))
        if row[0] not in prompts and all(likeness(words, other) < LIKENESS for other in seen):
            prompts.add(row[0])
            seen.append(words)
            rows.append(row)
            tries = 0
        tries += 1
        if len(rows) == count:
            break
        if tries > TRIES:
            raise RuntimeError(f"{name} has no more than {len(rows)} fresh rows.")
    return rows


def highest_overlap(name: str, rows: Sequence[tuple[str, str]]) -> float:
    """The largest word overlap of a row with a row of the dataset."""
    held = [tokens(_content(name, row)) for row in dataset_rows(name)]
    return max(likeness(tokens(_content(name, row)), other) for row in rows for other in held)


def _halves(line: str, marker: str) -> tuple[str, str]:
    prompt, _, completion = line.rpartition(marker)
    return prompt + marker, completion


def _content(name: str, row: tuple[str, str]) -> str:
    """What of a row counts for its likeness: not the words that all rows share, nor a label."""
    if name == "blog-ideas.txt":
        return "".join(row)
    return re.sub(r"^(Email|Opinion): ", "", row[0].removesuffix(MARKERS[name]))


def _lines(name: str, seed: int) -> Iterator[str]:
    rng = random.Random(f"fresh {name} {seed}")
    if name == "blog-ideas.txt":
        words = sections("blogs")
        while True:
            firm = f"{rng.choice(words['first'])} {rng.choice(words['second'])}"
            yield make_blog(rng, words, firm)
    labels, make, head = _labelled(name, rng)
    while True:
        for label in labels:
            yield f"{head}: {make(label)}{MARKERS[name]} {label}"


def _labelled(name: str, rng: random.Random) -> tuple[list[str], Callable[[str], str], str]:
    if name == "support-topics.txt":
        words = sections("support")
        return list(TOPICS), lambda label: make_message(rng, words, label), "Email"
    words = sections("reviews")
    return list(SENTIMENTS), lambda label: make_review(rng, words, label), "Opinion"
