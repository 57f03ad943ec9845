"""Texts full of facts, and the tables that hold them."""

import random
from collections.abc import Mapping, Sequence

from playground.prompts.formats import Pair, table_prompt, table_row
from tools.demo_model.corpus import lexicon
from tools.demo_model.corpus.documents import (
    Document,
    Item,
    Split,
    draw_item,
    make_document,
    pick_example_count,
)
from tools.demo_model.corpus.facts import records
from tools.demo_model.corpus.facts.records import Facts

# Possible names of a column, by its kind; a prompt uses some kinds in any order.
_PEOPLE = {
    "name": ("Name", "Person", "Who", "Full name"),
    "age": ("Age", "Years", "Years old"),
    "job": ("Job", "Profession", "Work", "Occupation", "Works as"),
    "city": ("City", "Town", "Home", "Place", "Lives in", "From"),
}
_KIN = {
    "He": ("brother", "son", "father", "friend", "cousin"),
    "She": ("sister", "daughter", "mother", "friend", "cousin"),
}


def _person(rng: random.Random, split: Split, name: str, he: str) -> tuple[str, Facts]:
    age, city = str(rng.randint(18, 79)), lexicon.city(rng, split)
    job = rng.choice(lexicon.JOBS)
    job_a, his = lexicon.with_article(job), {"He": "his", "She": "her"}[he]
    wording = rng.choice(
        (
            f"{name} is a {age}-year-old {job} from {city}.",
            f"{name}, {age}, is {job_a} in {city}.",
            f"{name} is {age} and works as {job_a} in {city}.",
            f"{name} is {job_a} in {city} and is {age} years old.",
            f"{name} lives in {city}. {he} is {age} and works as {job_a}.",
            f"{name}, {job_a} of {age}, lives in {city}.",
            f"{name} ({age}) works as {job_a} in {city}.",
            f"At {age}, {name} works as {job_a} and lives in {city}.",
            f"{name}, {age}, lives in {city} and works as {job_a}.",
            f"In {city} lives {name}, {job_a}. {he} is {age} years old.",
            f"{name}: {age}, {job}, {city}.",
            f"{name} comes from {city}, is {age} years old and works as {job_a}.",
            f"The {job} {name} is {age} and comes from {city}.",
            f"{name}, who is {age} and lives in {city}, is {job_a}.",
            f"{name} has been {job_a} for years. {he} is {age} and {his} home is {city}.",
        )
        if name.split()[0] not in ("His", "Her")
        else (
            f"{name} is a {age}-year-old {job} from {city}.",
            f"{name}, {age}, is {job_a} in {city}.",
            f"{name}, {job_a} of {age}, lives in {city}.",
            f"{name} is {age}, lives in {city} and works as {job_a}.",
            f"{name} is {job_a} in {city} and is {age} years old.",
            f"{name}, who is {age}, works as {job_a} in {city}.",
            f"{name} ({age}) is {job_a} in {city}.",
        )
    )
    return wording, {"age": age, "job": job, "city": city}


def tell_people(rng: random.Random, split: Split, counts: Sequence[int]) -> tuple[str, list[Facts]]:
    """One to five persons, later ones sometimes introduced as relatives."""
    sentences, rows = [], []
    he = rng.choice(("He", "She"))
    for count in range(rng.choice(counts)):
        plain = rng.random() < 0.5
        name = lexicon.first_name(rng, split) if plain else lexicon.full_name(rng, split)
        shown = name
        if count and rng.random() < 0.5:
            his = "His" if he == "He" else "Her"
            he = rng.choice(("He", "She"))
            shown = f"{his} {rng.choice(_KIN[he])} {name}"
        else:
            he = rng.choice(("He", "She"))
        text, facts = _person(rng, split, shown, he)
        sentences.append(text)
        rows.append({"name": name, **facts})
    return " ".join(sentences), rows


def tell_records(
    rng: random.Random, split: Split, kind: str, counts: Sequence[int]
) -> tuple[str, list[Facts]]:
    """One to five records of a kind; in some texts a fact of one is missing."""
    sentences, rows = [], []
    gaps = rng.random() < 0.15
    for _ in range(rng.choice(counts)):
        whole = not gaps or rng.random() < 0.5
        text, facts = records.record(rng, split, kind, whole=whole)
        sentences.append(text)
        rows.append(facts)
    if rng.random() < 0.06:
        sentences.insert(rng.choice((0, len(sentences))), rng.choice(records.FILLERS))
    return " ".join(sentences), rows


_COUNTS = (1, 1, 2, 2, 2, 3, 3, 4, 5)
# Worked examples are shorter: the prompt has room for more of them.
_EXAMPLE_COUNTS = (1, 1, 1, 2, 2, 3)
# The page's first example is about people, and so are most texts.
_KINDS = ("people",) * 4 + tuple(records.KINDS)


def _columns(rng: random.Random, headers: Mapping[str, tuple[str, ...]]) -> tuple[list[str], ...]:
    """Fields in the order of the columns, and the columns' names."""
    order = list(headers)
    if rng.random() < 0.65:
        rng.shuffle(order)
    if rng.random() < 0.35:
        order = order[: rng.randint(2, len(order))]
    names = [rng.choice(headers[field]) if rng.random() < 0.6 else headers[field][0]
             for field in order]  # fmt: skip
    if rng.random() < 0.1:
        names = [name.lower() for name in names]
    return order, names


def document(rng: random.Random, split: Split) -> Document:
    """Texts and tables; held-out ones are about names and places never seen."""
    kind = rng.choice(_KINDS)
    order, columns = _columns(rng, _PEOPLE if kind == "people" else records.headers(kind))

    def item(side: Split, counts: Sequence[int]) -> Item:
        def one() -> Item:
            if kind == "people":
                text, rows = tell_people(rng, side, counts)
            else:
                text, rows = tell_records(rng, side, kind, counts)
            lines = [table_row([row[field] for field in order]) for row in rows]
            return Item(given=text, wanted="\n".join(lines), key=text)

        return draw_item(one, side)

    def prompt(examples: Sequence[Pair], text: str) -> str:
        return table_prompt(columns=columns, examples=examples, text=text)

    items = [item(Split.TRAIN, _EXAMPLE_COUNTS) for _ in range(pick_example_count(rng, 3))]
    items.append(item(split, _COUNTS))
    return make_document(task="table", items=items, prompt=prompt, before="\n", after="\n\n")
