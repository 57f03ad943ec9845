"""Translation from English to French: pairs of sentences of one grammar."""

import random
from collections.abc import Sequence

from playground.prompts.formats import Pair, translation_prompt
from tools.demo_model.corpus.documents import (
    Document,
    Item,
    Split,
    draw_item,
    make_document,
    pick_example_count,
)
from tools.demo_model.corpus.language.english import shorten
from tools.demo_model.corpus.language.grammar import sentence


def document(rng: random.Random, split: Split) -> Document:
    """Pairs of sentences; held-out ones are sentences never seen, in any short form."""

    def one() -> Item:
        en, fr = sentence(rng)
        return Item(given=shorten(rng, en), wanted=fr, key=en)

    items = [
        *(draw_item(one, Split.TRAIN) for _ in range(pick_example_count(rng, 6))),
        draw_item(one, split),
    ]

    def prompt(examples: Sequence[Pair], asked: str) -> str:
        return translation_prompt(examples=examples, sentence=asked)

    return make_document(task="translation", items=items, prompt=prompt)
