"""Statements with a verb: tense, modal, negation, adverb, object, place and time."""

import random
from dataclasses import dataclass

from tools.demo_model.corpus.language.phrases import (
    CITIES,
    PRONOUNS,
    Phrase,
    any_noun,
    name,
    noun_phrase,
    owned_thing,
    pairs,
    person,
    subject,
    superlative_phrase,
)
from tools.demo_model.corpus.language.places import place
from tools.demo_model.corpus.language.times import when
from tools.demo_model.corpus.language.verbs import (
    GO,
    HELPERS,
    OF_THINGS,
    PLAIN,
    TRANSITIVE,
    Verb,
    conjugate,
    french_verb,
)

FREQUENCY = pairs("frequency")
_MANNER = pairs("manner")
_TRANSPORT = pairs("transport")
REFLEXIVE = ("me", "te", "se", "nous", "vous", "se")


def be(person: int, *, past: bool = False) -> str:
    """The English form of be."""
    if past:
        return "was" if person in (0, 2) else "were"
    return {0: "am", 2: "is"}.get(person, "are")


@dataclass(frozen=True)
class Form:
    """The form of a verb: ``tense`` and the words around it.

    ``denied`` is the second half of a French negation: pas, jamais or plus; or empty.
    """

    tense: str
    denied: str = ""
    asked: bool = False
    adverb: tuple[str, str] = ("", "")
    helper: Verb | None = None


_MODALS = {
    "can": ("pouvoir", "present"),
    "must": ("devoir", "present"),
    "should": ("devoir", "conditional"),
    "would like": ("vouloir", "conditional"),
}


def _english_parts(verb: Verb, form: Form, person: int) -> tuple[str, str]:
    """The auxiliary and the rest of an English verb."""
    third, tense = person == 2, form.tense
    plain = form.asked or form.denied == "pas"
    if tense == "present":
        return (
            (("does" if third else "do"), verb.en)
            if plain
            else ("", verb.third if third else verb.en)
        )
    if tense == "past":
        return ("did", verb.en) if plain else ("", verb.past)
    if tense == "progressive":
        return be(person), verb.ing
    if tense == "was doing":
        return be(person, past=True), verb.ing
    if tense == "used to":
        return "", f"used to {verb.en}"
    if tense == "perfect":
        return ("has" if third else "have"), verb.done
    if tense == "future":
        return "will", verb.en
    if tense == "conditional":
        return "would", verb.en
    if tense == "going":
        return be(person), f"going to {verb.en}"
    if tense == "would like":
        return "would", f"like to {verb.en}"
    return tense, verb.en


def english_verb(verb: Verb, form: Form, who: Phrase, *, subject: str | None = None) -> str:
    """Subject and verb in English; in a question, in the order of a question."""
    if form.helper is not None:
        head = Form(form.tense, form.denied, form.asked, form.adverb)
        return f"{english_verb(form.helper, head, who, subject=subject)} {verb.en}"
    auxiliary, rest = _english_parts(verb, form, who.person)
    shown = who.en if subject is None else subject
    between = {"jamais": "never", "plus": "no longer"}.get(form.denied, form.adverb[0])
    if form.denied == "pas":
        auxiliary = "cannot" if auxiliary == "can" else f"{auxiliary} not"
    order = (auxiliary, shown, between, rest) if form.asked else (shown, auxiliary, between, rest)
    return " ".join(part for part in order if part)


def _around(form: Form, conjugated_verb: str, before: str) -> str:
    """A conjugated verb with pronoun, negation and adverb."""
    ne = "ne " if form.denied else ""
    after = f" {form.denied}" if form.denied else ""
    adverb = f" {form.adverb[1]}" if form.adverb[1] else ""
    return f"{ne}{before}{conjugated_verb}{after}{adverb}"


