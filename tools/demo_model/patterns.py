"""Prompts whose format is shown only by their examples: labels, records, rewrites, pages."""

import random

from tools.demo_model import pattern_labels, pattern_pages, pattern_records, pattern_rewrites
from tools.demo_model.documents import Document, Split

_FAMILIES = (
    (pattern_labels.document, 0.42),
    (pattern_records.document, 0.23),
    (pattern_rewrites.document, 0.23),
    (pattern_pages.document, 0.12),
)


def document(rng: random.Random, split: Split) -> Document:
    """A document of one of the families; held-out ones have a format never shown."""
    makers = [make for make, _ in _FAMILIES]
    return rng.choices(makers, [share for _, share in _FAMILIES])[0](rng, split)
