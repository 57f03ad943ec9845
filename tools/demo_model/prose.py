"""Plain text for the free page: descriptions, labelled messages and reviews, short stories."""

import random
from collections.abc import Callable, Sequence
from functools import partial

from playground.prompts.formats import Pair
from tools.demo_model import lexicon, words
from tools.demo_model.documents import Document, Item, Split, answered, draw, some

# Features that take an article in a sentence, and those that do not.
_COUNTED = words.listed("prose", "features with an article")
_MASS = words.listed("prose", "features without")
_DEEDS = words.listed("prose", "deeds")
_OPENINGS = words.lines("prose", "openings")
_CLOSINGS = words.lines("prose", "closings")
_TOPICS = {kind: words.lines("prose", f"topic: {kind}") for kind in words.kinds("prose", "topic")}
_GOOD = words.lines("prose", "good")
_BAD = words.lines("prose", "bad")

_Made = tuple[str, str, tuple[str, ...]]
"""What is given, what answers it, and what a right answer must contain."""


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _description(rng: random.Random, split: Split) -> _Made:
    name = f"{lexicon.coined(rng, split)} {lexicon.thing(rng, split)}"
    features = rng.sample(_COUNTED, rng.randint(0, 2)) + rng.sample(_MASS, rng.randint(1, 2))
    rng.shuffle(features)
    deeds = rng.sample(_DEEDS, rng.choice((0, 0, 1, 2)))
    owned = [word if word in _MASS else lexicon.article(word) for word in features]
    deed = [f"has {_listed(owned)}"]
    what = deeds[:1] + deed + deeds[1:]
    given = f"{name}\nFeatures: {', '.join([*deeds[:1], *features, *deeds[1:]])}"
    middle = f"It {_listed(what) if len(what) > 1 else what[0]}."
    opening = rng.choice(_OPENINGS).format(n=name)
    return given, f"{opening} {middle} {rng.choice(_CLOSINGS)}", (name, *owned, *deeds)


def _filled(rng: random.Random, split: Split, sentence: str) -> str:
    return sentence.format(
        p=lexicon.thing(rng, split),
        d=rng.randint(2, 30),
        w=rng.choice(lexicon.DAYS),
        c=rng.choice(lexicon.COLOURS),
    )


def _labelled(rng: random.Random) -> tuple[str, str, Callable[[Split], _Made]]:
    """Names of the two fields, and a maker of a text and its label."""
    if rng.random() < 0.5:
        good, bad = rng.choice(
            (("positive", "negative"), ("Positive", "Negative"), ("good", "bad"), ("+", "-"),
             ("happy", "unhappy"))
        )  # fmt: skip

        def review(split: Split) -> _Made:
            label, sentences = rng.choice(((good, _GOOD), (bad, _BAD)))
            told = rng.sample(sentences, rng.choice((1, 1, 2)))
            return " ".join(_filled(rng, split, one) for one in told), label, ()

        field = rng.choice(("Sentiment", "Sentiment", "Label", "Opinion"))
        return rng.choice(("Review", "Review", "Text", "Message")), field, review
    upper = rng.random() < 0.3

    def message(split: Split) -> _Made:
        topic = rng.choice(sorted(_TOPICS))
        text = _filled(rng, split, rng.choice(_TOPICS[topic]))
        if rng.random() < 0.2:
            text = f"{rng.choice(('Hello,', 'Hi,', 'Good morning,'))} {text[0].lower()}{text[1:]}"
        return text.replace(" i ", " I "), topic.capitalize() if upper else topic, ()

    field = rng.choice(("Topic", "Topic", "Category", "Subject"))
    return rng.choice(("Message", "Message", "Text", "Question")), field, message


def _story(rng: random.Random, split: Split) -> str:
    name, place = lexicon.first_name(rng, split), lexicon.city(rng, split)
    job, thing = rng.choice(lexicon.JOBS), lexicon.thing(rng, split)
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
                        "They walked along the river until it was dark.",
                        f"{she} never forgot that day.")),
        )
    )  # fmt: skip


def document(rng: random.Random, split: Split) -> Document:
    """Descriptions from features, texts with labels, or, in training, a plain passage."""
    kind = rng.random()
    if kind < 0.2 and split is Split.TRAIN:
        text = _story(rng, split)
        return Document("free", text, ((0, len(text)),), question=text.index(". ") + 1, key=text)
    if kind < 0.55:
        left, right = "Product", "Description"
        make: Callable[[Split], _Made] = partial(_description, rng)
    else:
        left, right, make = _labelled(rng)

    def item(side: Split) -> Item:
        def one() -> Item:
            given, wanted, check = make(side)
            return Item(given=given, wanted=wanted, key=given, check=check)

        return draw(one, side)

    def prompt(examples: Sequence[Pair], given: str) -> str:
        return "\n\n".join(
            [*(f"{left}: {e.given}\n{right}: {e.wanted}" for e in examples),
             f"{left}: {given}\n{right}:"]
        )  # fmt: skip

    shown = max(some(rng, 4), 0 if left == "Product" else 2)
    items = [*map(item, [Split.TRAIN] * shown), item(split)]
    return answered(task="free", items=items, prompt=prompt)
