"""Texts full of facts, and the tables that hold them."""

import random
from collections.abc import Callable, Mapping, Sequence

from playground.prompts.formats import Pair, table_prompt, table_row
from tools.demo_model import lexicon, words
from tools.demo_model.documents import Document, Item, Split, answered, draw, some

Facts = dict[str, str]
"""Cells by kind of column."""

# What a column may be called, by its kind; a prompt takes some kinds in any order.
_PEOPLE = {
    "name": ("Name", "Person", "Who"),
    "age": ("Age", "Years"),
    "job": ("Job", "Profession", "Work", "Occupation"),
    "city": ("City", "Town", "Home", "Place"),
}
_GOODS = {
    "product": ("Product", "Item", "Article"),
    "price": ("Price", "Cost", "Euros"),
    "count": ("Stock", "Quantity", "Number", "Pieces"),
    "colour": ("Colour", "Color"),
}
_EVENTS = {
    "event": ("Event", "What", "Title"),
    "date": ("Date", "When", "Day"),
    "place": ("Place", "City", "Where"),
    "price": ("Price", "Ticket", "Entry"),
}
_JOURNEYS = {
    "from": ("From", "Departure", "Start"),
    "to": ("To", "Destination", "Arrival"),
    "time": ("Time", "Leaves", "Hour"),
    "price": ("Price", "Fare", "Euros"),
}
_FIRMS = {
    "company": ("Company", "Name", "Firm"),
    "city": ("City", "Seat", "Headquarters"),
    "year": ("Founded", "Year", "Since"),
    "staff": ("Employees", "Staff", "People"),
}

_KIN = {
    "He": ("brother", "son", "father", "friend", "cousin"),
    "She": ("sister", "daughter", "mother", "friend", "cousin"),
}


def _person(rng: random.Random, split: Split, name: str, he: str) -> tuple[str, Facts]:
    age, city = str(rng.randint(18, 79)), lexicon.city(rng, split)
    job = rng.choice(lexicon.JOBS)
    job_a, his = lexicon.article(job), {"He": "his", "She": "her"}[he]
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
            f"{name} has been {job_a} for years. {he} is {age} and {his} home is {city}.",
        )
        if name.split()[0] not in ("His", "Her")
        else (
            f"{name} is a {age}-year-old {job} from {city}.",
            f"{name}, {age}, is {job_a} in {city}.",
            f"{name}, {job_a} of {age}, lives in {city}.",
            f"{name} is {age}, lives in {city} and works as {job_a}.",
            f"{name} is {job_a} in {city} and is {age} years old.",
        )
    )
    return wording, {"age": age, "job": job, "city": city}


def people(rng: random.Random, split: Split) -> tuple[str, list[Facts]]:
    """One to three persons, later ones sometimes introduced as relatives."""
    sentences, rows = [], []
    he = rng.choice(("He", "She"))
    for count in range(rng.choice((1, 1, 2, 2, 3))):
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


def goods(rng: random.Random, split: Split) -> tuple[str, list[Facts]]:
    """One to three articles of a shop."""
    sentences, rows = [], []
    for _ in range(rng.choice((1, 2, 2, 3))):
        thing = f"{lexicon.coined(rng, split)} {lexicon.thing(rng, split)}"
        if rng.random() < 0.5:
            thing = lexicon.thing(rng, split)
        price, count = str(rng.randint(2, 300)), str(rng.randint(2, 90))
        colour = rng.choice(lexicon.COLOURS)
        sentences.append(
            rng.choice(
                (
                    f"We have {count} pieces of the {thing} in {colour} for {price} euros each.",
                    f"The {thing} is {colour} and costs {price} euros; {count} are in stock.",
                    f"There are {count} of the {thing} left, in {colour}, at {price} euros.",
                    f"The {thing} costs {price} euros, comes in {colour}, and we have {count}.",
                    f"The {colour} {thing} sells for {price} euros. There are {count} of it.",
                    f"For {price} euros you get the {thing} in {colour}. We still have {count}.",
                )
            )
        )
        rows.append({"product": thing, "price": price, "count": count, "colour": colour})
    return " ".join(sentences), rows


_EVENT_KINDS = words.listed("shared", "events")


