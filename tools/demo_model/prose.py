"""Plain text for the free page: descriptions, labelled messages and reviews, short stories."""

import random
from collections.abc import Callable, Sequence

from playground.prompts.formats import Pair
from tools.demo_model import lexicon
from tools.demo_model.documents import Document, Item, Split, answered, draw, some

# Features as a list shows them; those after the bar take no article in a sentence.
_COUNTED = (
    "folding arm|USB port|leak-proof lid|soft handle|wide base|small pocket|strong frame|long cable"
    "|hidden zip|quiet motor|clear display|large button|safety lock|metal clip|wooden grip"
    "|carry case|timer|remote control|rubber foot|glass door|second battery|removable filter"
    "|built-in light|steel blade|padded strap|cotton cover|round mirror|side pocket|night mode"
).split("|")
_MASS = (
    "warm light|soft wool|fast charging|low weight|wireless sound|natural oil|deep bass"
    "|rounded corners|wide wheels|double walls|bright colours|three speeds|two pockets|strong seams"
    "|solid oak|waterproof fabric|long battery life|adjustable height|four hooks|steel springs"
).split("|")
_DEEDS = (
    "keeps drinks hot for six hours|fits every cup holder|fits in any bag|folds in seconds"
    "|charges in an hour|saves energy|stays cool in summer|works without a cable"
    "|holds up to ten books|dries in minutes|cleans itself|works in the rain|lasts for years"
    "|keeps the cold out|turns off by itself|is easy to clean|stands on any floor"
).split("|")
_OPENINGS = (
    "The {n} makes every day a little easier.",
    "The {n} goes wherever you go.",
    "Meet the {n}, made for people who like good things.",
    "The {n} brings comfort to your home.",
    "With the {n} you get quality that you can feel.",
    "The {n} is small in size and big in use.",
    "The {n} is a friend for every day.",
    "Simple, strong and beautiful: that is the {n}.",
)
_CLOSINGS = (
    "A small companion for long days.",
    "You will not want to be without it.",
    "A fine gift for friends and family.",
    "Made to last and easy to love.",
    "Order it today and enjoy it for years.",
    "It looks good in every room.",
    "A simple choice for a better day.",
)


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _description(rng: random.Random, split: Split) -> tuple[str, str]:
    name = f"{lexicon.coined(rng, split)} {lexicon.pick(rng, lexicon.PRODUCTS, split)}"
    features = rng.sample(_COUNTED, rng.randint(0, 2)) + rng.sample(_MASS, rng.randint(1, 2))
    rng.shuffle(features)
    deeds = rng.sample(_DEEDS, rng.choice((0, 0, 1, 2)))
    owned = [word if word in _MASS else lexicon.article(word) for word in features]
    deed = [f"has {_listed(owned)}"]
    what = deeds[:1] + deed + deeds[1:]
    given = f"{name}\nFeatures: {', '.join([*deeds[:1], *features, *deeds[1:]])}"
    middle = f"It {_listed(what) if len(what) > 1 else what[0]}."
    opening = rng.choice(_OPENINGS).format(n=name)
    return given, f"{opening} {middle} {rng.choice(_CLOSINGS)}"


_TOPICS: dict[str, tuple[str, ...]] = {
    "delivery": (
        "My {p} has not arrived yet.", "When will you deliver my {p}?", "The parcel is late again.",
        "I have waited for my {p} for {d} days.", "The courier left my {p} at the wrong door.",
        "Can you tell me where my parcel is?", "The tracking page shows nothing new.",
    ),
    "refund": (
        "I want my money back for the {p}.", "I returned the {p} and have not been refunded.",
        "When do I get the refund?", "Please refund my last order.",
        "You still owe me {d} euros for the {p} that I sent back.",
    ),
    "account": (
        "I forgot my password.", "I cannot log in.", "Please delete my account.",
        "How do I change my email address?", "My account is locked since {w}.",
        "The login page shows an error.",
    ),
    "payment": (
        "My card was charged twice.", "Can I pay by bank transfer?", "The payment did not go through.",
        "I need an invoice for the {p}.", "You took {d} euros too much from my card.",
        "The invoice shows the wrong name.",
    ),
    "product": (
        "The {p} is broken.", "My {p} does not turn on.", "Is the {p} waterproof?",
        "How do I clean the {p}?", "There is a scratch on my {p}.", "Which {p} fits a small room?",
        "Does the {p} come in {c}?",
    ),
}  # fmt: skip
_GOOD = (
    "I love this {p}.", "The {p} works perfectly.", "Great quality for the price.",
    "My whole family enjoys the {p}.", "Best {p} that I have ever had.", "It arrived fast and looks great.",
    "The {p} is beautiful and easy to use.", "I would buy it again at once.",
    "Very happy with the {p}.", "It does exactly what it should.", "A wonderful {p}.",
    "The {c} colour is lovely.", "After {d} weeks it still looks new.",
)  # fmt: skip
_BAD = (
    "The {p} broke after {d} days.", "A waste of money.", "The {p} looks cheap and feels worse.",
    "I am very disappointed with the {p}.", "It stopped working after a week.",
    "The {p} is too small and smells bad.", "Do not buy this {p}.", "The quality is poor.",
    "It arrived damaged and late.", "The {p} never worked.", "The {c} colour is ugly.",
    "I sent the {p} back after {d} days.", "The worst {p} that I have ever had.",
)  # fmt: skip


