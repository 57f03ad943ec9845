"""What the generators make: documents whose answers are marked, split by content.

A document is text in exactly the form of a page's prompt, answered. The marked
spans are what the model must learn to say; the rest is what people type.
"""

import hashlib
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from playground.prompts.formats import Pair


class Split(Enum):
    """The side of the split that a document's last question is on."""

    TRAIN = "train"
    HELD_OUT = "held-out"


@dataclass(frozen=True)
class Document:
    """``text`` of a task; ``answers`` are half-open character spans, stop included.

    ``text`` ends with the last answer, without its stop. ``question`` is the start of the last
    answer. ``check`` has the content that a right answer must contain when the wording is
    free; it is empty when the answer must be exact. ``key`` names the content that decides
    the split.
    """

    task: str
    text: str
    answers: tuple[tuple[int, int], ...]
    question: int
    key: str
    check: tuple[str, ...] = ()

    @property
    def prompt(self) -> str:
        """The prompt that the page would send."""
        return self.text[: self.question]

    @property
    def wanted(self) -> str:
        """The right completion, its leading white space included."""
        return self.text[self.question :]


@dataclass(frozen=True)
class Item:
    """One question of a task with its answer and the content that names it."""

    given: str
    wanted: str
    key: str
    check: tuple[str, ...] = ()


def is_held_out(key: str) -> bool:
    """Whether content is kept from training: one in sixteen, by a hash of the content."""
    return hashlib.blake2b(key.encode(), digest_size=1).digest()[0] % 16 == 0


def filter_by_split(words: Sequence[str], split: Split) -> list[str]:
    """The words of a list that ``split`` may use."""
    wanted = split is Split.HELD_OUT
    return [word for word in words if is_held_out(word) == wanted]


def draw_item(make: Callable[[], Item], split: Split) -> Item:
    """Call ``make`` until its item is on the wanted side."""
    wanted = split is Split.HELD_OUT
    while True:
        item = make()
        if is_held_out(item.key) == wanted:
            return item


def make_document(
    *,
    task: str,
    items: Sequence[Item],
    prompt: Callable[[Sequence[Pair], str], str],
    before: str = " ",
    after: str = "\n",
) -> Document:
    """A document from worked examples and a last item, all of them answered.

    ``prompt`` is the page's own function of (examples, question). ``before`` is the text
    between a prompt and its answer; ``after`` ends an answer in the middle.
    """
    pairs = [Pair(item.given, item.wanted) for item in items]
    spans = []
    for count, item in enumerate(items):
        start = len(prompt(pairs[:count], item.given))
        spans.append((start, start + len(before) + len(item.wanted) + len(after)))
    last = items[-1]
    start = spans[-1][0]
    text = prompt(pairs[:-1], last.given) + before + last.wanted
    spans[-1] = (start, len(text))
    return Document(
        task=task, text=text, answers=tuple(spans), question=start, key=last.key, check=last.check
    )


def pick_example_count(rng: random.Random, most: int) -> int:
    """How many worked examples a prompt shows: none to ``most``, few of them none."""
    shown: int = rng.choice([0, *range(1, most + 1), *range(1, most + 1)])
    return shown
