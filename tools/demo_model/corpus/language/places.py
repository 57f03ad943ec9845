"""Places in English and French: a preposition and where."""

import random

from tools.demo_model.corpus.language.french import COUNTRIES, Noun, elides
from tools.demo_model.corpus.language.phrases import CITIES, noun_phrase, pairs

_PLACES = pairs("places")


def country_place(noun: Noun) -> tuple[str, str]:
    """In a country: en France, au Japon, aux États-Unis."""
    word = "aux" if noun.only else "en" if noun.feminine or elides(noun.fr) else "au"
    return f"in {noun.en}", f"{word} {noun.fr}"


_SPOTS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("in", "dans", ("place", "room")),
    ("in", "dans", ("place", "area", "room")),
    ("in", "dans", ("place", "room")),
    ("at", "à", ("place",)),
    ("near", "près de", ("place", "nature")),
    ("near", "près de", ("nature",)),
    ("behind", "derrière", ("place", "nature", "furniture")),
    ("in front of", "devant", ("place", "furniture")),
    ("next to", "à côté de", ("place", "furniture")),
    ("far from", "loin de", ("place", "nature")),
    ("opposite", "en face de", ("place",)),
    ("on", "sur", ("surface",)),
    ("under", "sous", ("surface",)),
    ("around", "autour de", ("place", "furniture")),
)
_STREETS = (
    ("in the street", "dans la rue"),
    ("on the beach", "sur la plage"),
    ("in the forest", "dans la forêt"),
    ("in the sea", "dans la mer"),
    ("in the river", "dans la rivière"),
    ("in the field", "dans le champ"),
)


def place(rng: random.Random) -> tuple[str, str]:
    """Where: a preposition and a place."""
    kind = rng.random()
    if kind < 0.12:
        return rng.choice(_PLACES)
    if kind < 0.2:
        en, fr = rng.choice(CITIES)
        return f"in {en}", f"à {fr}"
    if kind < 0.29:
        return country_place(rng.choice(COUNTRIES))
    if kind < 0.34:
        return rng.choice(_STREETS)
    en, fr, kinds = rng.choice(_SPOTS)
    determiners = "the" if en == "at" else "the the the the a a my our his her this"
    there = noun_phrase(
        rng, kinds, chance=0 if en == "at" else 0.22, determiners=determiners, many=False
    )
    return f"{en} {there.en}", f"{fr} {there.fr}"