def events(rng: random.Random, split: Split) -> tuple[str, list[Facts]]:
    """One to three public events."""
    sentences, rows = [], []
    for kind in rng.sample(_EVENT_KINDS, rng.choice((1, 2, 2, 3))):
        day, place = lexicon.date(rng), lexicon.city(rng, split)
        price = rng.choice((f"{rng.randint(3, 90)} euros", f"{rng.randint(3, 90)} euros", "free"))
        costs = "is free" if price == "free" else f"costs {price}"
        sentences.append(
            rng.choice(
                (
                    f"The {kind} in {place} is on {day} and {costs}.",
                    f"On {day} there is a {kind} in {place}; entry {costs}.",
                    f"{place} has a {kind} on {day}. It {costs}.",
                    f"The {kind} takes place in {place} on {day}. A ticket {costs}.",
                    f"Come to {place} on {day} for the {kind}. Entry {costs}.",
                )
            )
        )
        rows.append({"event": kind, "date": day, "place": place, "price": price})
    return " ".join(sentences), rows


def journeys(rng: random.Random, split: Split) -> tuple[str, list[Facts]]:
    """One to three trains, buses or flights."""
    sentences, rows = [], []
    kind = rng.choice(("train", "bus", "flight", "ferry"))
    for _ in range(rng.choice((1, 2, 2, 3))):
        start, goal = lexicon.city(rng, split), lexicon.city(rng, split)
        time = f"{rng.randint(0, 23):02}:{rng.choice(range(0, 60, 5)):02}"
        price = str(rng.randint(5, 250))
        sentences.append(
            rng.choice(
                (
                    f"The {kind} from {start} to {goal} leaves at {time} and costs {price} euros.",
                    f"At {time} a {kind} goes from {start} to {goal} for {price} euros.",
                    f"A {kind} to {goal} leaves {start} at {time}; it costs {price} euros.",
                    f"From {start} you can take the {time} {kind} to {goal} for {price} euros.",
                    f"For {price} euros the {kind} takes you from {start} to {goal} at {time}.",
                )
            )
        )
        rows.append({"from": start, "to": goal, "time": time, "price": price})
    return " ".join(sentences), rows


def firms(rng: random.Random, split: Split) -> tuple[str, list[Facts]]:
    """One to three companies."""
    sentences, rows = [], []
    for _ in range(rng.choice((1, 2, 2, 3))):
        name, city = lexicon.company(rng, split), lexicon.city(rng, split)
        year, staff = str(rng.randint(1850, 2022)), str(rng.randint(3, 900))
        sentences.append(
            rng.choice(
                (
                    f"{name} was founded in {city} in {year} and has {staff} employees.",
                    f"{name} from {city} has {staff} employees. It was founded in {year}.",
                    f"Since {year}, {name} has worked in {city}, today with {staff} people.",
                    f"In {year} {name} opened in {city}; {staff} people work there now.",
                    f"{name} employs {staff} people in {city} and dates from {year}.",
                )
            )
        )
        rows.append({"company": name, "city": city, "year": year, "staff": staff})
    return " ".join(sentences), rows


_Maker = Callable[[random.Random, Split], tuple[str, list[Facts]]]
_KINDS: tuple[tuple[_Maker, Mapping[str, tuple[str, ...]]], ...] = (
    (people, _PEOPLE),
    (people, _PEOPLE),
    (goods, _GOODS),
    (events, _EVENTS),
    (journeys, _JOURNEYS),
    (firms, _FIRMS),
)


def document(rng: random.Random, split: Split) -> Document:
    """Texts and tables; held-out ones tell of names and places never seen."""
    make, kinds = rng.choice(_KINDS)
    order = list(kinds)
    if rng.random() < 0.7:
        rng.shuffle(order)
    if rng.random() < 0.3:
        order = order[: rng.choice((2, 3))]
    columns = [rng.choice(kinds[kind]) if rng.random() < 0.6 else kinds[kind][0] for kind in order]

    def item(side: Split) -> Item:
        def one() -> Item:
            text, rows = make(rng, side)
            lines = [table_row([row[kind] for kind in order]) for row in rows]
            return Item(given=text, wanted="\n".join(lines), key=text)

        return draw(one, side)

    def prompt(examples: Sequence[Pair], text: str) -> str:
        return table_prompt(columns=columns, examples=examples, text=text)

    items = [*map(item, [Split.TRAIN] * some(rng, 3)), item(split)]
    return answered(task="table", items=items, prompt=prompt, before="\n", after="\n\n")
