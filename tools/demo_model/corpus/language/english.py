"""English forms that the translation grammar needs, and the short forms people type."""

import random
import re

_PLURALS = {"man": "men", "woman": "women", "child": "children", "knife": "knives",
            "mouse": "mice", "sheep": "sheep", "fish": "fish", "wife": "wives",
            "leaf": "leaves", "shelf": "shelves", "tooth": "teeth", "foot": "feet",
            "scarf": "scarves", "wolf": "wolves", "loaf": "loaves", "thief": "thieves",
            "goose": "geese", "person": "people", "deer": "deer", "salesman": "salesmen",
            "series": "series", "crossroads": "crossroads", "lady": "ladies"}  # fmt: skip
_ES = ("potato", "tomato", "hero", "mango", "mosquito", "volcano")
_IRREGULAR_COMPARISONS = {"good": ("better", "best"), "bad": ("worse", "worst")}
_LONG = ("modern", "useful", "fragile", "solid", "boring", "famous", "nervous", "patient",
         "serious", "honest", "jealous", "recent")  # fmt: skip


def plural(word: str) -> str:
    """The plural of a noun, of its first word before ``of``."""
    first, of, rest = word.partition(" of ")
    if of:
        return f"{plural(first)} of {rest}"
    if word in _PLURALS:
        return _PLURALS[word]
    if word.endswith("man"):
        return f"{word[:-3]}men"
    if word.endswith(("s", "x", "ch", "sh", "z")) or word in _ES:
        return f"{word}es"
    if word.endswith("y") and word[-2] not in "aeiou":
        return f"{word[:-1]}ies"
    return f"{word}s"


def third_person(verb: str) -> str:
    """``watch`` as he does it."""
    if verb == "have":
        return "has"
    if verb.endswith(("s", "sh", "ch", "o", "x", "z")):
        return f"{verb}es"
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return f"{verb[:-1]}ies"
    return f"{verb}s"


def past_tense(verb: str) -> str:
    """The regular past."""
    if verb.endswith("e"):
        return f"{verb}d"
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return f"{verb[:-1]}ied"
    return f"{verb}ed"


def ing_form(verb: str) -> str:
    """The regular form in -ing."""
    if verb.endswith("e") and not verb.endswith("ee"):
        return f"{verb[:-1]}ing"
    return f"{verb}ing"


def comparative_and_superlative(adjective: str) -> tuple[str, str]:
    """Comparative and superlative."""
    if adjective in _IRREGULAR_COMPARISONS:
        return _IRREGULAR_COMPARISONS[adjective]
    groups = len(re.findall(r"[aeiouy]+", adjective.removesuffix("e")))
    if adjective.endswith("y"):
        stem = f"{adjective[:-1]}i"
        return f"{stem}er", f"{stem}est"
    if adjective in ("narrow", "clever", "quiet", "simple") or groups == 1:
        stem = adjective.removesuffix("e")
        if re.search(r"[^aeiou][aeiou][bdgnt]$", adjective):
            stem += stem[-1]
        return f"{stem}er", f"{stem}est"
    return f"more {adjective}", f"most {adjective}"


def with_article(words: str) -> str:
    """``a`` or ``an`` before words."""
    vowel = words[0] in "aeiouAEIOU" and not words.startswith(("uni", "use", "one", "Eu"))
    return f"{'an' if vowel or words.startswith(('honest', 'hour')) else 'a'} {words}"


_SHORT = (
    ("do not", "don't"), ("does not", "doesn't"), ("did not", "didn't"), ("cannot", "can't"),
    ("is not", "isn't"), ("are not", "aren't"), ("was not", "wasn't"), ("were not", "weren't"),
    ("will not", "won't"), ("would not", "wouldn't"), ("should not", "shouldn't"),
    ("have not", "haven't"), ("has not", "hasn't"), ("I am", "I'm"), ("you are", "you're"),
    ("we are", "we're"), ("they are", "they're"), ("he is", "he's"), ("she is", "she's"),
    ("it is", "it's"), ("what is", "what's"), ("where is", "where's"), ("let us", "let's"),
    ("I would like", "I'd like"), ("we would like", "we'd like"), ("I will", "I'll"),
)  # fmt: skip


def shorten(rng: random.Random, sentence: str) -> str:
    """The sentence as people type it: ``don't``, ``I'm``; now and then."""
    if rng.random() > 0.3:
        return sentence
    for long, short in _SHORT:
        for one, other in (
            (long, short),
            (long[0].upper() + long[1:], short[0].upper() + short[1:]),
        ):
            # Not at the end: "Do you know where it is?" is never shortened.
            sentence = re.sub(rf"\b{one}(?= \w)", other, sentence)
    return sentence
