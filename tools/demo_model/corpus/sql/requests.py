"""Requests in words over a given schema, and the SQL that answers them."""

import random
from collections.abc import Sequence

from playground.prompts.formats import Pair, sql_prompt
from tools.demo_model.corpus.documents import (
    Document,
    Item,
    Split,
    draw_item,
    make_document,
    pick_example_count,
)
from tools.demo_model.corpus.sql import joins, queries
from tools.demo_model.corpus.sql.schemas import Table, schema


def request(rng: random.Random, tables: Sequence[Table]) -> queries.Request:
    """A request over the tables and its query."""
    linked = [
        (parent, child)
        for child in tables
        for parent in tables
        if parent.said.snake in child.parents
    ]
    if linked and rng.random() < 0.42:
        asked, query = joins.request(rng, *rng.choice(linked))
    else:
        asked, query = queries.request(rng, rng.choice(tables))
    # As people type it: without the full stop, or without the capital either.
    if rng.random() < 0.15:
        asked = asked.removesuffix(".")
    if rng.random() < 0.08:
        asked = asked[0].lower() + asked[1:]
    return asked, query


def document(rng: random.Random, split: Split, *, unseen_tables: bool = False) -> Document:
    """A schema with requests.

    Held-out ones are requests never seen; ``unseen_tables`` takes the names of the
    tables and of their columns from those that training never shows.
    """
    tables = schema(rng, Split.HELD_OUT if unseen_tables else Split.TRAIN)

    def one() -> Item:
        given, wanted = request(rng, tables)
        return Item(given=given, wanted=wanted, key=given)

    items = [
        *(draw_item(one, Split.TRAIN) for _ in range(pick_example_count(rng, 4))),
        draw_item(one, split),
    ]

    def prompt(examples: Sequence[Pair], asked: str) -> str:
        return sql_prompt(
            schema="\n".join(table.line for table in tables), examples=examples, request=asked
        )

    return make_document(task="sql", items=items, prompt=prompt)
