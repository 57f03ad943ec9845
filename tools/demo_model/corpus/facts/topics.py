"""Facts that texts state about records, with what may be asked about them."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from tools.demo_model.corpus import lexicon, words
from tools.demo_model.corpus.documents import Split
from tools.demo_model.corpus.facts import records


@dataclass(frozen=True)
class Fact:
    """One thing a text says, with what may be asked about it.

    In ``told`` and ``asked``, ``{s}`` is how the subject is called at that place; the
    full answer calls it as the question does.
    """

    told: tuple[str, ...]
    asked: tuple[tuple[str, str], ...]
    """Questions, each with its answer in a sentence."""
    short: str
    """The answer in a word or a few; empty where it depends on the question."""


TOPICS = words.section_names("topics", "topic")
_DISHES = words.entries("records", "values: dishes")
_SUBJECTS = words.entries("records", "values: subjects")


@cache
def _frames(topic: str) -> tuple[tuple[str, ...], tuple[Fact, ...]]:
    """How the subject is called, and the facts before their values are known."""
    called: tuple[str, ...] = ()
    facts: list[Fact] = []
    told: tuple[str, ...] = ()
    asked: list[tuple[str, str]] = []
    for line in words.lines("topics", f"topic: {topic}"):
        label, _, rest = line.partition(":")
        entry = rest.strip()
        if label == "called":
            called = tuple(entry.split(" / "))
        elif label == "told":
            told, asked = tuple(entry.split(" / ")), []
        elif label == "ask":
            question, answer = entry.split(" > ")
            asked.append((question, answer))
        else:
            facts.append(Fact(told, tuple(asked), entry))
    return called, tuple(facts)


def _values(rng: random.Random, split: Split, topic: str) -> dict[str, str]:
    """The record's fields, and others that texts of several topics state."""
    number = rng.randint(12, 900)
    values = {
        "city": lexicon.city(rng, split),
        "price": lexicon.amount(rng),
        "other": lexicon.full_name(rng, split),
        "clock": lexicon.clock(rng),
        "number": str(number) if rng.random() < 0.6 else f"{number // 10 + 1},{number}"[:6],
        "year": str(rng.randint(1850, 2025)),
        "weight": f"{rng.randint(2, 60)}" if rng.random() < 0.5 else f"{rng.randint(1, 60)}.5",
        "food": rng.choice(_DISHES),
        "thing": lexicon.thing(rng, split),
        "colour": rng.choice(lexicon.COLOURS),
        "date": lexicon.date(rng),
        "day": rng.choice(lexicon.DAYS),
        "minutes": str(rng.choice(range(10, 190, 5))),
        "subject": rng.choice(_SUBJECTS),
        "code": f"{rng.choice('ABCDEKLMNPRST')}{rng.randint(100, 99999)}",
        **records.KINDS[topic](rng, split),
    }
    if "," in values["number"] and len(values["number"].split(",")[1]) != 3:
        values["number"] = str(number)
    return values


def _fill(frame: str, values: Mapping[str, str]) -> str:
    return frame.format_map(values)


def facts_of_topic(rng: random.Random, split: Split, topic: str) -> tuple[list[str], list[Fact]]:
    """How the subject is called, and its facts; a text always states the first."""
    values = _values(rng, split, topic)
    shown = {**values, "s": "{s}"}
    for field, value in values.items():
        shown[f"a {field}"] = lexicon.with_article(value)
        shown[field.capitalize()] = value[0].upper() + value[1:]
    called, frames = _frames(topic)
    facts = [
        Fact(
            tuple(_fill(told, shown) for told in frame.told),
            tuple((_fill(q, shown), _fill(a, shown)) for q, a in frame.asked),
            _fill(frame.short, shown),
        )
        for frame in frames
    ]
    return [_fill(name, shown) for name in called], facts
