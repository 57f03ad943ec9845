"""French and English words with their forms, from which the translation grammar picks."""

import re
from dataclasses import dataclass

from tools.demo_model.corpus import words
from tools.demo_model.corpus.language import english

_VOWELS = "aeiouâàéèêëîïôûùœh"
# An h, or a vowel, before which nothing is elided; plurals are found by their singular.
_ASPIRATED = frozenset(
    ("haut", "haute", "héros", "huit", "hibou", "onze", "hockey", "haricot", "hérisson", "hanche",
     "hache", "handball", "hamster", "haie", "harpe", "haut-parleur", "hongrie", "hors", "honte",
     "hurler", "oui")
)  # fmt: skip


def elides(word: str) -> bool:
    """Whether ``word`` elides the word before it: l'ami, but le hibou."""
    first = word.split(" ")[0].lower().rstrip(".,?!") if word else ""
    if not first or first[0] not in _VOWELS:
        return False
    return not {first, first.rstrip("sx")} & _ASPIRATED


_ELIDED = frozenset(("le", "la", "je", "ne", "de", "que", "se", "me"))
_CONTRACTED = (("de le ", "du "), ("de les ", "des "), ("à le ", "au "), ("à les ", "aux "))


def tidy(french: str) -> str:
    """Elide and contract neighbouring words: ``je aime`` is ``j'aime``."""
    parts = french.split(" ")
    out: list[str] = []
    for index, word in enumerate(parts):
        after = parts[index + 1] if index + 1 < len(parts) else ""
        if word.lower() in _ELIDED and elides(after):
            out.append(f"{word[:-1]}'")
        elif word.lower() == "si" and after in ("il", "ils"):
            out.append(f"{word[0]}'")
        else:
            out.append(f"{word} ")
    text = "".join(out).strip()
    for long, short in _CONTRACTED:
        text = re.sub(rf"(?<![^\s']){long}", short, text)
        text = re.sub(rf"^{long.capitalize()}", short.capitalize(), text)
    return text


_JOINTS = (" de ", " à ", " d'")
_OU_X = ("genou", "bijou", "hibou", "caillou", "chou", "joujou", "pou")
_AL_S = ("festival", "carnaval", "bal", "récital")
_AIL_X = {"travail": "travaux", "vitrail": "vitraux"}


def plural(word: str) -> str:
    """The regular plural, of the first word before ``de``; an adjective after it agrees."""
    for joint in _JOINTS:
        first, found, rest = word.partition(joint)
        if found:
            return f"{plural(first)}{joint}{rest}"
    if " " in word:
        return " ".join(plural(part) for part in word.split(" "))
    if word.startswith(("grand-", "petit-", "petite-")):
        first, _, rest = word.partition("-")
        first = first if word.startswith("grand-m") else f"{first}s"
        return f"{first}-{plural(rest)}"
    if word.endswith(("s", "x", "z")):
        return word
    if word in _AIL_X:
        return _AIL_X[word]
    if (word.endswith(("eau", "eu")) and word not in ("pneu", "bleu")) or word in _OU_X:
        return f"{word}x"
    if word.endswith("al") and word not in _AL_S:
        return f"{word[:-2]}aux"
    return f"{word}s"


@dataclass(frozen=True)
class Noun:
    """A noun of both languages; ``kind`` says which verbs and adjectives it can have.

    ``only`` is set for a noun that exists only in the plural.
    """

    en: str
    ens: str
    fr: str
    frs: str
    feminine: bool
    kind: str
    only: bool = False


# Kinds that are not counted: "some water", or bare in English and with an article in French.
MASS = frozenset(("stuff", "drink", "matter"))
BARE = frozenset(("idea", "subject", "language", "sport", "pastime", "meal", "games"))
UNIQUE = frozenset(("sky",))


def _noun(entry: str, kind: str) -> Noun:
    both, gender = entry.rsplit(" ", 1)
    en, fr = both.split("=")
    en, _, ens = en.partition("/")
    fr, _, frs = fr.partition("/")
    if gender.endswith("p"):
        return Noun(en, en, fr, fr, gender == "fp", kind, only=True)
    if kind in MASS | BARE | UNIQUE:
        return Noun(en, en, fr, fr, gender == "f", kind)
    return Noun(en, ens or english.plural(en), fr, frs or plural(fr), gender == "f", kind)


NOUNS: dict[str, list[Noun]] = {
    kind: [_noun(entry, kind) for entry in words.entries("french_nouns", f"nouns: {kind}")]
    for kind in words.section_names("french_nouns", "nouns")
}
COUNTRIES = [_noun(entry, "country") for entry in words.entries("french", "countries")]


def _read_picked_nouns() -> dict[str, list[Noun]]:
    """Kinds made of nouns of other kinds: what can be opened, sung, filled."""
    known = {noun.en: noun for nouns in NOUNS.values() for noun in nouns}
    return {
        name: [known[en.strip()] for en in listed.split(",")]
        for name, listed in (line.split("|") for line in words.lines("french", "picked nouns"))
    }


PICKED = _read_picked_nouns()


@dataclass(frozen=True)
class Adjective:
    """Masculine, feminine and their plurals; ``before`` the noun or after it.

    ``kinds`` are the kinds of nouns that it can describe; ``said_only`` if it is never
    next to the noun.
    """

    en: str
    forms: tuple[str, str, str, str]
    before: bool
    by_vowel: str
    kinds: frozenset[str]
    said_only: bool

    def form(self, *, feminine: bool, many: bool) -> str:
        """The form that agrees."""
        return self.forms[(2 if many else 0) + feminine]


def _adjective_forms(given: str) -> tuple[str, str, str, str]:
    m, *rest = given.split("/")
    f = rest[0] if rest else (m if m.endswith("e") else f"{m}e")
    if len(rest) > 1:
        return m, f, rest[1], rest[2]
    ms = m if m[-1] in "sx" else f"{m}x" if m.endswith("eau") else f"{m}s"
    return m, f, ms, f"{f}s"


_LETTERS = {
    letter: [kind.replace("_", " ") for kind in kinds.split()]
    for letter, kinds in (
        line.split("|") for line in words.lines("french_adjectives", "kinds of adjectives")
    )
}


def _adjective(line: str) -> Adjective:
    en, forms, letters, *rest = line.split("|")
    before, _, by_vowel = rest[0].partition(" ") if rest else ("", "", "")
    kinds = frozenset(kind for letter in letters.rstrip("+") for kind in _LETTERS[letter])
    return Adjective(
        en, _adjective_forms(forms), before == "b", by_vowel, kinds, letters.endswith("+")
    )


ADJECTIVES = [_adjective(line) for line in words.lines("french_adjectives", "adjectives")]
COMPARABLE = frozenset(words.entries("french", "compared"))


def adjective(en: str) -> Adjective:
    """The adjective of an English word."""
    return next(one for one in ADJECTIVES if one.en == en)
