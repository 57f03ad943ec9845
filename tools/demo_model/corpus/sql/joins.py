# ruff: noqa: S608 - the queries are text for a model, built from its own word lists
"""Requests about two linked tables, and the SQL that answers them."""

import random
from collections.abc import Callable, Sequence

from tools.demo_model.corpus.sql.conditions import conditions
from tools.demo_model.corpus.sql.queries import Request, aggregate, show, small_number
from tools.demo_model.corpus.sql.schemas import Table


def _link(parent: Table, child: Table) -> str:
    key = f"{child.name}.{parent.said.snake}_id"
    return f"{parent.name} JOIN {child.name} ON {key} = {parent.name}.id"


def _label(rng: random.Random, t: Table) -> tuple[str, str]:
    """The column that a row is shown by, in SQL and in words."""
    column = t.title if t.title and rng.random() < 0.6 else rng.choice(t.of("text") or t.columns)
    return f"{t.name}.{column.name}", column.one


def _aggregate_of_children(rng: random.Random, parent: Table, child: Table) -> Request:
    """An aggregate of each parent's children."""
    column = rng.choice(child.of("number"))
    function, words_for = aggregate(rng, column)
    shown, said = _label(rng, parent)
    each = rng.choice(("each", "each", "every"))
    return rng.choice(
        (
            show(rng, f"the {said} of {each} {parent.one} and the {words_for} of their "
                      f"{child.many}"),
            show(rng, f"the {said} of {each} {parent.one} with the {words_for} of their "
                      f"{child.many}"),
            f"What is the {words_for} of the {child.many} of {each} {parent.one}? Show the {said}.",
            show(rng, f"the {words_for} of the {child.many} of {each} {parent.one}, with the "
                      f"{said}"),
            show(rng, f"for {each} {parent.one} the {said} and the {words_for} of their "
                      f"{child.many}"),
        )
    ), (
        f"SELECT {shown}, {function}({child.name}.{column.name}) FROM {_link(parent, child)} "
        f"GROUP BY {parent.name}.id;"
    )  # fmt: skip


def _count_of_children(rng: random.Random, parent: Table, child: Table) -> Request:
    """How many children each parent has."""
    shown, said = _label(rng, parent)
    each = rng.choice(("each", "each", "every"))
    return rng.choice(
        (
            show(rng, f"the {said} of {each} {parent.one} and the number of their {child.many}"),
            show(rng, f"the {said} of {each} {parent.one} and how many {child.many} they have"),
            f"How many {child.many} does {each} {parent.one} have? Show the {said}.",
            f"Count the {child.many} of {each} {parent.one}. Show the {said}.",
        )
    ), f"SELECT {shown}, COUNT(*) FROM {_link(parent, child)} GROUP BY {parent.name}.id;"


def _pairs(rng: random.Random, parent: Table, child: Table) -> Request:
    """A column of each table."""
    shown, said = _label(rng, parent)
    column = rng.choice(child.columns)
    link = _link(parent, child)
    kind = rng.random()
    if kind < 0.4:
        return show(
            rng, f"the {said} of each {parent.one} and the {column.one} of their {child.many}"
        ), f"SELECT {shown}, {child.name}.{column.name} FROM {link};"
    tail, where = "", ""
    if kind > 0.7:
        condition = conditions(rng, child, prefix=f"{child.name}.")
        tail, where = f" {condition.said}", f" WHERE {condition.sql}"
    if rng.random() < 0.4:
        return show(
            rng, f"all {child.many}{tail} with the {said} of their {parent.one}"
        ), f"SELECT {child.name}.*, {shown} FROM {link}{where};"
    return show(
        rng, f"the {column.one} of each {child.one}{tail} with the {said} of its {parent.one}"
    ), f"SELECT {child.name}.{column.name}, {shown} FROM {link}{where};"


def _children(rng: random.Random, parent: Table, child: Table) -> Request:
    """Children of the parents that a condition picks: they, their number, an aggregate."""
    condition = conditions(rng, parent, prefix=f"{parent.name}.")
    tail = f"FROM {_link(parent, child)} WHERE {condition.sql};"
    rows = f"{child.many} of the {parent.many} {condition.said}"
    kind = rng.random()
    if kind < 0.35:
        return rng.choice(
            (show(rng, f"all {rows}"), show(rng, f"the {rows}"),
             show(rng, f"all {child.many} of {parent.many} {condition.said}"))
        ), f"SELECT {child.name}.* {tail}"  # fmt: skip
    if kind < 0.6:
        return rng.choice(
            (
                f"How many {child.many} do the {parent.many} {condition.said} have?",
                f"How many {child.many} do {parent.many} {condition.said} have?",
                f"Count the {rows}.",
                show(rng, f"the number of {rows}"),
            )
        ), f"SELECT COUNT(*) {tail}"
    numbers = child.of("number")
    if kind < 0.8 and numbers:
        column = rng.choice(numbers)
        function, words_for = aggregate(rng, column)
        return rng.choice(
            (
                f"What is the {words_for} of the {rows}?",
                show(rng, f"the {words_for} of the {rows}"),
            )
        ), f"SELECT {function}({child.name}.{column.name}) {tail}"
    column = rng.choice(child.columns)
    return show(rng, f"the {column.many} of the {rows}"), (
        f"SELECT {child.name}.{column.name} {tail}"
    )


