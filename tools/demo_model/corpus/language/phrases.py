"""Noun phrases and places in English and French, made together."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tools.demo_model.corpus import words
from tools.demo_model.corpus.language import english
from tools.demo_model.corpus.language.french import (
    ADJECTIVES,
    BARE,
    COMPARABLE,
    COUNTRIES,
    MASS,
    NOUNS,
    PICKED,
    UNIQUE,
    Adjective,
    Noun,
    elides,
)


def pairs(section: str) -> tuple[tuple[str, str], ...]:
    """English and French of a section, a pair a line."""
    return tuple(
        (en, fr) for en, fr in (line.split("|") for line in words.lines("french", section))
    )


MEN = words.entries("french", "men")
WOMEN = words.entries("french", "women")
NUMBERS = pairs("numbers")
CITIES = pairs("cities")
_DEGREES = pairs("degrees")
PEOPLE = ("family", "family", "person", "job", "job", "woman's job")
COUNTED = tuple(kind for kind in NOUNS if kind not in MASS | BARE | UNIQUE)


@dataclass(frozen=True)
class Phrase:
    """A noun phrase in both languages, with what its verb must agree with.

    ``denied`` is the phrase after a negation where that differs: "any bread", de pain.
    ``person`` is an index into a verb's six forms: je, tu, il, nous, vous, ils.
    """

    en: str
    fr: str
    person: int
    feminine: bool = False
    denied: tuple[str, str] = ("", "")


_POSSESSIVES = {
    "my": ("mon", "ma", "mes"), "your": ("votre", "votre", "vos"), "his": ("son", "sa", "ses"),
    "her": ("son", "sa", "ses"), "our": ("notre", "notre", "nos"),
    "their": ("leur", "leur", "leurs"),
}  # fmt: skip
_QUANTITIES = {
    "many": "beaucoup de", "a lot of": "beaucoup de", "several": "plusieurs", "a few": "quelques",
    "too many": "trop de",
}  # fmt: skip


def with_determiner(
    determiner: str, noun: str, french: str, *, feminine: bool, many: bool = False
) -> tuple[str, str]:
    """Both languages' noun with its determiner. ``some`` is for the plural, and for a mass."""
    if determiner in _POSSESSIVES:
        m, f, s = _POSSESSIVES[determiner]
        word = s if many else m if not feminine or (f in ("ma", "sa") and elides(french)) else f
        return f"{determiner} {noun}", f"{word} {french}"
    if determiner in ("this", "that"):
        word = "ces" if many else "cette" if feminine else "cet" if elides(french) else "ce"
        shown = {"this": "these", "that": "those"}[determiner] if many else determiner
        return f"{shown} {noun}", f"{word} {french}"
    if determiner == "a":
        return english.with_article(noun), f"{'une' if feminine else 'un'} {french}"
    if determiner == "another":
        return f"another {noun}", f"{'une' if feminine else 'un'} autre {french}"
    if determiner == "each":
        return f"each {noun}", f"chaque {french}"
    if determiner == "all the":
        return f"all the {noun}", f"{'toutes' if feminine else 'tous'} les {french}"
    if determiner == "partitive":
        return f"some {noun}", f"de {'la' if feminine else 'le'} {french}"
    return f"the {noun}", f"{'les' if many else 'la' if feminine else 'le'} {french}"


def nouns(kind: str) -> list[Noun]:
    """The nouns of a kind."""
    return PICKED.get(kind) or NOUNS.get(kind) or COUNTRIES


def any_noun(rng: random.Random, kinds: Sequence[str]) -> Noun:
    """A noun of one of the kinds, of large kinds more often."""
    sizes = [len(nouns(kind)) ** 0.65 for kind in kinds]
    return rng.choice(nouns(rng.choices(kinds, sizes)[0]))


_FITTING = {kind: [one for one in ADJECTIVES if kind in one.kinds] for kind in NOUNS}
_BESIDE = {kind: [one for one in of if not one.said_only] for kind, of in _FITTING.items()}


