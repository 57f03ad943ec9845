"""English sentences and their French: tenses, negation, questions, commands."""

import random

from tools.demo_model.french import GO, MOODS, PHRASES, PLAIN_VERBS, VERBS, Verb, french_verb
from tools.demo_model.phrases import Phrase, fitting, noun_phrase, pairs, place, subject, tidy

_WHENS = {tense: pairs(f"when: {tense}") for tense in ("present", "past", "future")}
_FREQUENCY = pairs("frequency")
_CITIES = pairs("cities")
_FUTURE_ENDINGS = ("ai", "as", "a", "ons", "ez", "ont")


def _be(person: int, *, past: bool = False) -> str:
    if past:
        return "was" if person in (0, 2) else "were"
    return {0: "am", 2: "is"}.get(person, "are")


def clause(rng: random.Random) -> tuple[str, str]:
    """A statement with a verb: tense, modal, negation, object, place and time."""
    who = subject(rng)
    transitive = rng.random() < 0.65
    going = not transitive and rng.random() < 0.2
    verb: Verb = rng.choice(VERBS) if transitive else GO if going else rng.choice(PLAIN_VERBS)
    thing = noun_phrase(rng, verb.objects) if transitive else Phrase("", "", 2)
    if verb.en in ("visit", "see", "like") and rng.random() < 0.25:
        thing = Phrase(*rng.choice(_CITIES), 2)
    mode = rng.choice(
        ("present", "present", "progressive", "past", "past", "future", "modal", "going", "never")
    )
    if verb.en in ("have", "like", "know", "live") and mode == "progressive":
        mode = "present"
    negative = rng.random() < 0.15 and mode != "never"
    third = who.person == 2
    fr_object = thing.fr
    # After "pas" an indefinite article is "de".
    if negative and thing.indefinite and mode != "modal":
        fr_object = "de " + thing.fr.split(" ", 1)[1]
    elif negative and thing.indefinite:
        negative = False
    before, after = ("ne ", " pas") if negative else ("", "")
    present = verb.present[who.person]
    if mode == "present":
        do = "does not" if third else "do not"
        en = f"{do} {verb.en}" if negative else (verb.third if third else verb.en)
        fr = f"{before}{present}{after}"
    elif mode == "never":
        word_en, word_fr = rng.choice(_FREQUENCY)
        en = f"{word_en} {verb.third if third else verb.en}"
        fr = f"ne {present} jamais" if word_en == "never" else f"{present} {word_fr}"
        if word_en == "never" and thing.indefinite:
            fr_object = "de " + thing.fr.split(" ", 1)[1]
    elif mode == "progressive":
        en = f"{_be(who.person)}{' not' if negative else ''} {verb.ing}"
        fr = f"{before}{present}{after}"
    elif mode == "past":
        en = f"did not {verb.en}" if negative else verb.past
        auxiliary = french_verb("être" if verb.etre else "avoir")[0][who.person]
        participle = verb.participle
        if verb.etre:
            participle += ("e" if who.feminine else "") + ("s" if who.person in (3, 5) else "")
        fr = f"{before}{auxiliary}{after} {participle}"
    elif mode == "future":
        en = f"will{' not' if negative else ''} {verb.en}"
        fr = f"{before}{verb.future}{_FUTURE_ENDINGS[who.person]}{after}"
    elif mode == "going":
        en = f"{_be(who.person)}{' not' if negative else ''} going to {verb.en}"
        fr = f"{before}{GO.present[who.person]}{after} {verb.fr}"
    else:
        word, infinitive = rng.choice(
            (("want to", "vouloir"), ("can", "pouvoir"), ("must", "devoir"), ("would like to", ""))
        )
        if word == "would like to":
            ending = ("ais", "ais", "ait", "ions", "iez", "aient")[who.person]
            before, after = "", ""
            en, fr = f"would like to {verb.en}", f"voudr{ending} {verb.fr}"
        else:
            if word == "want to":
                en = (
                    ("does not want to" if third else "do not want to")
                    if negative
                    else ("wants to" if third else "want to")
                )
            else:
                en = {"can": "cannot", "must": "must not"}[word] if negative else word
            en = f"{en} {verb.en}"
            fr = f"{before}{french_verb(infinitive)[0][who.person]}{after} {verb.fr}"
    en = f"{who.en} {en} {thing.en}".strip()
    fr = f"{who.fr} {fr} {fr_object}".strip()
    if going:
        while True:
            there = noun_phrase(rng, ["place"], chance=0.15, determiners="the the the")
            if there.person == 2:
                break
        en, fr = f"{en} to {there.en}", f"{fr} à {there.fr}"
    if (verb.en == "live" or rng.random() < (0.2 if transitive else 0.5)) and not going:
        for _ in range(rng.choice((1, 1, 1, 2))):
            where = place(rng)
            en, fr = f"{en} {where[0]}", f"{fr} {where[1]}"
    if rng.random() < 0.15:
        word, mot = rng.choice((("with", "avec"), ("for", "pour"), ("for", "pour")))
        other = noun_phrase(rng, ["person"], chance=0.1, determiners="the my my his her our your")
        en, fr = f"{en} {word} {other.en}", f"{fr} {mot} {other.fr}"
    tense = {"past": "past", "future": "future", "going": "future"}.get(mode, "present")
    if rng.random() < 0.25 and mode not in ("modal", "never"):
        when = rng.choice(_WHENS[tense])
        en, fr = f"{en} {when[0]}", f"{fr} {when[1]}"
    return en, fr


