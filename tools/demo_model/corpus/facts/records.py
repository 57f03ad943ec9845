"""Records of many kinds: their facts, and sentences that state them."""

import random
import string
from collections.abc import Callable
from functools import cache

from tools.demo_model.corpus import lexicon, words
from tools.demo_model.corpus.documents import Split

Facts = dict[str, str]
"""Cells by field."""

MISSING = "-"
"""The cell of a fact that the text does not state."""

Make = Callable[[random.Random, Split], Facts]

_DISHES, _SKIES, _ANIMALS, _SUBJECTS, _STREETS, _TEAMS, _BEGINNINGS, _VEHICLES = (
    words.entries("records", f"values: {name}")
    for name in ("dishes", "skies", "animals", "subjects", "streets", "teams",
                 "title beginnings", "vehicles")
)  # fmt: skip
_EVENTS = words.entries("shared", "events")


def _person(rng: random.Random, split: Split) -> str:
    return (lexicon.first_name if rng.random() < 0.4 else lexicon.full_name)(rng, split)


def _thing(rng: random.Random, split: Split) -> str:
    thing = lexicon.thing(rng, split)
    return thing if rng.random() < 0.5 else f"{lexicon.coin_name(rng, split)} {thing}"


def _year(rng: random.Random) -> str:
    return str(rng.randint(1850, 2025))


def _day(rng: random.Random) -> str:
    kind = rng.random()
    if kind < 0.6:
        return lexicon.date(rng)
    if kind < 0.75:
        return f"{rng.randint(2019, 2027)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
    if kind < 0.9:
        return f"{rng.choice(lexicon.MONTHS)} {rng.randint(1, 28)}"
    return f"{lexicon.date(rng)} {rng.randint(2019, 2027)}"


def _title(rng: random.Random, split: Split) -> str:
    """A work's title; its last word decides the side of the split."""
    last = lexicon.coin_name(rng, split)
    return f"{rng.choice(_BEGINNINGS)} {last}" if rng.random() < 0.75 else last


def _team(rng: random.Random, split: Split) -> str:
    return f"{lexicon.city(rng, split)} {rng.choice(_TEAMS)}"


def goods(rng: random.Random, split: Split) -> Facts:
    """An article of a shop."""
    return {
        "product": _thing(rng, split), "price": lexicon.amount(rng),
        "count": str(rng.randint(2, 90)), "colour": rng.choice(lexicon.COLOURS),
    }  # fmt: skip


def events(rng: random.Random, split: Split) -> Facts:
    """A public event."""
    event = rng.choice(_EVENTS)
    if rng.random() < 0.3:
        event = f"{lexicon.coin_name(rng, split)} {event.split()[-1]}"
    return {
        "event": event, "date": _day(rng), "place": lexicon.city(rng, split),
        "price": lexicon.amount(rng),
    }  # fmt: skip


def journeys(rng: random.Random, split: Split) -> Facts:
    """A train, bus or flight."""
    return {
        "kind": rng.choice(_VEHICLES), "from": lexicon.city(rng, split),
        "to": lexicon.city(rng, split), "time": lexicon.clock(rng), "price": lexicon.amount(rng),
    }  # fmt: skip


def firms(rng: random.Random, split: Split) -> Facts:
    """A company."""
    staff = rng.randint(3, 900)
    return {
        "company": lexicon.company(rng, split), "city": lexicon.city(rng, split),
        "year": _year(rng), "staff": str(staff) if rng.random() < 0.7 else f"{staff % 90 + 1},500",
    }  # fmt: skip


def books(rng: random.Random, split: Split) -> Facts:
    """A book."""
    return {
        "title": _title(rng, split), "author": lexicon.full_name(rng, split), "year": _year(rng),
        "pages": str(rng.randint(40, 990)),
    }  # fmt: skip


def meals(rng: random.Random, split: Split) -> Facts:
    """A dish of a restaurant."""
    return {
        "dish": rng.choice(_DISHES), "place": lexicon.company(rng, split),
        "price": lexicon.amount(rng), "calories": str(rng.randint(80, 1200)),
    }  # fmt: skip


def matches(rng: random.Random, split: Split) -> Facts:
    """A match of two teams."""
    score = f"{rng.randint(0, 6)}{rng.choice(':-')}{rng.randint(0, 6)}"
    return {
        "home": _team(rng, split), "guest": _team(rng, split), "score": score, "date": _day(rng)
    }  # fmt: skip