def pick_adjective(rng: random.Random, kind: str, *, beside: bool = True) -> Adjective | None:
    """An adjective that may be said of a kind of noun."""
    found = (_BESIDE if beside else _FITTING).get(kind)
    return rng.choice(found) if found else None


def with_adjective(
    one: Adjective, en: str, fr: str, *, feminine: bool, many: bool
) -> tuple[str, str]:
    """A noun in one of its numbers with an adjective beside it."""
    form = one.form(feminine=feminine, many=many)
    if one.before and one.by_vowel and not many and not feminine and elides(fr):
        form = one.by_vowel
    return f"{one.en} {en}", f"{form} {fr}" if one.before else f"{fr} {form}"


def _perhaps_with_adjective(
    rng: random.Random, noun: Noun, *, many: bool, chance: float
) -> tuple[str, str, bool]:
    """English, French, and whether an adjective is before the French noun."""
    en, fr = (noun.ens, noun.frs) if many else (noun.en, noun.fr)
    one = pick_adjective(rng, noun.kind) if rng.random() < chance else None
    # "A new pair of glasses" would leave open which of the two nouns is new.
    if one is None or " " in noun.fr or " of " in noun.en or noun.only:
        return en, fr, False
    en, fr = with_adjective(one, en, fr, feminine=noun.feminine, many=many)
    return en, fr, one.before


def _mass_phrase(
    rng: random.Random, noun: Noun, *, general: bool, simple: bool, chance: float
) -> Phrase:
    feminine = noun.feminine
    article = "la" if feminine else "le"
    if general and rng.random() < 0.6:
        return Phrase(noun.en, f"{article} {noun.fr}", 2, feminine)
    en, fr, _ = _perhaps_with_adjective(rng, noun, many=False, chance=chance)
    which = rng.random()
    if simple or general or which < 0.3:
        determiner = rng.choice(("the", "the", "my", "this", "your", "our"))
        return Phrase(*with_determiner(determiner, en, fr, feminine=feminine), 2, feminine)
    if which < 0.85:
        shown = rng.choice((f"some {en}", f"some {en}", en))
        return Phrase(shown, f"de {article} {fr}", 2, feminine, (f"any {en}", f"de {fr}"))
    much, beaucoup = rng.choice(
        (("a lot of", "beaucoup de"), ("a little", "un peu de"), ("too much", "trop de"))
    )
    return Phrase(f"{much} {noun.en}", f"{beaucoup} {noun.fr}", 2, feminine, ("-", "-"))


# Things that people seldom call their own.
_RARELY_OWNED = {"person": 0.15, "job": 0.25, "place": 0.3, "area": 0.4, "nature": 0.15,
                 "insect": 0.1, "plant": 0.4, "event": 0.6, "animal": 0.6, "landmark": 0.3,
                 "matter": 0.4, "group": 0.7}  # fmt: skip


_OF_ONE: tuple[str, ...] = ("husband", "wife", "girlfriend", "boyfriend")


def _make_determiner_filter(rng: random.Random, noun: Noun) -> Callable[[str], str]:
    """What turns a determiner into one that such a noun has: my brother, the lake."""
    loose = rng.random() > _RARELY_OWNED.get(noun.kind, 1)
    near = noun.kind in ("family", "people") and noun.en != "people" and rng.random() < 0.7

    def change(determiner: str) -> str:
        if noun.en == "people" and determiner in (*_POSSESSIVES, "mine"):
            return "the"
        if loose and determiner in _POSSESSIVES:
            return rng.choice(("the", "the", "this", "that"))
        if noun.en in _OF_ONE and determiner in ("our", "their"):
            return rng.choice(("my", "his", "her", "your"))
        if near and determiner in ("the", "this", "that"):
            owners = ("my", "my", "his", "her", "your", "our", "their")
            return rng.choice(owners[:5] if noun.en in _OF_ONE else owners)
        return determiner

    return change


