"""Noun phrases and places in English and French, made together."""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from tools.demo_model import lexicon, words
from tools.demo_model.french import ADJECTIVES, ASPIRATED, NOUNS, SAID_OF, VOWELS, Adjective, Noun


def pairs(section: str) -> tuple[tuple[str, str], ...]:
    """English and French of a section, a pair a line."""
    return tuple(
        (english, french)
        for english, french in (line.split("|") for line in words.lines("french", section))
    )


_MEN = words.listed("french", "men")
_WOMEN = words.listed("french", "women")
_NUMBERS = dict(pairs("numbers"))
_PLACES = pairs("places")


@dataclass(frozen=True)
class Phrase:
    """A noun phrase in both languages, with what its verb must agree with."""

    en: str
    fr: str
    person: int
    """Index into a verb's six forms: je, tu, il, nous, vous, ils."""
    feminine: bool = False
    indefinite: bool = False


def tidy(french: str) -> str:
    """Elide and contract what stands side by side: ``je aime`` is ``j'aime``."""
    parts = french.split(" ")
    out: list[str] = []
    for index, word in enumerate(parts):
        after = parts[index + 1] if index + 1 < len(parts) else ""
        mute = after[:1] in VOWELS and after[:1] != "" and after.rstrip(".,?!") not in ASPIRATED
        if word.lower() in ("le", "la", "je", "ne", "de", "que", "se", "me") and mute:
            out.append(f"{word[:-1]}'")
        elif word.lower() == "si" and after in ("il", "ils"):
            out.append(f"{word[0]}'")
        else:
            out.append(f"{word} ")
    text = "".join(out).strip()
    for long, short in (
        ("de le ", "du "),
        ("de les ", "des "),
        ("à le ", "au "),
        ("à les ", "aux "),
    ):
        text = re.sub(rf"(?<![^\s']){long}", short, text)
        text = re.sub(rf"^{long.capitalize()}", short.capitalize(), text)
    return text


def _vowel(word: str) -> bool:
    return word[0] in VOWELS and word.split()[0] not in ASPIRATED


_POSSESSIVES = {
    "my": ("mon", "ma", "mes"), "your": ("votre", "votre", "vos"), "his": ("son", "sa", "ses"),
    "her": ("son", "sa", "ses"), "our": ("notre", "notre", "nos"),
    "their": ("leur", "leur", "leurs"),
}  # fmt: skip


def _determined(
    determiner: str, english: str, french: str, *, feminine: bool, many: bool
) -> tuple[str, str]:
    """Both languages' noun with its determiner."""
    if determiner in _POSSESSIVES:
        m, f, s = _POSSESSIVES[determiner]
        word = s if many else m if not feminine or (f in ("ma", "sa") and _vowel(french)) else f
        return f"{determiner} {english}", f"{word} {french}"
    if determiner == "this":
        word = "ces" if many else "cette" if feminine else "cet" if _vowel(french) else "ce"
        return f"{'these' if many else 'this'} {english}", f"{word} {french}"
    if determiner == "a":
        if many:
            return english, f"des {french}"
        return lexicon.article(english), f"{'une' if feminine else 'un'} {french}"
    return f"the {english}", f"{'les' if many else 'la' if feminine else 'le'} {french}"


def fitting(rng: random.Random, kind: str) -> Adjective:
    """An adjective that may be said of a kind of noun."""
    while True:
        adjective = rng.choice(ADJECTIVES)
        if kind in SAID_OF.get(adjective.en, (kind,)):
            return adjective


def _described(rng: random.Random, noun: Noun, *, many: bool, chance: float) -> tuple[str, str]:
    en, fr = (noun.ens, noun.frs) if many else (noun.en, noun.fr)
    if " " in noun.en or rng.random() > chance:
        return en, fr
    adjective = fitting(rng, noun.kind)
    form = adjective.forms[(2 if many else 0) + noun.feminine]
    if adjective.before and adjective.by_vowel and not many and not noun.feminine and _vowel(fr):
        form = adjective.by_vowel
    return f"{adjective.en} {en}", f"{form} {fr}" if adjective.before else f"{fr} {form}"


def noun_phrase(
    rng: random.Random, kinds: Sequence[str], *, chance: float = 0.35, determiners: str = ""
) -> Phrase:
    """A determined noun of one of the kinds, perhaps with an adjective."""
    noun = rng.choice(NOUNS[rng.choice(list(kinds))])
    many = rng.random() < 0.2 and not noun.en.startswith(("husband", "wife", "king", "queen"))
    en, fr = _described(rng, noun, many=many, chance=chance)
    if many and rng.random() < 0.35 and not determiners:
        number = rng.choice(list(_NUMBERS))
        return Phrase(f"{number} {en}", f"{_NUMBERS[number]} {fr}", 5, noun.feminine)
    choices = determiners.split() or ["the", "the", "a", "a", "my", "his", "her", "our", "your",
                                      "their", "this"]  # fmt: skip
    determiner = rng.choice(choices)
    if many and determiner == "a" and fr.split()[0] in ("petits", "petites", "grands", "grandes",
            "beaux", "belles", "vieux", "vieilles", "nouveaux", "nouvelles", "jeunes", "jolis",
            "jolies", "bons", "bonnes", "mauvais", "mauvaises"):  # fmt: skip
        determiner = "the"
    english, french = _determined(determiner, en, fr, feminine=noun.feminine, many=many)
    return Phrase(english, french, 5 if many else 2, noun.feminine, determiner == "a")


def subject(rng: random.Random) -> Phrase:
    """Who acts: a pronoun, a name, a person."""
    kind = rng.random()
    if kind < 0.45:
        return rng.choice(
            (
                Phrase("I", "je", 0), Phrase("I", "je", 0), Phrase("you", "vous", 4),
                Phrase("he", "il", 2), Phrase("she", "elle", 2, True), Phrase("we", "nous", 3),
                Phrase("they", "ils", 5), Phrase("he", "il", 2), Phrase("she", "elle", 2, True),
            )
        )  # fmt: skip
    if kind < 0.6:
        woman = rng.random() < 0.5
        name = rng.choice(_WOMEN if woman else _MEN)
        return Phrase(name, name, 2, woman)
    return noun_phrase(
        rng, ["person"], chance=0.25, determiners="the the my my his her our your their this"
    )


def place(rng: random.Random) -> tuple[str, str]:
    """Where: a preposition and a place."""
    if rng.random() < 0.15:
        return rng.choice(_PLACES)
    en, fr, kinds = rng.choice(
        (
            ("in", "dans", ["place"]), ("in", "dans", ["place"]), ("in", "dans", ["place"]),
            ("near", "près de", ["place", "nature"]), ("near", "près de", ["nature"]),
            ("behind", "derrière", ["place", "nature"]), ("in front of", "devant", ["place"]),
            ("next to", "à côté de", ["place"]), ("far from", "loin de", ["place", "nature"]),
        )
    )  # fmt: skip
    while True:
        there = noun_phrase(
            rng, kinds, chance=0.25, determiners="the the the a a my our his her this"
        )
        if there.person == 2:
            return f"{en} {there.en}", f"{fr} {there.fr}"
