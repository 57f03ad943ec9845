"""A shop's promises to its customers: the facts of a support agent's answers."""

import random

from tools.demo_model.corpus import lexicon, words
from tools.demo_model.corpus.documents import Split

_TELL = {kind: words.lines("chat", f"tell: {kind}") for kind in words.section_names("chat", "tell")}
_YES_OR_NO = {
    kind: words.lines("chat", f"yes or no: {kind}")
    for kind in words.section_names("chat", "yes or no")
}
_PARKING = words.entries("chat", "parking places")


def facts_of(rng: random.Random) -> dict[str, tuple[str, str]]:
    """Kinds of facts: the sentence of the setting, and the words that answer with it."""
    facts = _of_orders(rng)
    for kind, fact in _of_the_shop(rng).items():
        facts[kind] = (rng.choice(_TELL[kind]).format(fact=fact), fact)
    for kind, lines in _YES_OR_NO.items():
        told, _, answer = rng.choice(lines).partition(" > ")
        facts[kind] = (told, answer)
    return facts


def _of_the_shop(rng: random.Random) -> dict[str, str]:
    low = rng.randint(1, 6)
    start = rng.randint(8, 11)
    places = rng.sample(("France", "Spain", "Italy", "Ireland", "Germany", "Austria", "Norway",
                         "Poland", "Portugal", "Denmark", "Belgium", "Sweden"), 2)  # fmt: skip
    street = f"{rng.randint(1, 99)} {rng.choice(lexicon.COMPANY_NOUNS)} Street"
    return {
        "wrap": f"{rng.randint(1, 9)} euros",
        "size": f"{rng.choice((7, 10, 14, 20, 21, 28, 30, rng.randint(5, 60)))} days",
        "weekend": f"from {start} am to {rng.randint(1, 8)} pm",
        "student": f"{rng.choice((5, 10, 12, 15, 20, 25))} percent",
        "parking": rng.choice(_PARKING),
        "phone": " ".join(str(rng.randint(100, 999)) for _ in range(rng.choice((2, 3)))),
        "where": f"{street} in {lexicon.city(rng, Split.TRAIN)}",
        "pickup": rng.choice(
            (f"{rng.randint(2, 6)} hours", "one day", f"{rng.randint(2, 5)} days")
        ),
        "abroad": f"{places[0]} and {places[1]}",
        "express": f"{rng.randint(5, 25)} euros",
        "repair": rng.choice((f"{low} to {low + rng.randint(1, 4)} weeks", f"{low + 1} days")),
        "voucher": rng.choice(
            ("one year", "two years", "three years", f"{rng.randint(3, 18)} months")
        ),
        "made": rng.choice((*places, "Europe", lexicon.city(rng, Split.TRAIN))),
    }


def _of_orders(rng: random.Random) -> dict[str, tuple[str, str]]:
    low = rng.randint(1, 8)
    span = f"{low} to {low + rng.randint(1, 5)} {rng.choice(('days', 'days', 'working days'))}"
    days = rng.choice((7, 10, 14, 20, 21, 28, 30, 45, 60, 90, 100, rng.randint(5, 99)))
    years = rng.choice(("one year", "two years", "three years", "five years", "ten years"))
    opening = f"from {rng.choice(lexicon.DAYS[:3])} to {rng.choice(lexicon.DAYS[3:])}"
    hours = f"{opening}, {rng.randint(7, 11)} am to {rng.randint(4, 9)} pm"
    price = f"{rng.randint(2, 19)} euros"
    free = f"{rng.randint(2, 20) * 5} euros"
    ways = rng.sample(("card", "PayPal", "bank transfer", "invoice", "gift card", "cash"), 3)
    pay = f"{ways[0]}, {ways[1]} or {ways[2]}"
    box = rng.choice(("help", "support", "hello", "service", "team", "contact"))
    mail = (
        f"{box}@{lexicon.coin_name(rng, Split.TRAIN).lower()}.{rng.choice(('com', 'org', 'net'))}"
    )
    refund = f"{rng.randint(2, 14)} days"
    return {
        "delivery": (
            rng.choice(
                (f"Orders arrive within {span}.", f"Delivery takes {span}.")
                if rng.random() < 0.7
                else (f"An order takes {span} to arrive.", f"We deliver within {span}.")
            ),
            span,
        ),
        "returns": (
            rng.choice(
                (
                    f"Returns are free within {days} days.",
                    f"Customers can return items for free within {days} days.",
                    f"Items can be sent back within {days} days, free of charge.",
                )
            ),
            f"{days} days",
        ),
        "warranty": (
            rng.choice(
                (
                    f"All products have a warranty of {years}.",
                    f"The warranty lasts {years}.",
                    f"There is a warranty of {years} on everything.",
                )
            ),
            years,
        ),
        "hours": (
            rng.choice((f"The shop is open {hours}.", f"Opening hours are {hours}.")),
            hours,
        ),
        "cost": (rng.choice((f"Delivery costs {price}.", f"Shipping costs {price}.")), price),
        "free": (
            rng.choice(
                (f"Delivery is free for orders over {free}.", f"Orders over {free} ship for free.")
            ),
            free,
        ),
        "pay": (rng.choice((f"Customers can pay by {pay}.", f"We accept {pay}.")), pay),
        "mail": (
            rng.choice((f"The support address is {mail}.", f"The team can be reached at {mail}.")),
            mail,
        ),
        "refund": (
            rng.choice((f"Refunds take {refund}.", f"A refund is paid within {refund}.")),
            refund,
        ),
    }