def _filled(rng: random.Random, split: Split, sentence: str) -> str:
    return sentence.format(
        p=lexicon.pick(rng, lexicon.PRODUCTS, split),
        d=rng.randint(2, 30),
        w=rng.choice(lexicon.DAYS),
        c=rng.choice(lexicon.COLOURS),
    )


def _labelled(rng: random.Random) -> tuple[str, str, Callable[[Split], tuple[str, str]]]:
    """Names of the two fields, and a maker of a text and its label."""
    if rng.random() < 0.5:
        good, bad = rng.choice(
            (("positive", "negative"), ("Positive", "Negative"), ("good", "bad"), ("+", "-"),
             ("happy", "unhappy"))
        )  # fmt: skip

        def review(split: Split) -> tuple[str, str]:
            label, sentences = rng.choice(((good, _GOOD), (bad, _BAD)))
            told = rng.sample(sentences, rng.choice((1, 1, 2)))
            return " ".join(_filled(rng, split, one) for one in told), label

        field = rng.choice(("Sentiment", "Sentiment", "Label", "Opinion"))
        return rng.choice(("Review", "Review", "Text", "Message")), field, review
    upper = rng.random() < 0.3

    def message(split: Split) -> tuple[str, str]:
        topic = rng.choice(sorted(_TOPICS))
        text = _filled(rng, split, rng.choice(_TOPICS[topic]))
        if rng.random() < 0.2:
            text = f"{rng.choice(('Hello,', 'Hi,', 'Good morning,'))} {text[0].lower()}{text[1:]}"
        return text.replace(" i ", " I "), topic.capitalize() if upper else topic

    field = rng.choice(("Topic", "Topic", "Category", "Subject"))
    return rng.choice(("Message", "Message", "Text", "Question")), field, message


def _story(rng: random.Random, split: Split) -> str:
    name, place = lexicon.first_name(rng, split), lexicon.city(rng, split)
    job, thing = rng.choice(lexicon.JOBS), lexicon.pick(rng, lexicon.PRODUCTS, split)
    friend, day = lexicon.first_name(rng, split), rng.choice(lexicon.DAYS)
    she, her = rng.choice((("She", "her"), ("He", "his")))
    company = lexicon.company(rng, split)
    if rng.random() < 0.5:
        year = rng.randint(1900, 2020)
        return " ".join(
            (
                rng.choice((f"{company} is a small company in {place}.",
                            f"{company} is a family business from {place}.")),
                f"It was founded in {year} by {name}, who had worked as {lexicon.article(job)}.",
                f"Today it makes {lexicon.article(thing)} that people like to give as a gift.",
                rng.choice(("The company has grown, but it has kept its good name.",
                            "Its customers come back year after year.",
                            "Its workshop is open to visitors.")),
            )
        )  # fmt: skip
    return " ".join(
        (
            rng.choice((f"{name} worked as {lexicon.article(job)} in {place}.",
                        f"Once there was {lexicon.article(job)} in {place} called {name}.")),
            rng.choice((f"One {day} {she.lower()} found a {thing} in front of {her} door.",
                        f"On {day} {her} friend {friend} gave {her} neighbour a {thing}.",
                        f"Every {day} {she.lower()} met {friend} in the park.")),
            rng.choice((f'"What a beautiful {thing}!" said {friend}.',
                        f"{friend} smiled and said nothing.",
                        f'"Let us have a cup of tea," said {friend}.')),
            rng.choice((f"{she} took it home and put it on the table.",
                        f"They walked along the river until it was dark.",
                        f"{she} never forgot that day.")),
        )
    )  # fmt: skip


def document(rng: random.Random, split: Split) -> Document:
    """Descriptions from features, texts with labels, or a plain passage."""
    kind = rng.random()
    if kind < 0.2:
        text = _story(rng, split)
        return Document("free", text, ((0, len(text)),), question=text.index(". ") + 1, key=text)
    if kind < 0.55:
        left, right = "Product", "Description"

        def make(side: Split) -> tuple[str, str]:
            return _description(rng, side)
    else:
        left, right, make = _labelled(rng)

    def item(side: Split) -> Item:
        def one() -> Item:
            given, wanted = make(side)
            return Item(given=given, wanted=wanted, key=given)

        return draw(one, side)

    def prompt(examples: Sequence[Pair], given: str) -> str:
        return "\n\n".join(
            [*(f"{left}: {e.given}\n{right}: {e.wanted}" for e in examples),
             f"{left}: {given}\n{right}:"]
        )  # fmt: skip

    shown = max(some(rng, 4), 0 if left == "Product" else 2)
    items = [*map(item, [Split.TRAIN] * shown), item(split)]
    return answered(task="free", items=items, prompt=prompt)
