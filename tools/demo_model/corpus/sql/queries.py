# ruff: noqa: S608 - the queries are text for a model, built from its own word lists
"""Requests about one table, and the SQL that answers them."""

import random
from collections.abc import Callable, Sequence

from tools.demo_model.corpus.sql.conditions import conditions
from tools.demo_model.corpus.sql.schemas import Column, Table

Request = tuple[str, str]
"""A request and its query."""

_OPENINGS = (
    "Show", "List", "Give me", "Find", "Show me", "Get", "Display", "Return", "Select", "Fetch",
    "Print", "I want to see", "I need", "Please show", "Please list", "Tell me",
)  # fmt: skip
_EACH = ("for each", "per", "by", "for every", "in each", "in every")
SMALL = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "twelve": 12, "fifteen": 15, "twenty": 20,
}  # fmt: skip
AGGREGATES = (
    ("AVG", "average"), ("AVG", "mean"), ("SUM", "total"), ("SUM", "total"), ("SUM", "sum of the"),
    ("MAX", "highest"), ("MAX", "largest"), ("MAX", "maximum"), ("MIN", "lowest"),
    ("MIN", "smallest"), ("MIN", "minimum"),
)  # fmt: skip


def show(rng: random.Random, what: str) -> str:
    """A request to show something: an order, a polite question or the bare words."""
    kind = rng.random()
    if kind < 0.06:
        return f"{what[0].upper()}{what[1:]}"
    if kind < 0.12:
        return f"{rng.choice(('Can you show', 'Could you list', 'Can you give me'))} {what}?"
    return f"{rng.choice(_OPENINGS)} {what}."


def small_number(rng: random.Random, most: int = 20) -> tuple[str, int]:
    """A small number in letters or digits, and its value."""
    word = rng.choice([word for word, number in SMALL.items() if number <= most])
    return (word if rng.random() < 0.5 else str(SMALL[word])), SMALL[word]


def _where(rng: random.Random, t: Table, share: float, but: str = "") -> tuple[str, str]:
    """Words after the rows, and the WHERE clause; both empty in the other cases.

    A condition on the column ``but`` would say nothing: it orders or groups the rows.
    """
    if rng.random() >= share:
        return "", ""
    condition = conditions(rng, t)
    if but and f"{but} " in condition.sql:
        return "", ""
    return f" {condition.said}", f" WHERE {condition.sql}"


def _plain(rng: random.Random, t: Table) -> Request:
    """All columns of rows, or one."""
    said, where = _where(rng, t, 0.8)
    column = rng.choice(t.columns)
    every = rng.random() < 0.4
    if every:
        sql = f"SELECT * FROM {t.name}{where};"
        options = [
            show(rng, f"all {t.many}{said}"),
            show(rng, f"the {t.many}{said}" if said else f"all the {t.many}"),
            show(rng, f"every {t.one}{said}"),
            show(rng, f"all {t.many}{said}"),
        ]
        if said:
            options += [f"Which {t.many} are there{said}?", f"What are the {t.many}{said}?"]
            options += [show(rng, f"{t.many}{said}"), f"Which {t.many} are{said}?"
                        if said.startswith((" in ", " from ", " by ", " older", " cheaper")) else
                        f"Which are the {t.many}{said}?"]  # fmt: skip
        return rng.choice(options), sql
    sql = f"SELECT {column.name} FROM {t.name}{where};"
    return rng.choice(
        (
            show(rng, f"the {column.many} of the {t.many}{said}"),
            show(rng, f"the {column.many} of all {t.many}{said}"),
            show(rng, f"the {column.one} of every {t.one}{said}"),
            show(rng, f"the {column.one} of each {t.one}{said}"),
            show(rng, f"the {column.one} of all {t.many}{said}"),
            f"What are the {column.many} of the {t.many}{said}?",
            f"What is the {column.one} of the {t.many}{said}?",
        )
    ), sql


