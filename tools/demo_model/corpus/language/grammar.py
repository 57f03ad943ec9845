"""English sentences and their French: one right translation for each."""

import random

from tools.demo_model.corpus.language.clauses import (
    Form,
    clause,
    english_verb,
    french_verb_phrase,
    pick_form,
    relative,
    verb_with_object,
)
from tools.demo_model.corpus.language.french import tidy
from tools.demo_model.corpus.language.phrases import (
    COUNTED,
    noun_phrase,
    pairs,
    pick_adjective,
    subject,
)
from tools.demo_model.corpus.language.questions import command, question
from tools.demo_model.corpus.language.states import (
    being_there,
    clock_and_self,
    quality,
    state,
    to_be,
    weather,
)
from tools.demo_model.corpus.language.verbs import PLAIN, TRANSITIVE

PHRASES = pairs("phrases")
_REASONS = pairs("reasons")


def _two_clauses(rng: random.Random) -> tuple[str, str]:
    word, mot = rng.choice(_REASONS)
    if word == "when":
        one, two = _short_clause(rng, "was doing"), _short_clause(rng, "past")
    else:
        one, two = clause(rng), rng.choice((clause, clause, quality, state))(rng)
    comma = "," if word in ("but", "so") else ""
    return f"{one[0]}{comma} {word} {two[0]}", f"{one[1]}{comma} {mot} {two[1]}"


_BELIEFS = (
    ("I think that", "je pense que"),
    ("I know that", "je sais que"),
    ("he says that", "il dit que"),
    ("she says that", "elle dit que"),
    ("I hope that", "j'espère que"),
    ("we know that", "nous savons que"),
    ("they say that", "ils disent que"),
    ("she thinks that", "elle pense que"),
    ("I believe that", "je crois que"),
)


def _reported_clause(rng: random.Random) -> tuple[str, str]:
    en, fr = rng.choice(_BELIEFS)
    said = rng.choice((clause, quality, state))(rng)
    return f"{en} {said[0]}", f"{fr} {said[1]}"


def _short_clause(rng: random.Random, tense: str) -> tuple[str, str]:
    """A short clause in one tense, of the if and while sentences."""
    who = subject(rng)
    form = Form(tense)
    if rng.random() < 0.5:
        verb = rng.choice([one for one in TRANSITIVE if one.progressive])
        en, fr = verb_with_object(rng, verb, form, who)
    else:
        verb = rng.choice([one for one in PLAIN if one.progressive])
        en, fr = english_verb(verb, form, who), french_verb_phrase(verb, form, who)
    return en, f"{who.fr} {fr}"


def _conditional_sentence(rng: random.Random) -> tuple[str, str]:
    """If it rains, we will stay; if I had a car, I would drive; while she was sleeping."""
    kind = rng.random()
    if kind < 0.3:
        one, two = _short_clause(rng, "was doing"), _short_clause(rng, "was doing")
        return f"{one[0]} while {two[0]}", f"{one[1]} pendant que {two[1]}"
    if kind < 0.75:
        one = ("it rains", "il pleut") if rng.random() < 0.25 else _short_clause(rng, "present")
        two = _short_clause(rng, "future")
        return f"if {one[0]}, {two[0]}", f"si {one[1]}, {two[1]}"
    have = next(verb for verb in TRANSITIVE if verb.en == "have")
    who, two = subject(rng), _short_clause(rng, "conditional")
    en, fr = verb_with_object(rng, have, Form("past"), who)
    return f"if {en}, {two[0]}", f"si {who.fr} {fr}, {two[1]}"


def _relative_sentence(rng: random.Random) -> tuple[str, str]:
    """The book that I bought is interesting; the man who works here has left."""
    who = relative(rng)
    if " who " not in who.en:
        one = pick_adjective(rng, "object", beside=False)
        simple = ("small", "big", "beautiful", "old", "new", "ugly", "magnificent")
        while one is None or one.en not in simple:
            one = pick_adjective(rng, "object", beside=False)
        en, fr = to_be(who, rng.choice(("present", "imperfect")))
        return f"{en} {one.en}", f"{fr} {one.form(feminine=who.feminine, many=who.person == 5)}"
    if rng.random() < 0.5:
        verb = rng.choice(TRANSITIVE)
        form = pick_form(rng, verb, helpers=False)
        en, fr = verb_with_object(rng, verb, form, who)
        return en, f"{who.fr} {fr}"
    one = pick_adjective(rng, "person", beside=False)
    assert one is not None
    en, fr = to_be(who, "present")
    return f"{en} {one.en}", f"{fr} {one.form(feminine=who.feminine, many=who.person == 5)}"


def _here_is(rng: random.Random) -> tuple[str, str]:
    """Here is my house: voici ma maison."""
    what = noun_phrase(
        rng, COUNTED, chance=0.25, determiners="a the my your our his her", many=rng.random() < 0.2
    )
    return f"here {'are' if what.person == 5 else 'is'} {what.en}", f"voici {what.fr}"


_KINDS = (
    (clause, 42),
    (state, 15),
    (being_there, 5),
    (question, 16),
    (command, 4),
    (_two_clauses, 5),
    (_reported_clause, 3),
    (_conditional_sentence, 2),
    (_relative_sentence, 2),
    (weather, 2),
    (clock_and_self, 5),
    (_here_is, 1),
)
_MAX_SPACES = 16
_MAKERS = [make for make, _ in _KINDS]
_WEIGHTS = [weight for _, weight in _KINDS]


def sentence(rng: random.Random) -> tuple[str, str]:
    """English and French with their capitals and stops."""
    if rng.random() < 0.04:
        return rng.choice(PHRASES)
    while True:
        en, fr = rng.choices(_MAKERS, _WEIGHTS)[0](rng)
        if en.count(" ") < _MAX_SPACES:
            return finish_sentence(en, fr)


def finish_sentence(en: str, fr: str) -> tuple[str, str]:
    """Elide, contract, and give both their capital and stop."""
    fr = tidy(fr)
    if not en.endswith("?"):
        en, fr = f"{en}.", f"{fr}."
    return en[0].upper() + en[1:], fr[0].upper() + fr[1:]