_ONE = ("the", "the", "the", "a", "a", "a", "my", "my", "his", "her", "our", "your", "their",
        "this", "this", "that", "another", "each")  # fmt: skip
_MANY: tuple[str, ...] = (
    "the",
    "the",
    "some",
    "some",
    "some",
    "my",
    "his",
    "her",
    "our",
    "your",
    "their",
    "this",
    "that",
    "number",
    "number",
    "number",
    "quantity",
    "quantity",
    "all the",
    "mine",
)


def noun_phrase(
    rng: random.Random,
    kinds: Sequence[str],
    *,
    chance: float = 0.3,
    determiners: str = "",
    general: bool = False,
    simple: bool = False,
    many: bool | None = None,
) -> Phrase:
    """A determined noun of one of the kinds, perhaps with an adjective.

    ``general`` speaks of a kind of thing ("I like apples"). ``simple`` keeps to what may
    follow a preposition in any language: no "some", no quantity.
    """
    noun = any_noun(rng, kinds)
    article = "la" if noun.feminine else "le"
    if noun.kind in BARE:
        return Phrase(noun.en, f"{'les' if noun.only else article} {noun.fr}", 2, noun.feminine)
    if noun.kind == "country" and noun.only:
        return Phrase(noun.en, f"les {noun.fr}", 5, noun.feminine)
    if noun.kind == "country":
        return Phrase(noun.en, f"{article} {noun.fr}", 2, noun.feminine)
    if noun.kind in UNIQUE:
        return Phrase(f"the {noun.en}", f"{article} {noun.fr}", 2, noun.feminine)
    if noun.kind in MASS:
        return _mass_phrase(rng, noun, general=general, simple=simple, chance=chance)
    feminine = noun.feminine
    several = noun.only or (rng.random() < (0.5 if general else 0.25) if many is None else many)
    if noun.en in ("husband", "wife", "king", "queen", "boss", "president"):
        several = False
    suits = _make_determiner_filter(rng, noun)
    en, fr, before = _perhaps_with_adjective(rng, noun, many=several, chance=chance)
    if general and several and rng.random() < 0.7:
        return Phrase(en, f"les {fr}", 5, feminine)
    given = determiners.split()
    if not several:
        plain: tuple[str, ...] = ("the", "my", "this", "your", "his") if general else _ONE
        if simple:
            plain = tuple(one for one in plain if one not in ("each", "another"))
        determiner = suits(rng.choice(given or plain))
        shown, french = with_determiner(determiner, en, fr, feminine=feminine)
        denied = (shown, f"de {fr}") if determiner == "a" else ("", "")
        return Phrase(shown, french, 2, feminine, ("-", "-") if determiner in (
            "another", "each") else denied)  # fmt: skip
    plain = ("the", "my", "this", "all the") if general or simple else _MANY
    determiner = suits(rng.choice([one if one != "a" else "some" for one in given] or plain))
    if noun.only and determiner in ("number", "mine"):
        determiner = "the"
    if determiner == "some":
        word = "de" if before else "des"
        shown = rng.choice((f"some {en}", f"some {en}", en))
        return Phrase(shown, f"{word} {fr}", 5, feminine, (f"any {en}", f"de {fr}"))
    if determiner in ("number", "mine"):
        number, nombre = rng.choice(NUMBERS[:12] if determiner == "mine" else NUMBERS)
        if determiner == "number" or number.startswith("a "):
            return Phrase(f"{number} {en}", f"{nombre} {fr}", 5, feminine, ("-", "-"))
        owner = rng.choice(("the", "my", "his", "her", "our", "their"))
        shown, french = with_determiner(
            owner, f"{number} {en}", f"{nombre} {fr}", feminine=feminine, many=True
        )
        return Phrase(shown, french, 5, feminine)
    if determiner == "quantity":
        quantity = rng.choice(list(_QUANTITIES))
        return Phrase(f"{quantity} {en}", f"{_QUANTITIES[quantity]} {fr}", 5, feminine, ("-", "-"))
    shown, french = with_determiner(determiner, en, fr, feminine=feminine, many=True)
    return Phrase(shown, french, 5, feminine)


