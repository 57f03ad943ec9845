"""Prompts whose format is shown only by their examples: labels, records, rewrites, pages."""

import random

from tools.demo_model.corpus.documents import Document, Split
from tools.demo_model.corpus.patterns import labels, layouts, pages, rewrites

_FAMILIES = (
    (labels.document, 0.42),
    (layouts.document, 0.23),
    (rewrites.document, 0.23),
    (pages.document, 0.12),
)


def document(rng: random.Random, split: Split) -> Document:
    """A document of one of the families; held-out ones have a format never shown."""
    makers = [make for make, _ in _FAMILIES]
    return rng.choices(makers, [share for _, share in _FAMILIES])[0](rng, split)
