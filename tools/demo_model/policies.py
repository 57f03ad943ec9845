"""What a shop promises its customers: the facts that a support agent answers from."""

import random

from tools.demo_model import lexicon
from tools.demo_model.documents import Split


def facts_of(rng: random.Random) -> dict[str, tuple[str, str]]:
    """Kinds of facts: the sentence of the setting, and the words that answer with it."""
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
    mail = f"{box}@{lexicon.coined(rng, Split.TRAIN).lower()}.{rng.choice(('com', 'org', 'net'))}"
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