PRONOUNS = (
    Phrase("I", "je", 0), Phrase("I", "je", 0), Phrase("you", "vous", 4),
    Phrase("he", "il", 2), Phrase("she", "elle", 2, True), Phrase("we", "nous", 3),
    Phrase("they", "ils", 5), Phrase("he", "il", 2), Phrase("she", "elle", 2, True),
)  # fmt: skip
_OWNERS = "the the the my my his her our your their this"


def name(rng: random.Random) -> Phrase:
    """A person by a name with a known gender."""
    woman = rng.random() < 0.5
    called = rng.choice(WOMEN if woman else MEN)
    return Phrase(called, called, 2, woman)


def subject(rng: random.Random) -> Phrase:
    """Who acts: a pronoun, a name, a person, two of them."""
    kind = rng.random()
    if kind < 0.5:
        return rng.choice(PRONOUNS)
    if kind < 0.62:
        return name(rng)
    if kind < 0.66:
        one = person(rng)
        other = name(rng) if rng.random() < 0.5 else person(rng)
        both = one.feminine and other.feminine
        return Phrase(f"{one.en} and {other.en}", f"{one.fr} et {other.fr}", 5, both)
    if kind < 0.7:
        return noun_phrase(rng, ("group", "people"), chance=0.1, determiners="the the my our")
    return noun_phrase(rng, PEOPLE, chance=0.2, determiners=_OWNERS, many=rng.random() < 0.2)


def person(rng: random.Random) -> Phrase:
    """One person with a determiner."""
    return noun_phrase(rng, PEOPLE, chance=0.1, determiners="the my my his her our", many=False)


def owned_thing(rng: random.Random, kinds: Sequence[str]) -> Phrase:
    """A person's thing: "Anna's book", le livre d'Anna."""
    owner = name(rng) if rng.random() < 0.4 else person(rng)
    noun = any_noun(rng, kinds)
    several = noun.only or rng.random() < 0.15
    en, fr, _ = _perhaps_with_adjective(rng, noun, many=several, chance=0.1)
    article = "les" if several else "la" if noun.feminine else "le"
    genitive = f"{owner.en}'" if owner.en.endswith("s") else f"{owner.en}'s"
    return Phrase(
        f"{genitive} {en}", f"{article} {fr} de {owner.fr}", 5 if several else 2, noun.feminine
    )


def superlative_phrase(rng: random.Random, kinds: Sequence[str]) -> Phrase:
    """The biggest of them: la plus grande maison, la voiture la plus chère."""
    while True:
        noun = any_noun(rng, kinds)
        one = pick_adjective(rng, noun.kind)
        if one is None or " " in noun.fr or noun.only:
            continue
        if one.en == "good":
            en, fr = f"the best {noun.en}", f"{'la meilleure' if noun.feminine else 'le meilleur'}"
            return Phrase(en, f"{fr} {noun.fr}", 2, noun.feminine)
        if one.en not in COMPARABLE:
            continue
        article = "la" if noun.feminine else "le"
        form = one.form(feminine=noun.feminine, many=False)
        french = (
            f"{article} plus {form} {noun.fr}" if one.before
            else f"{article} {noun.fr} {article} plus {form}"
        )  # fmt: skip
        return Phrase(
            f"the {english.comparative_and_superlative(one.en)[1]} {noun.en}",
            french,
            2,
            noun.feminine,
        )


def pick_comparable(rng: random.Random, kind: str) -> Adjective:
    """An adjective of a kind of noun that has a comparative."""
    while True:
        one = pick_adjective(rng, kind, beside=False)
        if one is not None and one.en in COMPARABLE:
            return one


def degree(rng: random.Random) -> tuple[str, str]:
    """Very, too, quite; mostly nothing. Both end with a space."""
    if rng.random() < 0.6:
        return "", ""
    en, fr = rng.choice(_DEGREES)
    return f"{en} ", f"{fr} "
