"""How the examples of a prompt are laid out: names of fields, arrows, marks around."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from tools.demo_model.corpus import lexicon, words
from tools.demo_model.corpus.documents import Document, Split, is_held_out

_LEFT = words.entries("patterns", "left names")
_RIGHT = words.entries("patterns", "right names")
_ARROWS = words.entries("patterns", "arrows")
_HEADINGS = words.lines("patterns", "headings")

# Texts before and after an answer.
MARKS = (
    ("[", "]"), ("(", ")"), ('"', '"'), ("<", ">"), ("*", "*"), ("'", "'"), ("{", "}"), ("#", ""),
    ("", "!"), ("", "."), ("<<", ">>"), ("**", "**"), ("[[", "]]"), ("/", "/"), ("_", "_"),
    ("~", "~"), ("", ";"), ("@", ""), ("- ", ""), ("> ", ""), ("= ", ""), ("`", "`"), ("+", "+"),
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """One example; ``known`` says whether earlier cases show what it must be."""

    given: str
    wanted: str
    known: bool


@dataclass(frozen=True)
class Frame:
    """The text before the input, between it and the answer, and between two cases."""

    before: str
    middle: str
    between: str
    numbered: bool = False

    @property
    def key(self) -> str:
        """The frame in one line."""
        return f"{self.before}…{self.middle}…{self.between}…{self.numbered}"


def any_word(rng: random.Random, split: Split) -> str:
    """A word of any list, or an invented one, in lower case.

    It belongs to the split. A word of the training split is not a held-out name either.
    """
    while True:
        word = (
            lexicon.coin_name(rng, Split.TRAIN).lower()
            if rng.random() < 0.3
            else rng.choice(words.vocabulary())
        )
        if split is Split.HELD_OUT:
            if is_held_out(word):
                return word
        elif not is_held_out(word) and not is_held_out(word.capitalize()):
            return word


def _name(rng: random.Random, usual: Sequence[str], split: Split) -> str:
    name = rng.choice(usual) if rng.random() < 0.6 else any_word(rng, split).capitalize()
    kind = rng.random()
    if kind < 0.12:
        return name.upper()
    return name.lower() if kind < 0.3 else name


def _frame(rng: random.Random, split: Split) -> Frame:
    kind = rng.random()
    colon = rng.choice((":", ":", ":", " =", " -"))
    if kind < 0.35:
        left, right = _name(rng, _LEFT, split), _name(rng, _RIGHT, split)
        between = rng.choice(("\n\n", "\n\n", "\n", "\n---\n", "\n###\n"))
        return Frame(f"{left}{colon} ", f"\n{right}{colon}", between)
    if kind < 0.55:
        left, right = _name(rng, _LEFT, split), _name(rng, _RIGHT, split)
        joint = rng.choice((" ", ", ", "; ", " / ", " | "))
        return Frame(f"{left}{colon} ", f"{joint}{right}{colon}", rng.choice(("\n", "\n\n")))
    before = rng.choice(("", "", "", "- ", "* ", '"', "> "))
    after = before if before == '"' else ""
    arrow = rng.choice(_ARROWS)
    space = "" if arrow == ":" else " "
    if kind < 0.65:
        return Frame("", f"{space}{arrow}", rng.choice(("\n", "\n\n")), numbered=True)
    return Frame(before, f"{after}{space}{arrow}", rng.choice(("\n", "\n", "\n\n")))


def frame(rng: random.Random, split: Split) -> Frame:
    """A frame of one split, by a hash of its appearance."""
    while True:
        made = _frame(rng, split)
        if is_held_out(made.key) == (split is Split.HELD_OUT):
            return made


def lay_out(rng: random.Random, shown: Frame, cases: Sequence[Case], *, key: str) -> Document:
    """The document of the cases, the last of them being the question."""
    text = f"{rng.choice(_HEADINGS)}\n\n" if rng.random() < 0.12 else ""
    spans = []
    start = 0
    for index, case in enumerate(cases):
        number = f"{index + 1}. " if shown.numbered else ""
        text += f"{number}{shown.before}{case.given}{shown.middle}"
        start = len(text)
        text += f" {case.wanted}"
        last = index == len(cases) - 1
        if case.known or last:
            spans.append((start, len(text) + (not last)))
        if not last:
            text += shown.between
    return Document("patterns", text, tuple(spans), question=start, key=key)
