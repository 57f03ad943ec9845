"""Plain text for the free page: descriptions from features, and passages without labels."""

import random
from collections.abc import Sequence

from playground.prompts.formats import Pair
from tools.demo_model.corpus import lexicon, words
from tools.demo_model.corpus.documents import (
    Document,
    Item,
    Split,
    draw_item,
    make_document,
    pick_example_count,
)
from tools.demo_model.corpus.facts.passages import passage

# Features that take an article in a sentence, and those that do not.
_COUNTED = words.entries("prose", "features with an article")
_MASS = words.entries("prose", "features without")
_DEEDS = words.entries("prose", "deeds")
_OPENINGS = words.lines("prose", "openings")
_CLOSINGS = words.lines("prose", "closings")


def _join_words(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _description(rng: random.Random, split: Split) -> Item:
    """A product's features, and the description that names them all."""
    name = f"{lexicon.coin_name(rng, split)} {lexicon.thing(rng, split)}"
    features = rng.sample(_COUNTED, rng.randint(0, 2)) + rng.sample(_MASS, rng.randint(1, 2))
    rng.shuffle(features)
    deeds = rng.sample(_DEEDS, rng.choice((0, 0, 1, 2)))
    owned = [word if word in _MASS else lexicon.with_article(word) for word in features]
    deed = [f"has {_join_words(owned)}"]
    what = deeds[:1] + deed + deeds[1:]
    given = f"{name}\nFeatures: {', '.join([*deeds[:1], *features, *deeds[1:]])}"
    middle = f"It {_join_words(what) if len(what) > 1 else what[0]}."
    opening = rng.choice(_OPENINGS).format(n=name)
    wanted = f"{opening} {middle} {rng.choice(_CLOSINGS)}"
    return Item(given=given, wanted=wanted, key=given, check=(name, *owned, *deeds))


def _prompt(examples: Sequence[Pair], given: str) -> str:
    shown = [f"Product: {e.given}\nDescription: {e.wanted}" for e in examples]
    return "\n\n".join([*shown, f"Product: {given}\nDescription:"])


def document(rng: random.Random, split: Split) -> Document:
    """Descriptions from features or, in training, mostly a plain passage."""
    if split is Split.TRAIN and rng.random() < 0.6:
        text = passage(rng)
        return Document("free", text, ((0, len(text)),), question=text.index(" "), key=text)

    def item(side: Split) -> Item:
        return draw_item(lambda: _description(rng, side), side)

    items = [*map(item, [Split.TRAIN] * pick_example_count(rng, 3)), item(split)]
    return make_document(task="free", items=items, prompt=_prompt)