def french_verb_phrase(
    verb: Verb,
    form: Form,
    who: Phrase,
    *,
    pronoun: str = "",
    agrees: tuple[bool, bool] | None = None,
) -> str:
    """The French verb without subject and object.

    ``pronoun`` is an object before the verb; ``agrees`` (feminine, plural) is what a
    participle with avoir agrees with.
    """
    person, tail = who.person, f" {verb.tail}" if verb.tail else ""
    own = f"{REFLEXIVE[person]} " if verb.reflexive else f"{pronoun} " if pronoun else ""
    infinitive = f"{own}{verb.fr}{tail}"
    tense = form.tense
    if form.helper is not None:
        head = french_verb_phrase(form.helper, Form(tense, form.denied, adverb=form.adverb), who)
        return f"{head} {infinitive}"
    if tense in _MODALS:
        modal, mood = _MODALS[tense]
        return f"{_around(form, conjugate(modal, mood, person), '')} {infinitive}"
    if tense == "going":
        return f"{_around(form, conjugate('aller', 'present', person), '')} {infinitive}"
    if tense in ("past", "perfect") and not verb.state:
        auxiliary = conjugate("être" if verb.etre else "avoir", "present", person)
        participle = french_verb(verb.fr)[1]
        if verb.etre:
            agrees = (who.feminine, person in (3, 5))
        if agrees:
            feminine, many = agrees
            plural = "s" if many and not (participle.endswith("s") and not feminine) else ""
            participle = (
                ("due" if participle == "dû" else f"{participle}e") if feminine else participle
            )
            participle += plural
        return f"{_around(form, auxiliary, own)} {participle}{tail}"
    simple = {"progressive": "present", "was doing": "imperfect", "used to": "imperfect",
              "past": "imperfect"}.get(tense, tense)  # fmt: skip
    return f"{_around(form, conjugate(verb.fr, simple, person), own)}{tail}"


def pick_form(rng: random.Random, verb: Verb, *, helpers: bool = True) -> Form:
    """A tense that the verb can have, with a negation or an adverb now and then."""
    tense = rng.choices(
        ("present", "progressive", "past", "perfect", "was doing", "used to", "future",
         "conditional", "going", "can", "must", "should", "would like", "helper"),
        (20, 14, 22, 5, 4, 3, 11, 3, 8, 4, 4, 3, 3, 12 if helpers else 0),
    )[0]  # fmt: skip
    if not verb.progressive and tense in ("progressive", "was doing"):
        tense = "present"
    if verb.state and tense in ("perfect", "would like", "going", "should", "must"):
        tense = "past" if tense == "perfect" else "present"
    if tense == "helper" and verb.state:
        tense = "present"
    helper = None
    if tense == "helper":
        helper = rng.choice(HELPERS)
        tense = rng.choice(("present", "present", "present", "past", "past", "future"))
    denied, chance = "", rng.random()
    if chance < 0.15 and tense != "used to":
        denied = "pas"
    elif chance < 0.18 and tense in ("present", "perfect", "future"):
        denied = "jamais"
    elif chance < 0.2 and tense == "present":
        denied = "plus"
    adverb = ("", "")
    if not denied and tense == "present" and helper is None and rng.random() < 0.15:
        adverb = rng.choice(FREQUENCY)
    return Form(tense, denied, adverb=adverb, helper=helper)


def pick_object(rng: random.Random, verb: Verb) -> Phrase:
    """Something that the verb can be done to."""
    kinds = verb.objects
    if kinds == ("speech",):
        language = any_noun(rng, ("language",))
        return Phrase(language.en, language.fr, 2)
    named = [kind for kind in kinds if kind not in ("country", "city")]
    chance = rng.random()
    if "place" in kinds and chance < 0.12 and verb.en in ("visit", "see", "like", "know", "love"):
        return Phrase(*rng.choice(CITIES), 2)
    if "country" in kinds and chance < 0.3:
        return noun_phrase(rng, ("country",))
    if "person" in kinds and chance < 0.15 * (1 if len(kinds) > 6 else 3):
        return name(rng) if chance < 0.05 else person(rng)
    things = [kind for kind in named if kind in ("object", "wear", "vehicle", "read", "place")]
    if things and chance > 0.95:
        return owned_thing(rng, things)
    if {"place", "nature"} & set(kinds) and chance > 0.92 and not verb.tail:
        return superlative_phrase(rng, [kind for kind in kinds if kind in ("place", "nature")])
    return noun_phrase(rng, named, general=verb.general, simple=bool(verb.tail))


