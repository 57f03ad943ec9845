# ruff: noqa: S608 - the queries are text for a model, built from its own word lists
"""Requests in words over a given schema, and the SQL that answers them."""

import random
from collections.abc import Callable, Sequence

from playground.prompts.formats import Pair, sql_prompt
from tools.demo_model.documents import Document, Item, Split, answered, draw, some
from tools.demo_model.schemas import Table, condition_on, in_words, schema, several

_SMALL = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "twelve": 12, "twenty": 20,
}  # fmt: skip
_WORDS_FOR_NUMBERS = tuple(_SMALL)


def _show(rng: random.Random, what: str) -> str:
    opening = rng.choice(("Show", "List", "Give me", "Find", "Show me", "Get", "Display"))
    return f"{opening} {what}."


def _plain(rng: random.Random, t: Table) -> tuple[str, str]:
    """Rows and columns, with and without a condition."""
    said, condition = condition_on(rng, t)
    column = rng.choice([*t.texts, *t.numbers])
    columns = several(column)
    if rng.random() < 0.3:
        return rng.choice(
            (
                (_show(rng, f"all {t.many}"), f"SELECT * FROM {t.many};"),
                (_show(rng, f"the {columns} of all {t.many}"), f"SELECT {column} FROM {t.many};"),
                (_show(rng, f"the {in_words(column)} of every {t.one}"),
                 f"SELECT {column} FROM {t.many};"),
                (_show(rng, f"the different {columns} of the {t.many}"),
                 f"SELECT DISTINCT {column} FROM {t.many};"),
                (f"Which different {columns} do the {t.many} have?",
                 f"SELECT DISTINCT {column} FROM {t.many};"),
            )
        )  # fmt: skip
    if rng.random() < 0.25:
        more, second = condition_on(rng, t)
        if second.split()[0] != condition.split()[0]:
            word = rng.choice(("and", "and", "or"))
            said, condition = f"{said} {word} {more}", f"{condition} {word.upper()} {second}"
    return rng.choice(
        (
            (_show(rng, f"all {t.many} {said}"), f"SELECT * FROM {t.many} WHERE {condition};"),
            (_show(rng, f"the {t.many} {said}"), f"SELECT * FROM {t.many} WHERE {condition};"),
            (_show(rng, f"the {columns} of the {t.many} {said}"),
             f"SELECT {column} FROM {t.many} WHERE {condition};"),
            (_show(rng, f"the {columns} of all {t.many} {said}"),
             f"SELECT {column} FROM {t.many} WHERE {condition};"),
            (f"What are the {columns} of the {t.many} {said}?",
             f"SELECT {column} FROM {t.many} WHERE {condition};"),
            (f"What is the {in_words(column)} of the {t.many} {said}?",
             f"SELECT {column} FROM {t.many} WHERE {condition};"),
            (f"Which {t.many} are there {said}?", f"SELECT * FROM {t.many} WHERE {condition};"),
        )
    )  # fmt: skip


def _counted(rng: random.Random, t: Table) -> tuple[str, str]:
    """Counts and other aggregates, with and without a condition."""
    said, condition = condition_on(rng, t)
    tail, where = rng.choice((("", ""), (f" {said}", f" WHERE {condition}")))
    if rng.random() < 0.5 or not t.numbers:
        sql = f"SELECT COUNT(*) FROM {t.many}{where};"
        return rng.choice(
            (
                (f"How many {t.many} {'are there' if not tail else 'are there' + tail}?", sql),
                (f"Count the {t.many}{tail}.", sql),
                (f"What is the number of {t.many}{tail}?", sql),
                (f"How many {t.many}{tail} do we have?", sql),
                (f"How many {t.many} live{tail}?" if tail.startswith(" in ") else
                 f"How many {t.many}{tail} are there?", sql),
            )
        )  # fmt: skip
    column = rng.choice(t.numbers)
    spoken = in_words(column)
    function, adjective = rng.choice(
        (("AVG", "average"), ("AVG", "mean"), ("SUM", "total"), ("SUM", "sum of the"),
         ("MAX", "highest"), ("MAX", "largest"), ("MAX", "maximum"), ("MIN", "lowest"),
         ("MIN", "smallest"), ("MIN", "minimum"))
    )  # fmt: skip
    sql = f"SELECT {function}({column}) FROM {t.many}{where};"
    spoken = several(column) if adjective.startswith("sum") else spoken
    return rng.choice(
        (
            (f"What is the {adjective} {spoken} of the {t.many}{tail}?", sql),
            (f"What is the {adjective} {spoken} of all {t.many}{tail}?", sql),
            (_show(rng, f"the {adjective} {spoken} of the {t.many}{tail}"), sql),
            (_show(rng, f"the {adjective} {spoken} of all {t.many}{tail}"), sql),
        )
    )


