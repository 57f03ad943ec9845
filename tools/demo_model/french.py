"""French and English words with their forms: what the translation grammar picks from."""

from dataclasses import dataclass

from tools.demo_model import words

VOWELS = "aeiouyâàéèêëîïôûùœhAEIOUYÉÈÊÎÔÀŒH"
ASPIRATED = ("haut", "haute", "hauts", "hautes", "héros", "huit", "hibou", "onze", "hockey")


@dataclass(frozen=True)
class Noun:
    """A noun of both languages; ``kind`` says what may be done with it."""

    en: str
    ens: str
    fr: str
    frs: str
    feminine: bool
    kind: str


_IRREGULAR = {"man": "men", "woman": "women", "child": "children", "knife": "knives",
              "mouse": "mice", "sheep": "sheep", "fish": "fish", "wife": "wives",
              "leaf": "leaves", "shelf": "shelves", "tooth": "teeth", "foot": "feet",
              "policeman": "policemen", "scarf": "scarves", "wolf": "wolves"}  # fmt: skip


def _english_plural(word: str) -> str:
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word.endswith(("s", "x", "ch", "sh")) or word in ("potato", "tomato"):
        return f"{word}es"
    if word.endswith("y") and word[-2] not in "aeiou":
        return f"{word[:-1]}ies"
    return f"{word}s"


def _french_plural(word: str) -> str:
    first, _, rest = word.partition(" ")
    if rest:
        return f"{_french_plural(first)} {rest}"
    if word.endswith(("s", "x", "z")):
        return word
    if word.endswith(("eau", "eu", "ou")) and word not in ("pneu", "trou", "cou", "clou"):
        return f"{word}x"
    if word.endswith("al") and word != "festival":
        return f"{word[:-2]}aux"
    return f"{word}s"


def _noun(entry: str, kind: str) -> Noun:
    en, words_and_gender = entry.split("=")
    fr, gender = words_and_gender.rsplit(" ", 1)
    first, _, rest = en.partition(" of ")
    ens = f"{_english_plural(first)} of {rest}" if rest else _english_plural(en)
    return Noun(en, ens, fr, _french_plural(fr), gender == "f", kind)


NOUNS: dict[str, list[Noun]] = {
    kind: [_noun(entry, kind) for entry in words.listed("french", f"nouns: {kind}")]
    for kind in words.kinds("french", "nouns")
}


@dataclass(frozen=True)
class Adjective:
    """Masculine, feminine and their plurals; ``before`` the noun or after it."""

    en: str
    forms: tuple[str, str, str, str]
    before: bool
    by_vowel: str = ""


def _adjective(line: str) -> Adjective:
    en, forms, *rest = line.split("|")
    m, _, f = forms.partition("/")
    f = f or (m if m.endswith("e") else f"{m}e")
    ms = m if m[-1] in "sx" else (f"{m}x" if m.endswith("eau") else f"{m}s")
    return Adjective(en, (m, f, ms, f"{f}s"), "b" in rest, rest[1] if len(rest) > 1 else "")


ADJECTIVES = [_adjective(line) for line in words.lines("french", "adjectives")]
MOODS = [_adjective(line) for line in words.lines("french", "moods")]
# What an adjective may be said of; those not named may be said of anything.
SAID_OF = {
    name: tuple(kinds.split())
    for name, kinds in (line.split("|") for line in words.lines("french", "said of"))
}


@dataclass(frozen=True)
class Verb:
    """A verb of both languages. ``objects`` are the kinds of nouns that it takes.

    French: infinitive, the six forms of the present, past participle, future stem.
    """

    en: str
    third: str
    past: str
    ing: str
    fr: str
    present: tuple[str, ...]
    participle: str
    future: str
    objects: tuple[str, ...]
    etre: bool = False


def _er(infinitive: str) -> tuple[tuple[str, ...], str, str]:
    """Present, participle and future stem of a verb in -er, its spelling changes included."""
    stem = infinitive[:-2]
    soft = stem + "e" if stem.endswith("g") else stem[:-1] + "ç" if stem.endswith("c") else stem
    strong, future = stem, infinitive
    if infinitive in ("acheter", "amener"):
        strong = stem[:-2] + "è" + stem[-1]
        future = f"{strong}er"
    elif infinitive == "appeler":
        strong, future = "appell", "appeller"
    elif infinitive == "préparer":
        strong = stem
    elif infinitive.endswith("oyer"):
        strong = f"{stem[:-1]}i"
        future = "enverr" if infinitive == "envoyer" else f"{strong}er"
    forms = (f"{strong}e", f"{strong}es", f"{strong}e", f"{soft}ons", f"{stem}ez", f"{strong}ent")
    return forms, f"{stem}é", future


# Infinitive to present, participle and future stem.
_IRREGULAR_VERBS: dict[str, tuple[tuple[str, ...], str, str]] = {
    infinitive: (tuple(present.split()), participle, future)
    for infinitive, present, participle, future in (
        line.split("|") for line in words.lines("french", "irregular french")
    )
}


def french_verb(infinitive: str) -> tuple[tuple[str, ...], str, str]:
    """Present, participle, future stem."""
    if infinitive in _IRREGULAR_VERBS:
        return _IRREGULAR_VERBS[infinitive]
    return _er(infinitive)


def _verb(line: str) -> Verb:
    english, fr, objects, *rest = line.split("|")
    en, past, *ing = english.split("/")
    head, _, tail = en.partition(" ")
    third = "has" if en == "have" else (
        f"{head}es" if head.endswith(("s", "sh", "ch", "o"))
        else f"{head[:-1]}ies" if head.endswith("y") and head[-2] not in "aeiou"
        else f"{head}s"
    )  # fmt: skip
    stem = head[:-1] if head.endswith("e") and not head.endswith("ee") else head
    progressive = ing[0] if ing else f"{stem}ing"
    also = f" {tail}" if tail else ""
    present, participle, future = french_verb(fr)
    return Verb(
        en, third + also, past + also, progressive + also, fr, present, participle, future,
        tuple(objects.split()), bool(rest),
    )  # fmt: skip


VERBS = [_verb(line) for line in words.lines("french", "transitive verbs")]
# Without an object; what may follow is a place or a time.
PLAIN_VERBS = [_verb(line) for line in words.lines("french", "plain verbs")]
GO = _verb("go/went|aller||e")

PHRASES = [
    (english, french)
    for english, french in (line.split("|") for line in words.lines("french", "phrases"))
]