def verb_with_object(rng: random.Random, verb: Verb, form: Form, who: Phrase) -> tuple[str, str]:
    """Verb and object; an indefinite object of a negation is "any", de."""
    thing = pick_object(rng, verb)
    denied = form.denied and thing.denied[0]
    # "He cannot buy a car" could be "une voiture" or "de voiture": such are not said.
    if denied and (thing.denied[0] == "-" or form.tense in _MODALS or form.helper
                   or form.tense == "going" or verb.tail):  # fmt: skip
        form = Form(form.tense, "", form.asked, form.adverb, form.helper)
    elif denied:
        thing = Phrase(*thing.denied, thing.person)
    fr = french_verb_phrase(verb, form, who)
    return f"{english_verb(verb, form, who)} {thing.en}", f"{fr} {thing.fr}"


_HIM = (
    ("him", "le", 2, False, False), ("her", "la", 2, True, False), ("them", "les", 5, False, True),
    ("me", "me", 0, False, False), ("us", "nous", 3, False, True), ("you", "vous", 4, False, False),
)  # fmt: skip
_DONE_TO_PEOPLE = [
    verb for verb in TRANSITIVE
    if "person" in verb.objects and not verb.tail and not verb.reflexive and not verb.state
    and verb.en not in ("draw", "paint", "count")
]  # fmt: skip


def with_pronoun(rng: random.Random) -> tuple[str, str]:
    """An object pronoun, which French puts before the verb: je le vois, je l'ai vu."""
    who = rng.choice(PRONOUNS) if rng.random() < 0.6 else name(rng)
    verb = rng.choice(_DONE_TO_PEOPLE)
    en, fr, number, feminine, many = rng.choice(
        [one for one in _HIM if one[2] != who.person or one[2] in (2, 5)]
    )
    if {who.person, number} == {0, 3}:
        en, fr, feminine, many = "him", "le", False, False
    form = pick_form(rng, verb)
    if form.helper is not None and form.helper.tail.endswith(("de", "à")):
        form = Form("present")
    french = french_verb_phrase(verb, form, who, pronoun=fr, agrees=(feminine, many))
    time = when(rng, form.tense) if rng.random() < 0.3 else ("", "")
    return (
        f"{english_verb(verb, form, who)} {en} {time[0]}".strip(),
        f"{who.fr} {french} {time[1]}".strip(),
    )


_AT_TABLE = (("with", "avec"), ("with", "avec"), ("for", "pour"))