def _parents(rng: random.Random, parent: Table, child: Table) -> Request:
    """Parents that have children of a kind."""
    condition = conditions(rng, child, prefix=f"{child.name}.")
    column = parent.title or rng.choice(parent.columns)
    have = rng.choice(("that have", "who have", "with"))
    return rng.choice(
        (
            show(rng, f"the {column.many} of the {parent.many} {have} {child.many} "
                      f"{condition.said}"),
            show(rng, f"the different {column.many} of the {parent.many} {have} {child.many} "
                      f"{condition.said}"),
        )
    ), (
        f"SELECT DISTINCT {parent.name}.{column.name} FROM {_link(parent, child)} "
        f"WHERE {condition.sql};"
    )  # fmt: skip


def _top_parents(rng: random.Random, parent: Table, child: Table) -> Request:
    """Parents by the number, or another aggregate, of their children."""
    title = parent.title
    shown = f"{parent.name}.{title.name}" if title else f"{parent.name}.*"
    sense, most = rng.choice(((" DESC", "most"), (" DESC", "most"), (" DESC", "most"),
                              ("", "fewest")))  # fmt: skip
    by, words_for = "COUNT(*)", f"{most} {child.many}"
    numbers = child.of("number")
    if numbers and rng.random() < 0.25:
        column = rng.choice(numbers)
        sense, word = rng.choice(((" DESC", "highest"), ("", "lowest")))
        by = f"SUM({child.name}.{column.name})"
        words_for = f"{word} total {column.one} of their {child.many}"
    tail = f"FROM {_link(parent, child)} GROUP BY {parent.name}.id ORDER BY {by}{sense}"
    if rng.random() < 0.55:
        return rng.choice(
            (
                f"Which {parent.one} has the {words_for}?",
                f"Which {parent.one} has the {words_for}?",
                show(rng, f"the {parent.one} with the {words_for}"),
            )
        ), f"SELECT {shown} {tail} LIMIT 1;"
    number, limit = small_number(rng, 10)
    return rng.choice(
        (
            f"Which {number} {parent.many} have the {words_for}?",
            show(rng, f"the {number} {parent.many} with the {words_for}"),
        )
    ), f"SELECT {shown} {tail} LIMIT {limit};"


def _childless(rng: random.Random, parent: Table, child: Table) -> Request:
    """Parents without children."""
    link = f"{parent.name} LEFT JOIN {child.name} ON {child.name}.{parent.said.snake}_id"
    tail = f"FROM {link} = {parent.name}.id WHERE {child.name}.id IS NULL;"
    without = rng.choice((f"without {child.many}", f"that have no {child.many}",
                          f"with no {child.many}", f"without any {child.many}",
                          f"who have no {child.many}"))  # fmt: skip
    kind = rng.random()
    if kind < 0.4:
        return rng.choice(
            (
                show(rng, f"all {parent.many} {without}"),
                show(rng, f"the {parent.many} {without}"),
                f"Which {parent.many} have no {child.many}?",
            )
        ), f"SELECT {parent.name}.* {tail}"
    if kind < 0.6:
        return rng.choice(
            (f"How many {parent.many} have no {child.many}?",
             f"Count the {parent.many} {without}.")
        ), f"SELECT COUNT(*) {tail}"  # fmt: skip
    column = parent.title or rng.choice(parent.columns)
    return show(rng, f"the {column.many} of the {parent.many} {without}"), (
        f"SELECT {parent.name}.{column.name} {tail}"
    )


def _having(rng: random.Random, parent: Table, child: Table) -> Request:
    """Parents with more children than a number."""
    title = parent.title
    shown = f"{parent.name}.{title.name}" if title else f"{parent.name}.*"
    sign, word = rng.choice(((">", "more than"), (">", "more than"), ("<", "fewer than"),
                             (">=", "at least")))  # fmt: skip
    count = rng.randint(2, 8)
    return rng.choice(
        (
            f"Which {parent.many} have {word} {count} {child.many}?",
            show(rng, f"the {parent.many} with {word} {count} {child.many}"),
            show(rng, f"the {parent.many} that have {word} {count} {child.many}"),
        )
    ), (
        f"SELECT {shown} FROM {_link(parent, child)} GROUP BY {parent.name}.id "
        f"HAVING COUNT(*) {sign} {count};"
    )


def _first(rng: random.Random, parent: Table, child: Table) -> Request:
    """Children in the order of a column, with a column of their parents."""
    column = rng.choice(child.of("number"))
    shown, said = _label(rng, parent)
    down = rng.random() < 0.6
    order = f"ORDER BY {child.name}.{column.name}{' DESC' if down else ''}"
    link = _link(parent, child)
    if rng.random() < 0.35:
        return show(
            rng,
            f"all {child.many} with the {said} of their {parent.one}, sorted by {column.one}"
            f"{' in descending order' if down else ''}",
        ), f"SELECT {child.name}.*, {shown} FROM {link} {order};"
    which = "highest" if down else "lowest"
    number, limit = small_number(rng)
    return show(
        rng,
        f"the {number} {child.many} with the {which} {column.one} and the {said} of their "
        f"{parent.one}",
    ), f"SELECT {child.name}.*, {shown} FROM {link} {order} LIMIT {limit};"


_Make = Callable[[random.Random, Table, Table], Request]
_MAKERS: Sequence[tuple[_Make, float, bool]] = (
    (_aggregate_of_children, 2.5, True),
    (_count_of_children, 1.6, False),
    (_pairs, 1.6, False),
    (_children, 2.2, False),
    (_parents, 1.1, False),
    (_top_parents, 1.5, False),
    (_childless, 1.2, False),
    (_having, 0.8, False),
    (_first, 0.8, True),
)


def request(rng: random.Random, parent: Table, child: Table) -> Request:
    """A request about two tables and its query."""
    able = [(make, weight) for make, weight, need in _MAKERS if not need or child.of("number")]
    make = rng.choices([make for make, _ in able], [weight for _, weight in able])[0]
    return make(rng, parent, child)
