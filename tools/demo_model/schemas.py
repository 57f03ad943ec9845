"""Schemas that people might ask about, and conditions on their columns."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from tools.demo_model import lexicon, words
from tools.demo_model.documents import Split, is_held_out, part
from tools.demo_model.french import NOUNS

# Columns by what they hold, and one and many of what a table holds.
_TEXT_COLUMNS = words.listed("sql", "text columns")
_NUMBER_COLUMNS = words.listed("sql", "number columns")
_DATE_COLUMNS = words.listed("sql", "date columns")
_TABLES = words.listed("sql", "tables")
_RESERVED = frozenset(words.listed("sql", "reserved"))
# Other things, so that a table's name has to be read: nouns of one word that SQL leaves free.
_THINGS = tuple(
    dict.fromkeys(
        f"{noun.en}/{noun.ens}"
        for nouns in NOUNS.values()
        for noun in nouns
        if " " not in noun.en and noun.en not in _RESERVED and noun.en != noun.ens
    )
)
_BUYERS = ("customer/customers", "client/clients", "user/users", "member/members")
_BOUGHT = ("order/orders", "order/orders", "invoice/invoices", "payment/payments")
_VALUES: dict[str, tuple[str, ...]] = {
    "city": lexicon.CITIES,
    "name": lexicon.FIRST_NAMES,
    "author": lexicon.SURNAMES,
    "artist": lexicon.SURNAMES,
    "colour": lexicon.COLOURS,
    "material": lexicon.MATERIALS,
    "product": lexicon.PRODUCTS,
    **{kind: words.listed("sql", f"values: {kind}") for kind in words.kinds("sql", "values")},
}


@dataclass(frozen=True)
class Table:
    """A table: its words, and its columns by what they hold."""

    one: str
    many: str
    texts: tuple[str, ...]
    numbers: tuple[str, ...]
    dates: tuple[str, ...]
    parent: str = ""
    """The table that ``<one>_id`` points to, if any."""

    @property
    def columns(self) -> list[str]:
        """Columns in the order of the schema."""
        link = [f"{self.parent}_id"] if self.parent else []
        return ["id", *link, *self.texts, *self.numbers, *self.dates]

    @property
    def line(self) -> str:
        """The table as the prompt shows it."""
        return f"{self.many}({', '.join(self.columns)})"


def _table_name(rng: random.Random, split: Split, taken: Sequence[str]) -> tuple[str, str]:
    """One and many of what a table holds, on one side of the split."""
    while True:
        kind = rng.random()
        if kind < 0.15:
            one = lexicon.coined(rng, split).lower()
            pair = f"{one}/{one}s"
        else:
            pair = rng.choice(part(_THINGS if kind < 0.45 else _TABLES, split))
        one, many = pair.split("/")
        wanted = split is Split.HELD_OUT
        if is_held_out(pair) == wanted and many not in taken and not {one, many} & _RESERVED:
            return one, many


def _table(rng: random.Random, split: Split, taken: Sequence[str], parent: str = "") -> Table:
    one, many = _table_name(rng, split, taken)
    texts = tuple(rng.sample(_TEXT_COLUMNS, rng.choice((1, 1, 2, 2, 3))))
    if rng.random() < 0.2:
        texts = (*texts[1:], rng.choice(_THINGS).split("/")[0])
    if not parent and rng.random() < 0.6 and "name" not in texts:
        texts = ("name", *texts[1:])
    return Table(
        one=one,
        many=many,
        texts=texts,
        numbers=tuple(rng.sample(_NUMBER_COLUMNS, rng.choice((1, 1, 2)))),
        dates=tuple(rng.sample(_DATE_COLUMNS, rng.choice((0, 0, 1)))),
        parent=parent,
    )


def _shop(rng: random.Random) -> list[Table]:
    """Who buys, and what: the schema that most people try first."""
    buyer, bought = rng.choice(part(_BUYERS, Split.TRAIN)), rng.choice(part(_BOUGHT, Split.TRAIN))
    one, many = buyer.split("/")
    who = Table(one, many, ("name", rng.choice(("city", "city", "country", "email"))), (), ())
    more, several_more = bought.split("/")
    numbers = tuple(rng.sample(("price", "price", "quantity", "amount", "cost"), 1))
    dates = ("ordered_on",) if rng.random() < 0.6 else ()
    return [who, Table(more, several_more, ("product",), numbers, dates, parent=one)]


def schema(rng: random.Random, split: Split) -> list[Table]:
    """One or two tables; of two, the second points to the first."""
    if split is Split.TRAIN and rng.random() < 0.2:
        return _shop(rng)
    first = _table(rng, split, ())
    if rng.random() < 0.4:
        return [first]
    return [first, _table(rng, split, (first.many,), parent=first.one)]


def _value(rng: random.Random, column: str) -> str:
    if column in _VALUES and rng.random() < 0.75:
        return rng.choice(_VALUES[column])
    return lexicon.coined(rng, Split.TRAIN)


def in_words(column: str) -> str:
    """A column as people say it."""
    return column.replace("_", " ")


_PLURALS = {"city": "cities", "country": "countries", "category": "categories",
            "salary": "salaries",
            "capacity": "capacities", "status": "statuses", "pages": "pages", "points": "points",
            "calories": "calories", "seats": "seats", "hours": "hours"}  # fmt: skip


def several(column: str) -> str:
    """A column as people say it of many rows."""
    word = in_words(column)
    return _PLURALS.get(column, f"{word}s")


def condition_on(rng: random.Random, table: Table, prefix: str = "") -> tuple[str, str]:
    """Words that follow the table's plural, and the SQL condition."""
    kind = rng.random()
    if kind < 0.5 or not table.numbers:
        column = rng.choice(table.texts)
        value = _value(rng, column)
        sql = f"{prefix}{column} = '{value}'"
        known: dict[str, tuple[str, ...]] = {
            "city": (
                f"in {value}",
                f"from {value}",
                f"with the city {value}",
                f"whose city is {value}",
            ),
            "country": (f"in {value}", f"from {value}", f"whose country is {value}"),
            "name": (f"named {value}", f"with the name {value}", f"called {value}"),
            "author": (f"by {value}", f"with the author {value}"),
            "artist": (f"by {value}", f"with the artist {value}"),
        }
        said = known.get(column, ())
        spoken = in_words(column)
        return rng.choice(
            (*said, *said, f"whose {spoken} is {value}", f"with the {spoken} {value}",
             f"where the {spoken} is {value}")
        ), sql  # fmt: skip
    if kind < 0.9 or not table.dates:
        column = rng.choice(table.numbers)
        spoken, value = in_words(column), str(lexicon.number(rng))
        sign, words_for = rng.choice(
            (
                (">", f"with a {spoken} over {value}"),
                (">", f"with a {spoken} above {value}"),
                (">", f"whose {spoken} is greater than {value}"),
                (">", f"with more than {value} {spoken}" if spoken.endswith("s") else
                 f"with a {spoken} of more than {value}"),
                ("<", f"with a {spoken} below {value}"),
                ("<", f"with a {spoken} under {value}"),
                ("<", f"whose {spoken} is less than {value}"),
                ("<", f"with a {spoken} of less than {value}"),
                (">=", f"with a {spoken} of at least {value}"),
                ("<=", f"with a {spoken} of at most {value}"),
                ("=", f"with a {spoken} of {value}"),
                ("=", f"whose {spoken} is {value}"),
            )
        )  # fmt: skip
        return words_for, f"{prefix}{column} {sign} {value}"
    column = rng.choice(table.dates)
    verb, year = column.split("_")[0], str(rng.randint(1990, 2024))
    sign, words_for = rng.choice(
        (
            (">=", f"{verb} since {year}-01-01"),
            ("<", f"{verb} before {year}-01-01"),
            (">", f"{verb} after {year}-12-31"),
        )
    )
    return words_for, f"{prefix}{column} {sign} '{words_for.split()[-1]}'"