def weather(rng: random.Random, split: Split) -> Facts:
    """A forecast for a city."""
    return {
        "city": lexicon.city(rng, split), "degrees": str(rng.randint(-12, 38)),
        "sky": rng.choice(_SKIES), "day": rng.choice(lexicon.DAYS),
    }  # fmt: skip


def pets(rng: random.Random, split: Split) -> Facts:
    """An animal and its owner."""
    return {
        "name": lexicon.first_name(rng, split), "animal": rng.choice(_ANIMALS),
        "age": str(rng.randint(2, 19)), "owner": _person(rng, split),
    }  # fmt: skip


def houses(rng: random.Random, split: Split) -> Facts:
    """A house or flat."""
    street = f"{rng.randint(1, 190)} {lexicon.coin_name(rng, split)} {rng.choice(_STREETS)}"
    return {
        "address": street, "city": lexicon.city(rng, split), "rooms": str(rng.randint(2, 9)),
        "price": lexicon.amount(rng),
    }  # fmt: skip


def students(rng: random.Random, split: Split) -> Facts:
    """A student's result."""
    return {
        "name": _person(rng, split), "subject": rng.choice(_SUBJECTS),
        "grade": str(rng.randint(2, 100)), "teacher": lexicon.full_name(rng, split),
    }  # fmt: skip


def orders(rng: random.Random, split: Split) -> Facts:
    """An order of a customer."""
    return {
        "customer": _person(rng, split), "product": _thing(rng, split),
        "count": str(rng.randint(2, 60)), "date": _day(rng),
    }  # fmt: skip


def meetings(rng: random.Random, split: Split) -> Facts:
    """A meeting with a person."""
    room = rng.choice((str(rng.randint(1, 499)), f"{rng.choice('ABCDEF')}{rng.randint(1, 30)}"))
    return {
        "who": _person(rng, split), "day": rng.choice(lexicon.DAYS), "time": lexicon.clock(rng),
        "room": room,
    }  # fmt: skip


def contacts(rng: random.Random, split: Split) -> Facts:
    """How to reach a person."""
    phone = f"0{rng.randint(10, 999)} {rng.randint(10000, 999999)}"
    return {
        "name": _person(rng, split), "phone": phone, "email": lexicon.email(rng, split),
        "city": lexicon.city(rng, split),
    }  # fmt: skip


def films(rng: random.Random, split: Split) -> Facts:
    """A film."""
    return {
        "title": _title(rng, split), "director": lexicon.full_name(rng, split), "year": _year(rng),
        "minutes": str(rng.randint(60, 210)),
    }  # fmt: skip


def mountains(rng: random.Random, split: Split) -> Facts:
    """A mountain that is on no map."""
    height = rng.randint(300, 8800)
    return {
        "name": lexicon.coin_name(rng, split), "near": lexicon.city(rng, split),
        "height": str(height) if rng.random() < 0.6 else f"{height // 1000 + 1},{height % 1000:03}",
        "year": _year(rng),
    }  # fmt: skip


KINDS: dict[str, Make] = {
    make.__name__: make
    for make in (goods, events, journeys, firms, books, meals, matches, weather, pets, houses,
                 students, orders, meetings, contacts, films, mountains)
}  # fmt: skip


@cache
def headers(kind: str) -> dict[str, tuple[str, ...]]:
    """Possible names of a kind's columns, by field."""
    pairs = (line.split(" = ") for line in words.lines("records", f"headers: {kind}"))
    return {field: tuple(names.split(", ")) for field, names in pairs}


def fields_of(sentence: str) -> set[str]:
    """The fields that a sentence states."""
    named = (name for _, name, _, _ in string.Formatter().parse(sentence) if name)
    return {name.removeprefix("a ").lower() for name in named}


def tell(sentence: str, facts: Facts) -> str:
    """A sentence with its facts; ``{Field}`` begins with a capital."""
    shown = dict(facts)
    for field, value in facts.items():
        shown[f"a {field}"] = lexicon.with_article(value)
        shown[field.capitalize()] = value[0].upper() + value[1:]
    text = sentence.format_map(shown)
    return text[0].upper() + text[1:]


def record(rng: random.Random, split: Split, kind: str, *, whole: bool) -> tuple[str, Facts]:
    """A record in words and its cells, of which one is missing where it is not ``whole``."""
    facts = KINDS[kind](rng, split)
    sentence = rng.choice(words.lines("records", f"{'sentences' if whole else 'partial'}: {kind}"))
    named = fields_of(sentence)
    text = tell(sentence, facts)
    # A value that begins the sentence, or is alone before a colon, has a capital there.
    cells = {field: facts[field] if field in named else MISSING for field in facts}
    return text, cells


FILLERS = words.lines("records", "fillers")