_SUPERLATIVES = {
    "price": ("most expensive", "cheapest"), "cost": ("most expensive", "cheapest"),
    "age": ("oldest", "youngest"), "year": ("newest", "oldest"), "weight": ("heaviest", "lightest"),
    "height": ("tallest", "shortest"), "length": ("longest", "shortest"),
    "duration": ("longest", "shortest"), "speed": ("fastest", "slowest"),
    "salary": ("best paid", "worst paid"), "rating": ("best rated", "worst rated"),
    "area": ("largest", "smallest"), "population": ("most populated", "least populated"),
}  # fmt: skip


def _ordered(rng: random.Random, t: Table) -> tuple[str, str]:
    """Sorted rows, and the first of them."""
    column = rng.choice(t.numbers)
    spoken = in_words(column)
    down = rng.random() < 0.6
    sense = " DESC" if down else ""
    word = rng.choice(_WORDS_FOR_NUMBERS)
    limit = str(_SMALL[word])
    said = word if rng.random() < 0.6 else limit
    which = (
        ("highest" if down else "lowest")
        if rng.random() < 0.7
        else ("largest" if down else "smallest")
    )
    top = f"SELECT * FROM {t.many} ORDER BY {column}{sense} LIMIT {limit};"
    options = [
        (_show(rng, f"the {said} {t.many} with the {which} {spoken}"), top),
        (_show(rng, f"the {t.one} with the {which} {spoken}"),
         f"SELECT * FROM {t.many} ORDER BY {column}{sense} LIMIT 1;"),
        (f"Which {t.one} has the {which} {spoken}?",
         f"SELECT * FROM {t.many} ORDER BY {column}{sense} LIMIT 1;"),
        (_show(rng, f"all {t.many} sorted by {spoken}"
               + (rng.choice((" in descending order", ", highest first")) if down else "")),
         f"SELECT * FROM {t.many} ORDER BY {column}{sense};"),
        (_show(rng, f"the {several(t.texts[0])} of the {said} {t.many} with the {which} {spoken}"),
         f"SELECT {t.texts[0]} FROM {t.many} ORDER BY {column}{sense} LIMIT {limit};"),
    ]  # fmt: skip
    if column in _SUPERLATIVES:
        most = _SUPERLATIVES[column][0 if down else 1]
        options += [
            (_show(rng, f"the {said} {most} {t.many}"), top),
            (_show(rng, f"the {said} {most} {t.many}"), top),
            (_show(rng, f"the {most} {t.one}"),
             f"SELECT * FROM {t.many} ORDER BY {column}{sense} LIMIT 1;"),
            (f"Which {t.one} is the {most}?",
             f"SELECT * FROM {t.many} ORDER BY {column}{sense} LIMIT 1;"),
        ]  # fmt: skip
    return rng.choice(options)


def _grouped(rng: random.Random, t: Table) -> tuple[str, str]:
    """A count or aggregate for each value of a column."""
    by, column = rng.choice(t.texts), rng.choice(t.numbers)
    spoken = in_words(column)
    each = rng.choice(("for each", "per", "by", "for every", "in each", "in every"))
    group = f"FROM {t.many} GROUP BY {by}"
    count = rng.randint(2, 20)
    function, word = rng.choice(
        (("AVG", "average"), ("SUM", "total"), ("MAX", "highest"), ("MIN", "lowest"))
    )
    return rng.choice(
        (
            (f"How many {t.many} are there {each} {in_words(by)}?",
             f"SELECT {by}, COUNT(*) {group};"),
            (_show(rng, f"the number of {t.many} {each} {in_words(by)}"),
             f"SELECT {by}, COUNT(*) {group};"),
            (f"Count the {t.many} {each} {in_words(by)}.", f"SELECT {by}, COUNT(*) {group};"),
            (_show(rng, f"the {word} {spoken} of the {t.many} {each} {in_words(by)}"),
             f"SELECT {by}, {function}({column}) {group};"),
            (f"What is the {word} {spoken} {each} {in_words(by)} of the {t.many}?",
             f"SELECT {by}, {function}({column}) {group};"),
            (f"Which {several(by)} have more than {count} {t.many}?",
             f"SELECT {by} {group} HAVING COUNT(*) > {count};"),
        )
    )  # fmt: skip