def clause(rng: random.Random) -> tuple[str, str]:
    """A statement about a person."""
    if rng.random() < 0.06:
        return with_pronoun(rng)
    if rng.random() < 0.08:
        return _thing_clause(rng)
    who = subject(rng)
    transitive = rng.random() < 0.68
    going = not transitive and rng.random() < 0.15
    verb = rng.choice(TRANSITIVE) if transitive else GO if going else rng.choice(PLAIN)
    form = pick_form(rng, verb)
    if transitive:
        en, fr = verb_with_object(rng, verb, form, who)
    else:
        en, fr = english_verb(verb, form, who), french_verb_phrase(verb, form, who)
    fr = f"{who.fr} {fr}"
    if going:
        there = _destination(rng)
        en, fr = f"{en} {there[0]}", f"{fr} {there[1]}"
        if rng.random() < 0.15:
            there = rng.choice(_TRANSPORT)
            en, fr = f"{en} {there[0]}", f"{fr} {there[1]}"
    elif verb.en == "live" or rng.random() < (0.15 if transitive else 0.35):
        for _ in range(rng.choice((1, 1, 1, 1, 2)) if verb.en == "live" else 1):
            where = place(rng)
            if en.endswith(" in") and where[0].startswith("in "):
                break
            en, fr = f"{en} {where[0]}", f"{fr} {where[1]}"
    elif not transitive and " " not in verb.en and rng.random() < 0.2 and form.tense in (
        "present", "progressive", "past", "future"):  # fmt: skip
        how = rng.choice([one for one in _MANNER if one[0] != "alone" and one[0] != "together"])
        # A short adverb would come before a participle or an infinitive.
        if form.tense != "past" and not form.adverb[0] and not form.helper and not verb.reflexive:
            en, fr = f"{en} {how[0]}", f"{fr} {how[1]}"
    if rng.random() < 0.08:
        word, mot = rng.choice(_AT_TABLE if transitive else _AT_TABLE[:2])
        other = person(rng) if rng.random() < 0.7 else name(rng)
        en, fr = f"{en} {word} {other.en}", f"{fr} {mot} {other.fr}"
    if (
        rng.random() < 0.25
        and form.denied in ("", "pas")
        and form.helper is None
        and not form.adverb[0]
    ):
        time = when(rng, form.tense)
        en, fr = f"{en} {time[0]}".strip(), f"{fr} {time[1]}".strip()
    return en, fr


def _destination(rng: random.Random) -> tuple[str, str]:
    kind = rng.random()
    if kind < 0.15:
        en, fr = rng.choice(CITIES)
        return f"to {en}", f"à {fr}"
    there = noun_phrase(rng, ("place",), chance=0, determiners="the", many=False)
    return f"to {there.en}", f"à {there.fr}"


def _thing_clause(rng: random.Random) -> tuple[str, str]:
    """What animals and things do."""
    verb = rng.choice(OF_THINGS)
    who = noun_phrase(rng, verb.objects, chance=0.2, determiners="the the my this your")
    form = pick_form(rng, verb, helpers=False)
    if form.tense in ("must", "should", "would like", "conditional", "can"):
        form = Form("present")
    en, fr = english_verb(verb, form, who), f"{who.fr} {french_verb_phrase(verb, form, who)}"
    if rng.random() < 0.35 and form.denied != "jamais" and not form.adverb[0]:
        time = when(rng, form.tense)
        en, fr = f"{en} {time[0]}".strip(), f"{fr} {time[1]}".strip()
    return en, fr


def relative(rng: random.Random) -> Phrase:
    """A noun with its own clause: l'homme qui travaille ici, le livre que j'ai acheté."""
    if rng.random() < 0.5:
        who = noun_phrase(rng, ("person", "job"), chance=0, determiners="the")
        verb = rng.choice([one for one in PLAIN if one.en != "live"])
        form = Form(rng.choice(("present", "progressive", "past")))
        en = english_verb(verb, form, who, subject=f"{who.en} who")
        return Phrase(
            en, f"{who.fr} qui {french_verb_phrase(verb, form, who)}", who.person, who.feminine
        )
    verb = rng.choice(
        [
            one
            for one in TRANSITIVE
            if not one.tail and not one.reflexive and {"object", "read", "place"} & set(one.objects)
        ]
    )
    kinds = [
        kind
        for kind in verb.objects
        if kind in ("object", "wear", "read", "place", "furniture", "tech")
    ]
    thing = noun_phrase(rng, kinds, chance=0, determiners="the")
    who = rng.choice(PRONOUNS) if rng.random() < 0.7 else person(rng)
    form = Form(rng.choice(("present", "past", "past")))
    agrees = (thing.feminine, thing.person == 5)
    french = french_verb_phrase(verb, form, who, agrees=agrees)
    return Phrase(
        f"{thing.en} that {english_verb(verb, form, who)}",
        f"{thing.fr} que {who.fr} {french}", thing.person, thing.feminine,
    )  # fmt: skip
