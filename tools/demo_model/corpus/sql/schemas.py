"""Schemas that people might ask about: tables, their columns and how they are linked."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tools.demo_model.corpus.documents import Split
from tools.demo_model.corpus.sql import identifiers
from tools.demo_model.corpus.sql.identifiers import Name


@dataclass(frozen=True)
class Column:
    """A column and its type: text, number or date."""

    name: str
    kind: str

    @property
    def one(self) -> str:
        """The column as people say it."""
        return self.name.replace("_", " ")

    @property
    def many(self) -> str:
        """The column as people say it of many rows."""
        return _PLURALS.get(self.name) or identifiers.plural(self.one)


_PLURALS = {"stock": "stocks", "qty": "qty", "amt": "amt", "pct": "pct", "addr": "addr"}


@dataclass(frozen=True)
class Table:
    """A table: its name in SQL and in words, and its columns in the order of the schema."""

    name: str
    said: Name
    columns: tuple[Column, ...]
    parents: tuple[str, ...] = ()
    """What its links ``<one>_id`` point to, as SQL writes one of it."""

    @property
    def one(self) -> str:
        """One row in words."""
        return self.said.one

    @property
    def many(self) -> str:
        """Its rows in words."""
        return self.said.many

    def of(self, *kinds: str) -> list[Column]:
        """Its columns of some kinds."""
        return [column for column in self.columns if column.kind in kinds]

    @property
    def title(self) -> Column | None:
        """The column that names a row, if it is plain which."""
        named = [column for column in self.columns if column.name in ("name", "title")]
        return named[0] if named else None

    @property
    def line(self) -> str:
        """The table as the prompt shows it."""
        links = [f"{parent}_id" for parent in self.parents]
        names = ["id", *links, *(column.name for column in self.columns)]
        return f"{self.name}({', '.join(names)})"


# Schemas that most people try first: tables with links, then columns by kind.
_KNOWN: tuple[tuple[tuple[str, ...], tuple[str, ...], str], ...] = (
    (
        ("customers", "customers", "clients", "users", "members"),
        (),
        "name city country email|age|joined_on",
    ),
    (
        ("orders", "orders", "invoices", "purchases", "payments"),
        ("customers", "customers", "clients", "users", "members"),
        "product status category|price quantity amount|ordered_on order_date",
    ),
    (("products", "articles"), (), "name category brand colour|price stock weight rating|"),
    (("reviews",), ("products", "articles"), "author title|rating score|created_on"),
    (("departments", "branches"), (), "name city|budget floor|"),
    (
        ("employees", "workers"),
        ("departments", "branches"),
        "name department position city|salary age|hired_on hire_date",
    ),
    (("authors", "publishers"), (), "name country city|age|born_on"),
    (("books",), ("authors", "publishers"), "title genre language author|price pages year|"),
    (("students",), (), "name city country email|age score|birth_date"),
    (("grades", "exams"), ("students",), "subject|score points|"),
    (("teachers",), (), "name subject city|age salary|hired_on"),
    (("courses", "lessons"), ("teachers",), "title subject level|hours seats price|start_date"),
    (("films", "movies"), (), "title genre country language|year duration rating|release_date"),
    (("artists",), (), "name country genre|age|"),
    (("songs", "albums"), ("artists",), "title genre|duration year rating|"),
    (("countries",), (), "name region|population area|"),
    (("cities",), ("countries",), "name|population area|"),
)


def _links(rng: random.Random, tables: Sequence[Table], most: int) -> tuple[str, ...]:
    chosen = rng.sample(tables, min(len(tables), most))
    return tuple(table.said.snake for table in chosen)


def _familiar_schema(rng: random.Random) -> list[Table]:
    """One or two tables of the list, or more where they do not belong together."""
    start = rng.choice([place for place, entry in enumerate(_KNOWN) if not entry[1]])
    if rng.random() < 0.45:
        # What most people try first of all.
        start = rng.choice((0, 0, 0, 2, 4, 6, 8))
    places = [start]
    if rng.random() < 0.75:
        places += [place for place, entry in enumerate(_KNOWN) if _KNOWN[start][0] == entry[1]][:1]
    if rng.random() < 0.25:
        other = rng.choice([place for place, entry in enumerate(_KNOWN) if not entry[1]])
        places += [other] if other != start else []
    tables: list[Table] = []
    for place in places:
        names, parents, columns = _KNOWN[place]
        many = names[0] if rng.random() < 0.5 else rng.choice(names)
        kinds = [part.split() for part in columns.split("|")]
        texts, numbers, dates = kinds
        shown = [Column(name, "text") for name in _first(rng, texts, 3)]
        shown += [Column(name, "number") for name in _first(rng, numbers, 2, keep=bool(parents))]
        shown += [Column(name, "date") for name in rng.sample(dates, min(len(dates), 1))]
        if dates and rng.random() < 0.5:
            shown.pop()
        one = _singular(many)
        links = (tables[0].said.snake,) if parents else ()
        tables.append(Table(many, Name(one, many), tuple(shown), links))
    if len(tables) > 1 and tables[1].parents and rng.random() < 0.15:
        # The one that points alone, with or without its link.
        return [replace(tables[1], parents=rng.choice((tables[1].parents, ())))]
    return tables


def _first(rng: random.Random, names: Sequence[str], most: int, *, keep: bool = True) -> list[str]:
    """The first name nearly always, and some of the others in their order."""
    count = rng.randint(1 if keep else 0, min(most, len(names)))
    if rng.random() < 0.75:
        rest = rng.sample(range(1, len(names)), max(0, min(count, len(names)) - 1))
        return [names[place] for place in [0, *sorted(rest)]][:count]
    return rng.sample(names, count)


def _singular(many: str) -> str:
    if many.endswith("ches"):
        return many[:-2]
    return f"{many[:-3]}y" if many.endswith("ies") and many != "movies" else many[:-1]


def _columns(rng: random.Random, split: Split, strange: float) -> tuple[Column, ...]:
    """Columns of a table; ``strange`` is the share of names that nobody expects."""
    counts = {"text": rng.choice((1, 1, 2, 2, 3)), "number": rng.choice((0, 1, 1, 1, 2))}
    counts["date"] = rng.choice((0, 0, 1))
    names: dict[str, str] = {}
    if rng.random() < 0.5 and strange < 1:
        names["name" if rng.random() < 0.8 else "title"] = "text"
        counts["text"] -= 1
    for kind, count in counts.items():
        for _ in range(count):
            name = (
                identifiers.unfamiliar_column(rng, kind, split)
                if rng.random() < strange
                else identifiers.familiar_column(rng, kind)
            )
            names.setdefault(name, kind)
    columns = [Column(name, kind) for name, kind in names.items()]
    if rng.random() < 0.4:
        rng.shuffle(columns)
    return tuple(columns)


def _mixed_schema(rng: random.Random, split: Split) -> list[Table]:
    """One to four tables of any names; each may point to one or two of those before it."""
    tables: list[Table] = []
    # Whole schemas of strange names are the hard case, so they are the usual one.
    strange = 1.0 if split is Split.HELD_OUT else rng.choice((0.1, 0.4, 0.8, 1.0, 1.0, 1.0))
    singular = rng.random() < 0.12
    taken: set[str] = set()
    for count in range(rng.choice((1, 1, 2, 2, 2, 2, 3, 3, 4))):
        while True:
            said = (
                identifiers.unfamiliar_table(rng, split)
                if split is Split.HELD_OUT or rng.random() < max(strange, 0.3)
                else identifiers.familiar_table(rng)
            )
            name = said.snake if singular else said.snakes
            if not {said.snake, said.snakes} & taken and name not in identifiers.RESERVED:
                break
        taken |= {said.snake, said.snakes}
        linked = count > 0 and rng.random() < 0.75
        parents = _links(rng, tables, rng.choice((1, 1, 1, 2))) if linked else ()
        columns = _columns(rng, split, strange)
        # A column named as its table would be hard for people too.
        columns = tuple(column for column in columns if column.name not in taken)
        if not columns:
            columns = (Column(identifiers.unfamiliar_column(rng, "text", split), "text"),)
        tables.append(Table(name=name, said=said, columns=columns, parents=parents))
    if rng.random() < 0.25:
        rng.shuffle(tables)
    return tables


def schema(rng: random.Random, split: Split) -> list[Table]:
    """The tables of a prompt; in held-out ones every name but ``id`` and links is unseen."""
    if split is Split.TRAIN and rng.random() < 0.3:
        return _familiar_schema(rng)
    return _mixed_schema(rng, split)
