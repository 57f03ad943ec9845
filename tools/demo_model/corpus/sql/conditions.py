"""Conditions on a table's columns: words that follow its plural, and the SQL."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from tools.demo_model.corpus import lexicon, words
from tools.demo_model.corpus.documents import Split, filter_by_split
from tools.demo_model.corpus.sql import identifiers
from tools.demo_model.corpus.sql.schemas import Column, Table


@dataclass(frozen=True)
class Condition:
    """``said`` follows the name of the rows; ``sql`` is what WHERE takes."""

    said: str
    sql: str
    column: str


_VALUES: dict[str, tuple[str, ...]] = {
    "city": lexicon.CITIES,
    "name": lexicon.FIRST_NAMES,
    "author": lexicon.SURNAMES,
    "artist": lexicon.SURNAMES,
    "colour": lexicon.COLOURS,
    "material": lexicon.MATERIALS,
    "product": lexicon.PRODUCTS,
    **{
        kind: words.entries("sql", f"values: {kind}")
        for kind in words.section_names("sql", "values")
    },
}


@cache
def _known(column: str) -> tuple[str, ...]:
    return tuple(filter_by_split(_VALUES[column], Split.TRAIN))


def value(rng: random.Random, column: str) -> str:
    """A text for a column: a likely one, or any."""
    kind = rng.random()
    if column in _VALUES and kind < 0.7:
        return rng.choice(_known(column))
    if kind < 0.75:
        return lexicon.coin_name(rng, Split.TRAIN)
    if kind < 0.85:
        return identifiers.make_up_word(rng)
    if kind < 0.95:
        return f"{lexicon.coin_name(rng, Split.TRAIN)} {lexicon.coin_name(rng, Split.TRAIN)}"
    letters = "".join(rng.choice("ABCDEFGHKLMNPRSTX") for _ in range(rng.randint(1, 3)))
    return f"{letters}{rng.choice(('-', ''))}{rng.randint(1, 999)}"


# How people say that a column of this name has a value.
_KNOWN_EQUALS = {
    "city": ("in {v}", "from {v}", "living in {v}", "in the city {v}"),
    "country": ("in {v}", "from {v}"),
    "region": ("in {v}", "from {v}"),
    "name": ("named {v}", "called {v}"),
    "title": ("titled {v}", "called {v}"),
    "author": ("by {v}", "written by {v}"),
    "artist": ("by {v}",),
    "product": ("for the product {v}",),
    "department": ("in the {v} department", "in {v}"),
    "category": ("in the category {v}", "of category {v}"),
    "brand": ("of the brand {v}", "by {v}"),
    "language": ("in {v}",),
    "genre": ("of the genre {v}",),
}
# How people say that a number of this name is over, or under, another.
_KNOWN_ORDER = {
    "price": (("more expensive than {v}", "that cost more than {v}", "costing over {v}"),
              ("cheaper than {v}", "that cost less than {v}", "costing under {v}")),
    "age": (("older than {v}", "over {v}", "over {v} years old"),
            ("younger than {v}", "under {v}", "under {v} years old")),
    "salary": (("earning more than {v}", "who earn more than {v}"),
               ("earning less than {v}", "who earn less than {v}")),
    "year": (("from after {v}", "newer than {v}", "after {v}"),
             ("from before {v}", "older than {v}", "before {v}")),
    "weight": (("heavier than {v}", "that weigh more than {v}"),
               ("lighter than {v}", "that weigh less than {v}")),
    "duration": (("longer than {v}", "that last more than {v}"),
                 ("shorter than {v}", "that last less than {v}")),
    "length": (("longer than {v}",), ("shorter than {v}",)),
    "height": (("taller than {v}", "higher than {v}"), ("lower than {v}",)),
    "speed": (("faster than {v}",), ("slower than {v}",)),
}  # fmt: skip


def _quote(rng: random.Random, text: str) -> str:
    return f"'{text}'" if rng.random() < 0.1 else text


def _equals(rng: random.Random, column: Column, name: str) -> tuple[str, str]:
    text = value(rng, column.name)
    shown, one = _quote(rng, text), column.one
    known = _KNOWN_EQUALS.get(column.name, ())
    if known and rng.random() < 0.6:
        return rng.choice(known).format(v=shown), f"{name} = '{text}'"
    said = rng.choice(
        (f"whose {one} is {shown}", f"with the {one} {shown}", f"where the {one} is {shown}",
         f"with {one} {shown}", f"where {one} is {shown}", f"that have the {one} {shown}",
         f"with {one} = {shown}", f"where {one} equals {shown}", f"with a {one} of {shown}")
    )  # fmt: skip
    return said, f"{name} = '{text}'"


def _differs(rng: random.Random, column: Column, name: str) -> tuple[str, str]:
    text = value(rng, column.name)
    shown, one = _quote(rng, text), column.one
    known = _KNOWN_EQUALS.get(column.name, ())
    if known and rng.random() < 0.5:
        return f"not {rng.choice(known).format(v=shown)}", f"{name} <> '{text}'"
    said = rng.choice(
        (f"whose {one} is not {shown}", f"where the {one} is not {shown}",
         f"with a {one} other than {shown}", f"where {one} is not {shown}",
         f"whose {one} is different from {shown}")
    )  # fmt: skip
    return said, f"{name} <> '{text}'"


def _among(rng: random.Random, column: Column, name: str) -> tuple[str, str]:
    texts = list(dict.fromkeys(value(rng, column.name) for _ in range(rng.choice((2, 2, 3)))))
    if len(texts) < 2:
        return _among(rng, column, name)
    shown = f"{', '.join(texts[:-1])} or {texts[-1]}"
    known = [said for said in _KNOWN_EQUALS.get(column.name, ()) if said.endswith("{v}")]
    one = column.one
    listed = ", ".join(f"'{text}'" for text in texts)
    if known and rng.random() < 0.6:
        return rng.choice(known).format(v=shown), f"{name} IN ({listed})"
    said = rng.choice(
        (f"whose {one} is {shown}", f"where the {one} is {shown}", f"with the {one} {shown}",
         f"whose {one} is either {shown}")
    )  # fmt: skip
    return said, f"{name} IN ({listed})"


def _like(rng: random.Random, column: Column, name: str) -> tuple[str, str]:
    word = value(rng, column.name).split()[0]
    one = column.one
    size = rng.choice((1, 1, 2, 3))
    kind = rng.random()
    if kind < 0.5:
        start = word[:size]
        said = rng.choice(
            (f"whose {one} starts with {start}", f"whose {one} begins with {start}",
             f"with a {one} starting with {start}", f"where the {one} starts with {start}",
             f"with a {one} that begins with {start}")
        )  # fmt: skip
        return said, f"{name} LIKE '{start}%'"
    if kind < 0.7:
        end = word[-size:]
        said = rng.choice(
            (f"whose {one} ends with {end}", f"with a {one} ending in {end}",
             f"where the {one} ends with {end}")
        )  # fmt: skip
        return said, f"{name} LIKE '%{end}'"
    said = rng.choice(
        (f"whose {one} contains {word}", f"with {word} in the {one}",
         f"where the {one} contains {word}", f"with a {one} containing {word}")
    )  # fmt: skip
    return said, f"{name} LIKE '%{word}%'"


def _null(rng: random.Random, column: Column, name: str) -> tuple[str, str]:
    one = column.one
    if rng.random() < 0.7:
        said = rng.choice(
            (f"without a {one}", f"that have no {one}", f"with no {one}",
             f"whose {one} is missing", f"where the {one} is missing", f"without any {one}",
             f"whose {one} is unknown", f"whose {one} is empty")
        )  # fmt: skip
        return said, f"{name} IS NULL"
    said = rng.choice(
        (f"that have a {one}", f"whose {one} is known", f"whose {one} is not missing",
         f"where the {one} is not empty")
    )  # fmt: skip
    return said, f"{name} IS NOT NULL"


def _comparison(rng: random.Random, column: Column, name: str) -> tuple[str, str]:
    one, number = column.one, str(lexicon.number(rng))
    if column.name == "year":
        number = str(rng.randint(1950, 2024))
    elif column.name == "age":
        number = str(rng.randint(12, 80))
    if column.name == "year" and rng.random() < 0.3:
        return rng.choice(("from", "from the year", "of")) + f" {number}", f"{name} = {number}"
    known = _KNOWN_ORDER.get(column.name)
    if known and rng.random() < 0.5:
        over = rng.random() < 0.55
        said = rng.choice(known[0] if over else known[1]).format(v=number)
        return said, f"{name} {'>' if over else '<'} {number}"
    plural = column.one == column.many
    more = (f"with more than {number} {one}", f"that have more than {number} {one}")
    less = (f"with less than {number} {one}", f"with fewer than {number} {one}")
    sign, choices = rng.choice(
        (
            (">", (f"with a {one} over {number}", f"with a {one} above {number}",
                   f"whose {one} is greater than {number}", f"where the {one} is over {number}",
                   f"with {one} > {number}", f"whose {one} is more than {number}",
                   *(more * 2 if plural else (f"with a {one} of more than {number}",)))),
            ("<", (f"with a {one} below {number}", f"with a {one} under {number}",
                   f"whose {one} is less than {number}", f"where the {one} is under {number}",
                   f"with {one} < {number}", f"whose {one} is below {number}",
                   *(less * 2 if plural else (f"with a {one} of less than {number}",)))),
            (">=", (f"with a {one} of at least {number}", f"whose {one} is at least {number}",
                    f"with at least {number} {one}" if plural else
                    f"where the {one} is at least {number}", f"with a {one} of {number} or more")),
            ("<=", (f"with a {one} of at most {number}", f"whose {one} is at most {number}",
                    f"with at most {number} {one}" if plural else
                    f"where the {one} is at most {number}", f"with a {one} of {number} or less")),
            ("=", (f"with a {one} of {number}", f"whose {one} is {number}",
                   f"where the {one} is {number}", f"with {one} {number}",
                   f"whose {one} is exactly {number}")),
            ("<>", (f"whose {one} is not {number}", f"with a {one} other than {number}")),
        )
    )  # fmt: skip
    return rng.choice(choices), f"{name} {sign} {number}"


def _within(rng: random.Random, column: Column, name: str) -> tuple[str, str]:
    low = lexicon.number(rng)
    high = low + rng.choice((5, 10, 20, 50, 100, rng.randint(3, 900)))
    one = column.one
    said = rng.choice(
        (f"with a {one} between {low} and {high}", f"whose {one} is between {low} and {high}",
         f"where the {one} is between {low} and {high}", f"with a {one} from {low} to {high}")
    )  # fmt: skip
    return said, f"{name} BETWEEN {low} AND {high}"


def _day(rng: random.Random) -> str:
    if rng.random() < 0.4:
        return f"{rng.randint(1990, 2026)}-01-01"
    return f"{rng.randint(1990, 2026)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"


def _date_condition(rng: random.Random, column: Column, name: str) -> tuple[str, str]:
    day = _day(rng)
    verb = column.name.removesuffix("_on").replace("_", " ")
    done = column.name.endswith("_on") and rng.random() < 0.8
    kind = rng.random()
    if kind < 0.15:
        year = rng.randint(1990, 2026)
        said = f"{verb} in {year}" if done else f"with a {column.one} in {year}"
        return said, f"{name} BETWEEN '{year}-01-01' AND '{year}-12-31'"
    if kind < 0.3:
        first, last = sorted((day, _day(rng)))
        said = (
            f"{verb} between {first} and {last}"
            if done
            else f"with a {column.one} between {first} and {last}"
        )
        return said, f"{name} BETWEEN '{first}' AND '{last}'"
    sign, word = rng.choice((("<", "before"), ("<", "before"), (">", "after"), (">", "after"),
                             (">=", "since"), ("=", "on")))  # fmt: skip
    if done:
        return f"{verb} {word} {day}", f"{name} {sign} '{day}'"
    said = {
        "since": f"with a {column.one} since {day}",
        "on": rng.choice((f"with the {column.one} {day}", f"whose {column.one} is {day}")),
    }.get(
        word,
        rng.choice((f"with a {column.one} {word} {day}", f"whose {column.one} is {word} {day}")),
    )
    return said, f"{name} {sign} '{day}'"


_Maker = Callable[[random.Random, Column, str], tuple[str, str]]
_MAKERS: dict[str, tuple[tuple[_Maker, float], ...]] = {
    "text": ((_equals, 6.0), (_differs, 1.0), (_among, 1.2), (_like, 1.6), (_null, 1.0)),
    "number": ((_comparison, 6.0), (_within, 1.2), (_null, 0.4)),
    "date": ((_date_condition, 6.0), (_null, 0.6)),
}


def condition_on(rng: random.Random, table: Table, prefix: str = "") -> Condition:
    """A condition on one column."""
    kinds = [kind for kind in ("text", "text", "number", "number", "date") if table.of(kind)]
    column = rng.choice(table.of(rng.choice(kinds)))
    makers = _MAKERS[column.kind]
    make = rng.choices([maker for maker, _ in makers], [weight for _, weight in makers])[0]
    said, sql = make(rng, column, f"{prefix}{column.name}")
    said = said.replace(f"a {column.one}", lexicon.with_article(column.one), 1)
    return Condition(said, sql, column.name)


def conditions(rng: random.Random, table: Table, prefix: str = "") -> Condition:
    """A condition, or two with and or or."""
    first = condition_on(rng, table, prefix)
    if rng.random() < 0.8 or len(table.columns) < 2:
        return first
    second = condition_on(rng, table, prefix)
    if second.column == first.column:
        return first
    word = rng.choice(("and", "and", "or"))
    joint = f"{first.said} {word} {second.said}"
    return Condition(joint, f"{first.sql} {word.upper()} {second.sql}", first.column)