def _state(rng: random.Random) -> tuple[str, str]:
    """Somebody or something is something."""
    past = rng.random() < 0.2
    negative = rng.random() < 0.15
    if rng.random() < 0.6:
        who, adjective = subject(rng), rng.choice(MOODS)
        if who.person == 4:
            who = Phrase("I", "je", 0)
    else:
        kind = rng.choice(("object", "place", "vehicle", "wear", "read", "food", "animal"))
        who = noun_phrase(rng, [kind], chance=0, determiners="the my his her our this")
        adjective = fitting(rng, kind)
    form = adjective.forms[(2 if who.person in (3, 5) else 0) + who.feminine]
    be = (
        ("étais", "étais", "était", "étions", "étiez", "étaient")
        if past
        else french_verb("être")[0]
    )
    very = rng.choice((("", ""), ("", ""), ("very ", "très "), ("too ", "trop ")))
    no_en, ne, pas = (" not", "ne ", " pas") if negative else ("", "", "")
    return (
        f"{who.en} {_be(who.person, past=past)}{no_en} {very[0]}{adjective.en}",
        f"{who.fr} {ne}{be[who.person]}{pas} {very[1]}{form}",
    )


def _being_there(rng: random.Random) -> tuple[str, str]:
    while True:
        thing = noun_phrase(
            rng, ["object", "person", "animal", "vehicle", "place"], determiners="a a a"
        )
        where = place(rng)
        if thing.indefinite or thing.person == 5:
            break
    be = "are" if thing.person == 5 else "is"
    return f"there {be} {thing.en} {where[0]}", f"il y a {thing.fr} {where[1]}"


def _asked(rng: random.Random) -> tuple[str, str]:
    kind = rng.choice(("where", "where", "do", "do", "want", "cost", "can", "is", "when", "polite"))
    if kind == "where":
        what = noun_phrase(
            rng,
            ["place", "object", "person"],
            chance=0.2,
            determiners="the the the my your our his her",
        )
        many = what.person == 5
        return (
            f"where {'are' if many else 'is'} {what.en}?",
            f"où {'sont' if many else 'est'} {what.fr} ?",
        )
    if kind == "cost":
        what = noun_phrase(rng, ["food", "object", "wear"], chance=0.3, determiners="the this")
        many = what.person == 5
        costs = "coûtent" if many else "coûte"
        return (
            f"how much {'do' if many else 'does'} {what.en} cost?",
            f"combien {costs} {what.fr} ?",
        )
    if kind == "is":
        statement = _state(rng)
        said = statement[0].split(" ")
        if said[0] in ("he", "she", "they") and " not " not in statement[0]:
            return (
                f"{said[1]} {said[0]} {' '.join(said[2:])}?",
                f"est-ce que {statement[1]} ?".replace("que il", "qu'il").replace(
                    "que elle", "qu'elle"
                ),
            )
        return _asked(rng)
    verb = rng.choice(VERBS)
    thing = noun_phrase(rng, verb.objects)
    if kind == "want":
        return f"would you like {thing.en}?", f"voudriez-vous {thing.fr} ?"
    if kind == "can":
        return f"can you {verb.en} {thing.en}?", f"pouvez-vous {verb.fr} {thing.fr} ?"
    if kind == "polite":
        who = rng.choice((Phrase("I", "je", 0), Phrase("we", "nous", 3)))
        would = "voudrais" if who.person == 0 else "voudrions"
        what = noun_phrase(rng, ["food", "drink", "object"], chance=0.15, determiners="a")
        return (
            f"{who.en} would like {what.en}, please",
            f"{who.fr} {would} {what.fr}, s'il vous plaît",
        )
    if kind == "when":
        who, plain = subject(rng), rng.choice([v for v in PLAIN_VERBS if v.en in (
            "arrive", "leave", "work", "eat", "study")])  # fmt: skip
        word, mot = rng.choice((("when", "quand"), ("why", "pourquoi"), ("where", "où")))
        do = "does" if who.person == 2 else "do"
        french = f"{mot} est-ce que {who.fr} {plain.present[who.person]} ?"
        return f"{word} {do} {who.en} {plain.en}?", french
    french = f"est-ce que vous {verb.present[4]} {thing.fr} ?"
    return f"do you {verb.en} {thing.en}?", french


def _ordered(rng: random.Random) -> tuple[str, str]:
    verb = rng.choice(VERBS)
    thing = noun_phrase(rng, verb.objects)
    if rng.random() < 0.5:
        return f"{verb.en} {thing.en}, please", f"{verb.present[4]} {thing.fr}, s'il vous plaît"
    return f"please {verb.en} {thing.en}", f"{verb.present[4]} {thing.fr}, s'il vous plaît"


def _joined(rng: random.Random) -> tuple[str, str]:
    one, two = clause(rng), rng.choice((clause, _state))(rng)
    word, mot = rng.choice(
        (("and", "et"), ("but", "mais"), ("because", "parce que"), ("when", "quand"))
    )
    comma = "," if word == "but" else ""
    return f"{one[0]}{comma} {word} {two[0]}", f"{one[1]}{comma} {mot} {two[1]}"


def sentence(rng: random.Random) -> tuple[str, str]:
    """English and French with their capitals and stops."""
    kind = rng.random()
    if kind < 0.04:
        return rng.choice(PHRASES)
    make = (
        clause if kind < 0.58 else _state if kind < 0.7 else _being_there if kind < 0.75
        else _asked if kind < 0.9 else _ordered if kind < 0.94 else _joined
    )  # fmt: skip
    en, fr = make(rng)
    fr = tidy(fr)
    if not en.endswith("?"):
        en, fr = f"{en}.", f"{fr}."
    return en[0].upper() + en[1:], fr[0].upper() + fr[1:]