def _two_columns(rng: random.Random, t: Table) -> Request:
    """Two or three columns of rows."""
    if len(t.columns) < 2:
        return _plain(rng, t)
    said, where = _where(rng, t, 0.5)
    columns = rng.sample(t.columns, 3 if len(t.columns) > 2 and rng.random() < 0.25 else 2)
    listed = ", ".join(column.name for column in columns)
    one = ", ".join(c.one for c in columns[:-1]) + f" and {columns[-1].one}"
    many = ", ".join(c.many for c in columns[:-1]) + f" and {columns[-1].many}"
    return rng.choice(
        (
            show(rng, f"the {many} of the {t.many}{said}"),
            show(rng, f"the {one} of every {t.one}{said}"),
            show(rng, f"the {one} of each {t.one}{said}"),
            show(rng, f"the {one} of all {t.many}{said}"),
        )
    ), f"SELECT {listed} FROM {t.name}{where};"


def _distinct(rng: random.Random, t: Table) -> Request:
    """The different values of a column, or how many there are."""
    said, where = _where(rng, t, 0.3)
    column = rng.choice(t.of("text") or t.columns)
    word = rng.choice(("different", "distinct", "different"))
    if rng.random() < 0.4:
        return rng.choice(
            (
                f"How many {word} {column.many} do the {t.many}{said} have?",
                f"Count the {word} {column.many} of the {t.many}{said}.",
                f"How many {word} {column.many} are there among the {t.many}{said}?",
            )
        ), f"SELECT COUNT(DISTINCT {column.name}) FROM {t.name}{where};"
    return rng.choice(
        (
            show(rng, f"the {word} {column.many} of the {t.many}{said}"),
            f"Which {word} {column.many} do the {t.many}{said} have?",
            show(rng, f"all {word} {column.many} of the {t.many}{said}"),
        )
    ), f"SELECT DISTINCT {column.name} FROM {t.name}{where};"


def _count(rng: random.Random, t: Table) -> Request:
    """How many rows, with and without a condition."""
    said, where = _where(rng, t, 0.75)
    sql = f"SELECT COUNT(*) FROM {t.name}{where};"
    live = said.startswith(" in ") and any(c.name in ("city", "country") for c in t.columns)
    return rng.choice(
        (
            f"How many {t.many} are there{said}?",
            f"How many {t.many}{said} are there?",
            f"Count the {t.many}{said}.",
            f"Count all {t.many}{said}.",
            f"What is the number of {t.many}{said}?",
            f"How many {t.many}{said} do we have?",
            f"How many {t.many} do we have{said}?",
            show(rng, f"the number of {t.many}{said}"),
            *([f"How many {t.many} live{said}?"] * 4 if live else []),
        )
    ), sql


def aggregate(rng: random.Random, column: Column) -> tuple[str, str]:
    """An aggregate's function and the words for it and its column."""
    function, word = rng.choice(AGGREGATES)
    return function, f"{word} {column.many if word.startswith('sum') else column.one}"


def _aggregate_of_column(rng: random.Random, t: Table) -> Request:
    """A sum, average, highest or lowest, with and without a condition."""
    said, where = _where(rng, t, 0.45)
    column = rng.choice(t.of("number"))
    function, words_for = aggregate(rng, column)
    return rng.choice(
        (
            f"What is the {words_for} of the {t.many}{said}?",
            f"What is the {words_for} of all {t.many}{said}?",
            show(rng, f"the {words_for} of the {t.many}{said}"),
            show(rng, f"the {words_for} of all {t.many}{said}"),
            f"Calculate the {words_for} of the {t.many}{said}.",
            f"Compute the {words_for} of all {t.many}{said}.",
        )
    ), f"SELECT {function}({column.name}) FROM {t.name}{where};"


_SUPERLATIVES = {
    "price": ("most expensive", "cheapest"), "cost": ("most expensive", "cheapest"),
    "age": ("oldest", "youngest"), "year": ("newest", "oldest"), "weight": ("heaviest", "lightest"),
    "height": ("tallest", "shortest"), "length": ("longest", "shortest"),
    "duration": ("longest", "shortest"), "speed": ("fastest", "slowest"),
    "salary": ("best paid", "worst paid"), "rating": ("best rated", "worst rated"),
    "area": ("largest", "smallest"), "population": ("most populated", "least populated"),
}  # fmt: skip


