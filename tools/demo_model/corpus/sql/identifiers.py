"""Names of tables and columns, and the words that people use for them.

Training and the check on unseen schemas share no name: real words of the check are in a separate
list, all others are split by a hash of the name.
"""

import random
from dataclasses import dataclass
from functools import cache

from tools.demo_model.corpus import lexicon, words
from tools.demo_model.corpus.documents import Split, is_held_out
from tools.demo_model.corpus.language.french import NOUNS

RESERVED = frozenset(words.entries("sql", "reserved"))
_CONFUSING = frozenset(words.entries("sql", "confusing"))


def _without_known_words(names: tuple[str, ...]) -> tuple[str, ...]:
    """Names of a list without those that another list has since taken in."""
    known = frozenset(words.vocabulary())
    return tuple(name for name in names if not known & set(name.split("/")))


_UNSEEN_TABLES = _without_known_words(words.entries("unseen/schemas", "tables"))
_UNSEEN_COLUMNS = {
    kind: _without_known_words(words.entries("unseen/schemas", f"{kind} columns"))
    for kind in ("text", "number", "date")
}
_UNSEEN = frozenset(
    word
    for names in (*_UNSEEN_COLUMNS.values(), _UNSEEN_TABLES)
    for name in names
    for word in name.split("/")
)
_TABLES = words.entries("sql", "tables")
_COLUMNS = {kind: words.entries("sql", f"{kind} columns") for kind in ("text", "number", "date")}
_SHORT = words.entries("sql", "short columns")
_BEGINNINGS = words.entries("sql", "compound beginnings")
_COLUMN_ENDINGS = words.entries("sql", "compound column endings")
_TABLE_BEGINNINGS = words.entries("sql", "compound table beginnings")
_TABLE_ENDINGS = words.entries("sql", "compound table endings")
_IRREGULAR = {"pages", "points", "calories", "seats", "hours", "days"}


@dataclass(frozen=True)
class Name:
    """A thing as people say it, of one and of many."""

    one: str
    many: str

    @property
    def snake(self) -> str:
        """One of it as SQL writes it."""
        return self.one.replace(" ", "_")

    @property
    def snakes(self) -> str:
        """Many of it as SQL writes them."""
        return self.many.replace(" ", "_")


def plural(word: str) -> str:
    """The regular English plural of the last word."""
    if word.split()[-1] in _IRREGULAR:
        return word
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return f"{word[:-1]}ies"
    if word.endswith(("s", "x", "z", "ch", "sh")):
        return f"{word}es"
    return f"{word}s"


@cache
def _nouns() -> tuple[Name, ...]:
    return tuple(
        dict.fromkeys(
            Name(noun.en, noun.ens)
            for nouns in NOUNS.values()
            for noun in nouns
            if noun.en != noun.ens and noun.en.replace(" ", "").isalpha()
        )
    )


def fits(name: str, split: Split) -> bool:
    """Whether SQL and the words of requests leave ``name`` free, and the split allows it."""
    if name in RESERVED or name in _CONFUSING or name in _UNSEEN or len(name) > 24:
        return False
    if split is Split.TRAIN:
        return not is_held_out(name)
    # A word that other text has would not be unseen.
    return len(name) > 3 and is_held_out(name) and name not in _known_words()


@cache
def _known_words() -> frozenset[str]:
    listed = frozenset(words.vocabulary())
    return listed | {plural(word) for word in listed}


def _word(rng: random.Random) -> str:
    return rng.choice(words.vocabulary())


def make_up_word(rng: random.Random) -> str:
    """A lower-case word that may be any: listed, cut, put together, or of letters alone."""
    kind = rng.random()
    if kind < 0.3:
        return _word(rng)
    if kind < 0.6:
        first, last = _word(rng), _word(rng)
        return first[: rng.randint(2, 5)] + last[-rng.randint(2, 5) :]
    if kind < 0.95:
        return lexicon.invent_word(rng)
    return "".join(rng.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(rng.randint(3, 6)))


def familiar_table(rng: random.Random) -> Name:
    """Things that people often store in tables."""
    while True:
        one, many = rng.choice(_TABLES).split("/")
        if fits(one, Split.TRAIN):
            return Name(one, many)


def unfamiliar_table(rng: random.Random, split: Split) -> Name:
    """Anything at all: nouns, compounds and words that nobody has met."""
    while True:
        kind = rng.random()
        if split is Split.HELD_OUT and kind < 0.5:
            one, many = rng.choice(_UNSEEN_TABLES).split("/")
            return Name(one, many)
        if split is Split.TRAIN and kind < 0.35:
            name = rng.choice(_nouns())
        elif kind < 0.65:
            one, many = rng.choice(_TABLE_ENDINGS).split("/")
            first = rng.choice(_TABLE_BEGINNINGS) if rng.random() < 0.5 else make_up_word(rng)
            name = Name(f"{first} {one}", f"{first} {many}")
        else:
            word = make_up_word(rng)
            name = Name(word, plural(word))
        # Either form may be the table's name, so both have to be on the same side.
        if fits(name.snake, split) and fits(name.snakes, split):
            return name


def familiar_column(rng: random.Random, kind: str) -> str:
    """A column of a kind (text, number or date) as people often name it."""
    return rng.choice(_COLUMNS[kind])


def unfamiliar_column(rng: random.Random, kind: str, split: Split) -> str:
    """A column of a kind; its name need not say which, unless it is a date."""
    while True:
        sort = rng.random()
        if split is Split.HELD_OUT and sort < 0.5:
            return rng.choice(_UNSEEN_COLUMNS[kind])
        sort = rng.random()
        if kind == "date":
            word = make_up_word(rng)
            name = f"{word}_date" if rng.random() < 0.5 else f"{word.removesuffix('e')}ed_on"
        elif sort < 0.06:
            name = rng.choice(_SHORT)
        elif sort < 0.25:
            name = rng.choice(_nouns()).snake
        elif sort < 0.4:
            name = f"{rng.choice(_BEGINNINGS)}_{rng.choice(_COLUMN_ENDINGS)}"
        elif sort < 0.5:
            name = f"{make_up_word(rng)}_{rng.choice(_COLUMN_ENDINGS)}"
        elif sort < 0.55:
            name = f"{rng.choice(_BEGINNINGS)}_{make_up_word(rng)}"
        else:
            name = make_up_word(rng)
        if fits(name, split) and not name.endswith("_id"):
            return name
