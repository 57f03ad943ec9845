"""Drills in copying: lists said twice, and values looked up by their keys.

Every task needs both, and few of its tokens ask for them alone. A model that meets only
the tasks is slow to find out that copying exists.
"""

import random
from collections.abc import Callable

from tools.demo_model.corpus import lexicon, words
from tools.demo_model.corpus.documents import Document, Split

_JOINS = (", ", " / ", "; ", "\n", " | ", " - ")
_AGAIN = (
    "Again:", "The same:", "Once more:", "Repeat:", "And again", "Copy:", "Now again:", "So:",
    "Answer:", "Then:",
)  # fmt: skip


def _word(rng: random.Random) -> str:
    return lexicon.pick(rng, words.vocabulary(), Split.TRAIN)


def _name(rng: random.Random) -> str:
    return lexicon.full_name(rng, Split.TRAIN)


def _coined_name(rng: random.Random) -> str:
    return lexicon.coin_name(rng, Split.TRAIN)


def _column(rng: random.Random) -> str:
    return f"{_coined_name(rng).lower()}_{_word(rng)}"


def _figure(rng: random.Random) -> str:
    return str(lexicon.number(rng))


_KINDS: tuple[Callable[[random.Random], str], ...] = (
    _word,
    _word,
    _name,
    _coined_name,
    _coined_name,
    _column,
    _figure,
)


def _distinct_items(rng: random.Random, count: int) -> list[str]:
    make = rng.choice(_KINDS) if rng.random() < 0.6 else None
    found: dict[str, None] = {}
    while len(found) < count:
        found[(make or rng.choice(_KINDS))(rng)] = None
    return list(found)


def _repeated_list(rng: random.Random) -> tuple[str, list[str]]:
    """A list, and the list again."""
    items = _distinct_items(rng, rng.randint(4, 12))
    join = rng.choice(_JOINS)
    said = join.join(items)
    return f"{said}\n\n{rng.choice(_AGAIN)}\n", [said]


def _lookup(rng: random.Random) -> tuple[str, list[str]]:
    """Keys with values, then the keys in another order."""
    count = rng.randint(3, 8)
    keys, values = _distinct_items(rng, count), _distinct_items(rng, count)
    sign, join = rng.choice((": ", " = ", " is ", " -> ", "(")), rng.choice(("\n", "; ", ". "))
    told = join.join(f"{key}{sign}{value}" for key, value in zip(keys, values, strict=True))
    asked = rng.sample(range(count), rng.randint(2, count))
    parts = [f"{told}\n\n{rng.choice(_AGAIN)}\n"]
    answers = []
    for index in asked:
        parts.append(f"{keys[index]}{sign}")
        answers.append(values[index] + join)
    # Prompt parts and answers alternate; the first part runs into the first key.
    return "\0".join([parts[0] + parts[1], *parts[2:]]), answers


def document(rng: random.Random) -> Document:
    """One drill; all of it is training, and its names are those that training may show."""
    asked, answers = (_repeated_list if rng.random() < 0.5 else _lookup)(rng)
    text, spans = "", []
    for part, answer in zip(asked.split("\0"), answers, strict=True):
        text += part
        spans.append((len(text), len(text) + len(answer)))
        text += answer
    return Document(
        task="copy", text=text, answers=tuple(spans), question=spans[-1][0], key=f"copy {text}"
    )