def _superlative(rng: random.Random, t: Table, column: Column, down: bool) -> str:
    """The words for the first rows: ``most expensive``, or nothing where none are known."""
    # Where two columns would share the words, they would not say which is meant.
    pair = _SUPERLATIVES.get(column.name)
    others = [_SUPERLATIVES.get(other.name, ("", "")) for other in t.columns if other != column]
    if column.kind == "date":
        other_words = [word for words_for in others for word in words_for]
        return "" if "newest" in other_words else ("newest" if down else "")
    if not pair or any(pair[0 if down else 1] in words_for for words_for in others):
        return ""
    return pair[0 if down else 1]


def _top(rng: random.Random, t: Table) -> Request:
    """The first rows by a column."""
    column = rng.choice(t.of("number", "number", "date"))
    down = rng.random() < 0.6
    said, where = _where(rng, t, 0.2, column.name)
    order = f"ORDER BY {column.name}{' DESC' if down else ''}"
    if column.kind == "date":
        which = rng.choice(("latest", "most recent", "latest") if down else ("earliest", "oldest"))
    else:
        which = rng.choice(("highest", "highest", "largest") if down
                           else ("lowest", "lowest", "smallest"))  # fmt: skip
    most = _superlative(rng, t, column, down)
    title = t.title or rng.choice(t.columns)
    if rng.random() < 0.55:
        number, limit = small_number(rng)
        rows = rng.choice(
            (f"the {number} {t.many}{said} with the {which} {column.one}",
             f"the top {number} {t.many}{said} by {column.one}" if down and said == ""
             and column.kind == "number"
             else f"the {number} {t.many}{said} with the {which} {column.one}",
             *([f"the {number} {most} {t.many}{said}"] * 3 if most else []))
        )  # fmt: skip
        if rng.random() < 0.7:
            return show(rng, rows), f"SELECT * FROM {t.name}{where} {order} LIMIT {limit};"
        return show(rng, f"the {title.many} of {rows}"), (
            f"SELECT {title.name} FROM {t.name}{where} {order} LIMIT {limit};"
        )
    row = f"the {t.one}{said} with the {which} {column.one}"
    if most and rng.random() < 0.6:
        row = f"the {most} {t.one}{said}"
    sql = f"SELECT * FROM {t.name}{where} {order} LIMIT 1;"
    kind = rng.random()
    if kind < 0.25:
        one = f"SELECT {title.name} FROM {t.name}{where} {order} LIMIT 1;"
        return rng.choice(
            (show(rng, f"the {title.one} of {row}"), f"What is the {title.one} of {row}?")
        ), one
    if kind < 0.6:
        return show(rng, row), sql
    if most and row.startswith(f"the {most}"):
        return f"Which {t.one}{said} is the {most}?", sql
    return f"Which {t.one}{said} has the {which} {column.one}?", sql


def _order(rng: random.Random, t: Table) -> Request:
    """Rows in the order of a column."""
    column = rng.choice(t.columns)
    said, where = _where(rng, t, 0.3, column.name)
    down = rng.random() < 0.45
    shown, what = "*", f"all {t.many}"
    if rng.random() < 0.25:
        other = rng.choice(t.columns)
        shown, what = other.name, f"the {other.many} of the {t.many}"
    by = rng.choice(("sorted by", "ordered by", "sorted by", "in order of", "by"))
    if down:
        first = {"number": ", highest first", "date": ", newest first", "text": " from Z to A"}
        tail = rng.choice((" in descending order", " descending", first[column.kind]))
    else:
        first = {"number": ", lowest first", "date": ", oldest first", "text": " alphabetically"}
        tail = rng.choice(("", "", "", " in ascending order", first[column.kind]))
    if tail == "" and by == "by":
        by = "sorted by"
    words_for = f"{what}{said} {by} {column.one}{tail}"
    if not said and rng.random() < 0.2:
        words_for = f"{what}, {by} {column.one}{tail}"
    sql = f"SELECT {shown} FROM {t.name}{where} ORDER BY {column.name}{' DESC' if down else ''};"
    if shown == "*" and not said and rng.random() < 0.2:
        return f"Sort the {t.many} by {column.one}{tail}.", sql
    return show(rng, words_for), sql


