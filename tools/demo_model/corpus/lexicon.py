"""Open-class words that several tasks share, and names that nobody has.

Lists are split by content: a held-out name is never in the training text.
"""

import random
from functools import cache

from tools.demo_model.corpus import words
from tools.demo_model.corpus.documents import Split, filter_by_split, is_held_out

FIRST_NAMES = words.entries("shared", "first names")
SURNAMES = words.entries("shared", "surnames")
CITIES = words.entries("shared", "cities")
JOBS = words.entries("shared", "jobs")
MONTHS = words.entries("shared", "months")
DAYS = words.entries("shared", "days")
COLOURS = words.entries("shared", "colours")
MATERIALS = words.entries("shared", "materials")
PRODUCTS = words.entries("shared", "products")
COMPANY_WORDS = words.entries("shared", "company adjectives")
COMPANY_NOUNS = words.entries("shared", "company nouns")

_ONSETS = words.entries("shared", "onsets")
_VOWELS = words.entries("shared", "vowels")
_PARTICLES = words.entries("shared", "particles")
_CITY_BEGINNINGS = words.entries("shared", "city beginnings")
_CITY_ENDINGS = words.entries("shared", "city endings")
_ENDINGS = (*words.entries("shared", "endings"), "")


def invent_word(rng: random.Random) -> str:
    """A lower-case word of random syllables that nobody has as a name."""
    syllables = (rng.choice(_ONSETS) + rng.choice(_VOWELS) for _ in range(rng.choice((1, 2, 2))))
    return "".join(syllables) + rng.choice(_ONSETS) + rng.choice("aeio") + rng.choice(_ENDINGS)


def _any_word(rng: random.Random) -> str:
    # Any word, its beginning or its end: every token must be met where it has to be copied.
    kind = rng.random()
    if kind < 0.2:
        return rng.choice(words.vocabulary())
    if kind < 0.4:
        start = rng.choice(words.vocabulary())[: rng.randint(2, 6)]
        return start + rng.choice(_ONSETS) + rng.choice(_VOWELS) + rng.choice(_ENDINGS)
    if kind < 0.6:
        start, end = rng.choice(words.vocabulary()), rng.choice(words.vocabulary())
        return start[: rng.randint(2, 6)] + end[-rng.randint(2, 5) :]
    return invent_word(rng)


def coin_name(rng: random.Random, split: Split) -> str:
    """A capitalised name that nobody has: of random syllables, or any word."""
    while True:
        name = _any_word(rng).capitalize()
        if is_held_out(name) == (split is Split.HELD_OUT):
            return name


@cache
def _filter_by_split(choices: tuple[str, ...], split: Split) -> list[str]:
    return filter_by_split(choices, split)


def pick(rng: random.Random, choices: tuple[str, ...], split: Split) -> str:
    """A word of a list on one side of the split."""
    return rng.choice(_filter_by_split(choices, split))


def first_name(rng: random.Random, split: Split) -> str:
    """A given name; sometimes one that nobody has, so that names are read, not known."""
    return coin_name(rng, split) if rng.random() < 0.3 else pick(rng, FIRST_NAMES, split)


def surname(rng: random.Random, split: Split) -> str:
    """A family name; some are coined, some have an apostrophe, a hyphen or a particle."""
    kind = rng.random()
    if kind < 0.3:
        return coin_name(rng, split)
    name = pick(rng, SURNAMES, split)
    if kind < 0.34:
        return f"O'{coin_name(rng, split)}"
    if kind < 0.37:
        return f"{name}-{coin_name(rng, split)}"
    if kind < 0.4:
        return f"{rng.choice(_PARTICLES)} {coin_name(rng, split)}"
    return name


def full_name(rng: random.Random, split: Split) -> str:
    """Given name and surname."""
    return f"{first_name(rng, split)} {surname(rng, split)}"


def city(rng: random.Random, split: Split) -> str:
    """A city; sometimes one that is on no map."""
    kind = rng.random()
    if kind < 0.25:
        return coin_name(rng, split)
    if kind < 0.33:
        return f"{rng.choice(_CITY_BEGINNINGS)} {coin_name(rng, split)}"
    if kind < 0.36:
        return f"{coin_name(rng, split)}{rng.choice(_CITY_ENDINGS)}"
    return pick(rng, CITIES, split)


def company(rng: random.Random, split: Split) -> str:
    """A company's name of one or two words."""
    if rng.random() < 0.4:
        return coin_name(rng, split) + rng.choice(("", "", " & Sons", "land", "wood", " Group"))
    name = f"{rng.choice(COMPANY_WORDS)} {rng.choice(COMPANY_NOUNS)}"
    if is_held_out(name) != (split is Split.HELD_OUT):
        return company(rng, split)
    return name if rng.random() < 0.7 else name.replace(" ", "", 1).capitalize()


def with_article(noun: str) -> str:
    """``noun`` with a or an before it."""
    vowel = noun[0] in "aeiouAEIOU" and not noun.startswith(("USB", "uni", "use", "one"))
    return f"{'an' if vowel else 'a'} {noun}"


def thing(rng: random.Random, split: Split) -> str:
    """What can be bought; now and then any word at all, so that it has to be read."""
    return pick(rng, PRODUCTS if rng.random() < 0.75 else words.vocabulary(), split)


def product(rng: random.Random, split: Split) -> str:
    """A thing that can be bought, with an adjective half of the time."""
    noun = thing(rng, split)
    kind = rng.random()
    if kind < 0.25:
        return f"{rng.choice(COLOURS)} {noun}"
    if kind < 0.5:
        return f"{rng.choice(MATERIALS)} {noun}"
    return noun


def date(rng: random.Random) -> str:
    """A day of the year in words, such as ``3 May``."""
    return f"{rng.randint(1, 28)} {rng.choice(MONTHS)}"


def number(rng: random.Random) -> int:
    """A whole number whose size varies over four orders."""
    amount: int = rng.randint(2, 9) * 10 ** rng.randint(0, 3) + rng.choice(
        (0, 0, rng.randint(0, 9))
    )
    return amount


def amount(rng: random.Random) -> str:
    """A price or another quantity as people write it, such as ``12``, ``3.50`` or ``1,250``."""
    kind = rng.random()
    if kind < 0.5:
        return str(rng.randint(2, 400))
    if kind < 0.75:
        return f"{rng.randint(1, 90)}.{rng.choice((50, 99, 95, 20, rng.randint(10, 99)))}"
    if kind < 0.9:
        return f"{rng.randint(1, 99)},{rng.randint(0, 999):03}"
    return str(rng.randint(400, 9999))


def clock(rng: random.Random) -> str:
    """A time of the day, such as ``07:45``."""
    return f"{rng.randint(0, 23):02}:{rng.choice(range(0, 60, 5)):02}"


def email(rng: random.Random, split: Split) -> str:
    """An e-mail address of an invented person, in a domain that cannot exist."""
    return f"{coin_name(rng, split).lower()}@{coin_name(rng, split).lower()}.example"
