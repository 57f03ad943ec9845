"""Translation from English to French: pairs of sentences of one grammar."""

import random
from collections.abc import Sequence

from playground.prompts.formats import Pair, translation_prompt
from tools.demo_model.corpus.documents import Document, Item, Split, answered, draw, some
from tools.demo_model.corpus.language.english import shortened
from tools.demo_model.corpus.language.grammar import sentence


def document(rng: random.Random, split: Split) -> Document:
    """Pairs of sentences; held-out ones are sentences never seen, in any short form."""

    def one() -> Item:
        en, fr = sentence(rng)
        return Item(given=shortened(rng, en), wanted=fr, key=en)

    items = [*(draw(one, Split.TRAIN) for _ in range(some(rng, 6))), draw(one, split)]

    def prompt(examples: Sequence[Pair], asked: str) -> str:
        return translation_prompt(examples=examples, sentence=asked)

    return answered(task="translation", items=items, prompt=prompt)
