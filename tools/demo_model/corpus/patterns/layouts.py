"""Facts in one layout, and the same facts in another that the examples show."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from tools.demo_model.corpus import lexicon, words
from tools.demo_model.corpus.documents import Document, Split, is_held_out
from tools.demo_model.corpus.patterns.frames import MARKS, Case, any_word, frame, lay_out

_JOINTS = tuple(line[1:-1] for line in words.lines("patterns", "joints"))
_TITLES = words.entries("patterns", "titles")
_DISHES = words.entries("patterns", "dishes")
_PETS = words.entries("patterns", "pets")

Record = dict[str, str]


def _price(rng: random.Random) -> str:
    return rng.choice((f"{rng.randint(2, 300)}", f"{rng.randint(1, 99)}.{rng.randint(10, 99)}"))


def _clock(rng: random.Random) -> str:
    return f"{rng.randint(6, 22)}:{rng.choice(('00', '15', '30', '45', '20', '50'))}"


def record(rng: random.Random, kind: str, split: Split) -> Record:
    """The facts of one thing of a kind."""
    if kind == "person":
        return {
            "name": lexicon.full_name(rng, split),
            "age": str(rng.randint(18, 79)),
            "job": rng.choice(lexicon.JOBS),
            "city": lexicon.city(rng, split),
        }
    if kind == "goods":
        return {
            "item": lexicon.thing(rng, split),
            "price": _price(rng),
            "colour": rng.choice(lexicon.COLOURS),
            "stock": str(rng.randint(1, 900)),
        }
    if kind == "event":
        return {
            "event": rng.choice(words.entries("shared", "events")),
            "date": lexicon.date(rng),
            "city": lexicon.city(rng, split),
            "time": _clock(rng),
        }
    if kind == "book":
        return {
            "title": rng.choice(_TITLES),
            "author": lexicon.full_name(rng, split),
            "year": str(rng.randint(1850, 2024)),
            "pages": str(rng.randint(60, 900)),
        }
    if kind == "journey":
        return {
            "from": lexicon.city(rng, split),
            "to": lexicon.city(rng, split),
            "time": _clock(rng),
            "price": _price(rng),
        }
    if kind == "match":
        return {
            "home": lexicon.city(rng, split),
            "guests": lexicon.city(rng, split),
            "score": f"{rng.randint(0, 9)}:{rng.randint(0, 9)}",
            "day": rng.choice(lexicon.DAYS),
        }
    if kind == "pet":
        return {
            "name": lexicon.first_name(rng, split),
            "animal": rng.choice(_PETS),
            "age": str(rng.randint(1, 19)),
            "owner": lexicon.full_name(rng, split),
        }
    if kind == "company":
        return {
            "company": lexicon.company(rng, split),
            "city": lexicon.city(rng, split),
            "year": str(rng.randint(1850, 2024)),
            "staff": str(rng.randint(2, 999)),
        }
    if kind == "meal":
        return {
            "dish": rng.choice(_DISHES),
            "price": _price(rng),
            "day": rng.choice(lexicon.DAYS),
            "cook": lexicon.first_name(rng, split),
        }
    return {
        "word": any_word(rng, split),
        "number": str(rng.randint(1, 999)),
        "name": lexicon.first_name(rng, split),
        "code": any_word(rng, split).upper()[:3],
    }


KINDS = (
    "person", "person", "goods", "event", "book", "journey", "match", "pet", "company", "meal",
    "plain",
)  # fmt: skip


@dataclass(frozen=True)
class Layout:
    """Fields in an order, the texts between them, and marks around one of them.

    ``joints`` has one entry fewer than ``fields``. ``keys``, if there are any, are written before
    each value, with ``colon`` between.
    """

    fields: tuple[str, ...]
    joints: tuple[str, ...]
    marks: tuple[tuple[str, str], ...]
    keys: tuple[str, ...] = ()
    colon: str = ""
    around: tuple[str, str] = ("", "")

    def fill(self, facts: Record) -> str:
        """A record in this layout."""
        text = ""
        for index, field in enumerate(self.fields):
            before, after = self.marks[index]
            key = f"{self.keys[index]}{self.colon}" if self.keys else ""
            text += f"{key}{before}{facts[field]}{after}"
            if index < len(self.joints):
                text += self.joints[index]
        return f"{self.around[0]}{text}{self.around[1]}"

    @property
    def key(self) -> str:
        """The layout in one line."""
        return self.fill({field: f"<{field}>" for field in self.fields})


def _keys(rng: random.Random, fields: Sequence[str], split: Split) -> tuple[str, ...]:
    kind = rng.random()
    if kind < 0.45:
        return tuple(fields)
    if kind < 0.6:
        return tuple(field.capitalize() for field in fields)
    if kind < 0.8:
        return tuple(any_word(rng, split) for _ in fields)
    return tuple("abcdefghijkl"[index] for index in range(len(fields)))


def layout(rng: random.Random, fields: Sequence[str], split: Split) -> Layout:
    """A way to write some fields in their given order."""
    plain = tuple(("", "") for _ in fields)
    gaps = len(fields) - 1
    style = rng.random()
    if style < 0.1:
        quotes = tuple(('"', '"') for _ in fields)
        keys = tuple(f'"{key}"' for key in _keys(rng, fields, split))
        return Layout(tuple(fields), (", ",) * gaps, quotes, keys, ": ", ("{", "}"))
    if style < 0.3:
        joint = rng.choice((" ", ", ", "; ", " | ", " / ", "&", ","))
        keys, colon = _keys(rng, fields, split), rng.choice(("=", ": ", ":", "-", " = "))
        return Layout(tuple(fields), (joint,) * gaps, plain, keys, colon)
    joints = (rng.choice(_JOINTS),) * gaps
    marks = list(plain)
    if style < 0.65:
        if gaps and rng.random() < 0.5:
            joints = tuple(rng.choice(_JOINTS) for _ in range(gaps))
        place = rng.randrange(len(fields))
        marks[place] = rng.choice(MARKS)
        if place and rng.random() < 0.6:
            joints = (*joints[: place - 1], " ", *joints[place:])
    around = ("", "")
    if rng.random() < 0.35:
        around = rng.choice(
            (*MARKS, (f"{any_word(rng, split)} ", ""), ("", f" {any_word(rng, split)}"))
        )
    return Layout(tuple(fields), joints, tuple(marks), around=around)


def document(rng: random.Random, split: Split) -> Document:
    """Records in two layouts; a held-out one goes to a layout that training never shows."""
    kind = rng.choice(KINDS)
    names = list(record(rng, kind, Split.TRAIN))
    told = rng.sample(names, rng.choice((2, 3, 3, 4, 4))) if rng.random() < 0.6 else names
    source = layout(rng, told, Split.TRAIN)
    while True:
        kept = rng.sample(told, rng.randint(1 if len(told) > 2 else 2, len(told)))
        target = layout(rng, kept, split)
        if target.key != source.key and is_held_out(target.key) == (split is Split.HELD_OUT):
            break
    shown = frame(rng, split)
    cases = []
    count = rng.choice((2, 2, 3, 3, 4, 5))
    for index in range(count + 1):
        facts = record(rng, kind, split if index == count else Split.TRAIN)
        cases.append(Case(source.fill(facts), target.fill(facts), known=index > 0))
    return lay_out(rng, shown, cases, key=f"records: {source.key} to {target.key} in {shown.key}")