def _tallied(rng: random.Random, t: Table) -> tuple[str, str]:
    """A count for each value of a column."""
    by = rng.choice(t.texts)
    each = rng.choice(("for each", "per", "by", "for every", "in each", "in every"))
    wording = rng.choice(
        (
            f"How many {t.many} are there {each} {in_words(by)}?",
            _show(rng, f"the number of {t.many} {each} {in_words(by)}"),
            f"Count the {t.many} {each} {in_words(by)}.",
        )
    )
    return wording, f"SELECT {by}, COUNT(*) FROM {t.many} GROUP BY {by};"


def _joined(rng: random.Random, parent: Table, child: Table) -> tuple[str, str]:
    """Two tables brought together."""
    link = f"JOIN {child.many} ON {child.many}.{parent.one}_id = {parent.many}.id"
    p, c = rng.choice(parent.texts), rng.choice([*child.texts, *child.numbers])
    amount = rng.choice(child.numbers)
    group = f"GROUP BY {parent.many}.id"
    shown, each = in_words(p), f"each {parent.one}"
    function, word = rng.choice(
        (("SUM", "total"), ("SUM", "total"), ("AVG", "average"), ("MAX", "highest"),
         ("MIN", "lowest"))
    )  # fmt: skip
    count_sql = f"SELECT {parent.many}.{p}, COUNT(*) FROM {parent.many} {link} {group};"
    number_sql = (
        f"SELECT {parent.many}.{p}, {function}({child.many}.{amount}) FROM {parent.many} {link} "
        f"{group};"
    )
    said, condition = condition_on(rng, parent, prefix=f"{parent.many}.")
    said2, condition2 = condition_on(rng, child, prefix=f"{child.many}.")
    both = f"SELECT {parent.many}.{p}, {child.many}.{c} FROM {parent.many} {link};"
    return rng.choice(
        (
            (_show(rng, f"the {shown} of {each} and the {word} {in_words(amount)} of their "
                        f"{child.many}"), number_sql),
            ((f"What is the {word} {in_words(amount)} of the {child.many} of {each}? "
             f"Show the {shown}."),
             number_sql),
            (_show(rng, f"the {word} {in_words(amount)} of the {child.many} of {each}, with the "
                        f"{shown}"), number_sql),
            (_show(rng, f"the {shown} of {each} and the number of their {child.many}"), count_sql),
            (f"How many {child.many} does {each} have? Show the {shown}.", count_sql),
            (_show(rng, f"the {shown} of {each} and the {in_words(c)} of their {child.many}"),
             both),
            (_show(rng, f"all {child.many} of the {parent.many} {said}"),
             f"SELECT {child.many}.* FROM {parent.many} {link} WHERE {condition};"),
            (f"How many {child.many} do the {parent.many} {said} have?",
             f"SELECT COUNT(*) FROM {parent.many} {link} WHERE {condition};"),
            (_show(rng, f"the {several(p)} of the {parent.many} that have {child.many} {said2}"),
             f"SELECT DISTINCT {parent.many}.{p} FROM {parent.many} {link} WHERE {condition2};"),
        )
    )  # fmt: skip


_OneTable = Callable[[random.Random, Table], tuple[str, str]]
_WITHOUT_NUMBERS: Sequence[_OneTable] = (_plain, _counted, _tallied)
_ONE_TABLE: Sequence[_OneTable] = (_plain, _plain, _counted, _counted, _ordered, _grouped)


def request(rng: random.Random, tables: Sequence[Table]) -> tuple[str, str]:
    """A request over the tables and its query."""
    if len(tables) == 2 and rng.random() < 0.45:
        return _joined(rng, tables[0], tables[1])
    table = rng.choice(tables)
    return rng.choice(_ONE_TABLE if table.numbers else _WITHOUT_NUMBERS)(rng, table)


def document(rng: random.Random, split: Split, *, unseen_tables: bool = False) -> Document:
    """A schema with requests.

    Held-out ones are requests never seen; ``unseen_tables`` takes the tables'
    names from those that training never shows.
    """
    tables = schema(rng, Split.HELD_OUT if unseen_tables else Split.TRAIN)

    def one() -> Item:
        given, wanted = request(rng, tables)
        return Item(given=given, wanted=wanted, key=given)

    items = [*(draw(one, Split.TRAIN) for _ in range(some(rng, 4))), draw(one, split)]

    def prompt(examples: Sequence[Pair], asked: str) -> str:
        return sql_prompt(
            schema="\n".join(table.line for table in tables), examples=examples, request=asked
        )

    return answered(task="sql", items=items, prompt=prompt)