def _group(rng: random.Random, t: Table) -> Request:
    """A count or aggregate for each value of a column."""
    by = rng.choice(t.of("text"))
    each = rng.choice(_EACH)
    said, where = _where(rng, t, 0.15, by.name)
    group = f"FROM {t.name}{where} GROUP BY {by.name}"
    numbers = t.of("number")
    kind = rng.random()
    if kind < 0.4 or (kind < 0.65 and not numbers):
        return rng.choice(
            (
                f"How many {t.many}{said} are there {each} {by.one}?",
                show(rng, f"the number of {t.many}{said} {each} {by.one}"),
                f"Count the {t.many}{said} {each} {by.one}.",
                f"How many {t.many}{said} does each {by.one} have?",
            )
        ), f"SELECT {by.name}, COUNT(*) {group};"
    if kind < 0.65:
        column = rng.choice(numbers)
        function, words_for = aggregate(rng, column)
        return rng.choice(
            (
                show(rng, f"the {words_for} of the {t.many}{said} {each} {by.one}"),
                f"What is the {words_for} of the {t.many}{said} {each} {by.one}?",
                f"What is the {words_for} {each} {by.one} of the {t.many}{said}?",
                show(rng, f"the {words_for} {each} {by.one} of the {t.many}{said}"),
            )
        ), f"SELECT {by.name}, {function}({column.name}) {group};"
    if kind < 0.82:
        count = rng.randint(2, 10)
        sign, word = rng.choice(
            ((">", "more than"), (">", "more than"), ("<", "fewer than"), ("<", "less than"),
             (">=", "at least"))
        )  # fmt: skip
        count += sign == "<"
        return rng.choice(
            (
                f"Which {by.many} have {word} {count} {t.many}{said}?",
                show(rng, f"the {by.many} with {word} {count} {t.many}{said}"),
                show(rng, f"the {by.many} that have {word} {count} {t.many}{said}"),
            )
        ), f"SELECT {by.name} {group} HAVING COUNT(*) {sign} {count};"
    sense, word = rng.choice(((" DESC", "most"), (" DESC", "most"), ("", "fewest")))
    if rng.random() < 0.6:
        return rng.choice(
            (
                f"Which {by.one} has the {word} {t.many}{said}?",
                show(rng, f"the {by.one} with the {word} {t.many}{said}"),
            )
        ), f"SELECT {by.name} {group} ORDER BY COUNT(*){sense} LIMIT 1;"
    number, limit = small_number(rng, 10)
    return rng.choice(
        (
            f"Which {number} {by.many} have the {word} {t.many}{said}?",
            show(rng, f"the {number} {by.many} with the {word} {t.many}{said}"),
        )
    ), f"SELECT {by.name} {group} ORDER BY COUNT(*){sense} LIMIT {limit};"


_Make = Callable[[random.Random, Table], Request]
_MAKERS: Sequence[tuple[_Make, float, tuple[str, ...]]] = (
    (_plain, 5.0, ()),
    (_two_columns, 1.2, ()),
    (_distinct, 0.9, ()),
    (_count, 2.6, ()),
    (_aggregate_of_column, 1.8, ("number",)),
    (_top, 2.4, ("number",)),
    (_order, 1.2, ()),
    (_group, 2.4, ("text",)),
)


def request(rng: random.Random, t: Table) -> Request:
    """A request about one table and its query."""
    makers = [(make, weight) for make, weight, kinds in _MAKERS if all(t.of(k) for k in kinds)]
    make = rng.choices([make for make, _ in makers], [weight for _, weight in makers])[0]
    return make(rng, t)
