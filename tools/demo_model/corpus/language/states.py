"""Sentences with to be and to have: qualities, trades, comparisons, ages, the weather."""

import random
from dataclasses import replace

from tools.demo_model.corpus import lexicon, words
from tools.demo_model.corpus.documents import Split
from tools.demo_model.corpus.language import english
from tools.demo_model.corpus.language.clauses import be
from tools.demo_model.corpus.language.french import ADJECTIVES, COUNTRIES, NOUNS, adjective
from tools.demo_model.corpus.language.phrases import (
    CITIES,
    COUNTED,
    NUMBERS,
    PEOPLE,
    PRONOUNS,
    Phrase,
    any_noun,
    degree,
    name,
    noun_phrase,
    owned_thing,
    pairs,
    person,
    pick_adjective,
    pick_comparable,
    subject,
    superlative_phrase,
)
from tools.demo_model.corpus.language.places import place
from tools.demo_model.corpus.language.times import date, hour
from tools.demo_model.corpus.language.verbs import conjugate

_OF_PEOPLE = [one for one in ADJECTIVES if "person" in one.kinds]
_STATES = pairs("states")
_AGES = pairs("ages")
_ORDINALS = pairs("ordinals")
_WEATHER = [line.split("|") for line in words.lines("french", "weather")]
_WEATHER_IS = pairs("weather is")
_WEATHER_TIMES = {"present": pairs("when: now"), "past": pairs("when: past"),
                  "future": pairs("when: future")}  # fmt: skip
_SAID_OF_KINDS = tuple(
    kind for kind in (*COUNTED, "idea", "stuff", "drink", "sky")
    if kind not in (*PEOPLE, "people") and pick_adjective(random.Random(0), kind) is not None
)  # fmt: skip


def to_be(
    who: Phrase, tense: str, *, negative: bool = False, asked: bool = False
) -> tuple[str, str]:
    """Subject and to be in both languages."""
    no, ne, pas = (" not", "ne ", " pas") if negative else ("", "", "")
    fr = f"{who.fr} {ne}{conjugate('être', tense, who.person)}{pas}"
    if tense in ("future", "conditional"):
        will = "will" if tense == "future" else "would"
        return (f"{will} {who.en} be" if asked else f"{who.en} {will}{no} be"), fr
    is_ = be(who.person, past=tense == "imperfect")
    return (f"{is_} {who.en}{no}" if asked else f"{who.en} {is_}{no}"), fr


def pick_tense(rng: random.Random) -> str:
    """Mostly the present."""
    return rng.choice(("present",) * 6 + ("imperfect", "imperfect", "future", "conditional"))


def pick_thing(rng: random.Random) -> tuple[Phrase, str]:
    """Something that is not a person, and its kind."""
    kind = any_noun(rng, _SAID_OF_KINDS).kind
    if kind in ("stuff", "drink"):
        return noun_phrase(rng, (kind,), chance=0, simple=True), kind
    several = rng.random() < 0.2
    determiners = "the the my his her our your this this their that"
    return noun_phrase(rng, (kind,), chance=0, determiners=determiners, many=several), kind


def quality(rng: random.Random, *, asked: bool = False) -> tuple[str, str]:
    """A person or a thing has a quality: the adjective agrees."""
    negative = rng.random() < 0.15 and not asked
    if rng.random() < 0.5:
        who, one = subject(rng), rng.choice(_OF_PEOPLE)
    else:
        who, kind = pick_thing(rng)
        found = pick_adjective(rng, kind, beside=False)
        assert found is not None
        one = found
        if rng.random() < 0.1 and kind in ("object", "place", "vehicle", "wear"):
            who = replace(owned_thing(rng, (kind,)))
    how = ("", "") if negative or one.en not in _GRADED else degree(rng)
    en, fr = to_be(who, pick_tense(rng), negative=negative, asked=asked)
    form = one.form(feminine=who.feminine, many=who.person in (3, 5))
    return f"{en} {how[0]}{one.en}", f"{fr} {how[1]}{form}"


_GRADED = frozenset(words.entries("french", "compared")) | {"tired", "ill", "good", "bad", "happy"}


def _feeling(rng: random.Random, *, asked: bool = False) -> tuple[str, str]:
    """Hungry, right, late: avoir faim, avoir raison, être en retard."""
    who = subject(rng)
    state, idiom = rng.choice(_STATES)
    head, _, tail = idiom.partition(" ")
    negative = rng.random() < 0.15 and not asked
    how = (
        rng.choice(("very ", ""))
        if head == "avoir" and state in ("hungry", "thirsty", "cold", "hot") and not negative
        else ""
    )
    when = pick_tense(rng)
    en, _ = to_be(who, when, negative=negative, asked=asked)
    ne, pas = ("ne ", " pas") if negative else ("", "")
    if tail in ("amoureux", "pressé"):
        tail = (
            ("amoureuse" if who.feminine else "amoureux")
            if tail == "amoureux"
            else f"pressé{'e' if who.feminine else ''}"
        ) + ("s" if who.person in (3, 5) and not (tail == "amoureux" and not who.feminine) else "")
    tres = "très " if how else ""
    fr = f"{who.fr} {ne}{conjugate(head, when, who.person)}{pas} {tres}{tail}"
    return f"{en} {how}{state}", fr


def _trade(rng: random.Random) -> tuple[str, str]:
    """He is a doctor: il est médecin."""
    woman = rng.random() < 0.15
    noun = rng.choice(NOUNS["woman's job" if woman else "job"])
    if woman:
        who = rng.choice((Phrase("she", "elle", 2, True), replace(name(rng), feminine=True)))
        if who.fr != "elle":
            who = Phrase("my sister", "ma sœur", 2, True)
    else:
        who = rng.choice((
            Phrase("he", "il", 2), Phrase("I", "je", 0), Phrase("my father", "mon père", 2),
            Phrase("his brother", "son frère", 2), Phrase("they", "ils", 5),
            Phrase("we", "nous", 3), Phrase("her husband", "son mari", 2),
        ))  # fmt: skip
    en, fr = to_be(who, rng.choice(("present",) * 3 + ("imperfect",)))
    many = who.person in (3, 5)
    return (
        f"{en} {noun.ens if many else english.with_article(noun.en)}",
        f"{fr} {noun.frs if many else noun.fr}",
    )


def _comparison(rng: random.Random) -> tuple[str, str]:
    """Bigger than, as big as, less expensive than."""
    if rng.random() < 0.4:
        who, kind = subject(rng), "person"
        other = name(rng) if rng.random() < 0.4 else person(rng)
    else:
        kind = rng.choice(
            ("place", "object", "wear", "vehicle", "animal", "furniture", "read", "tech")
        )
        mine = noun_phrase(
            rng, (kind,), chance=0, determiners="the my our his this", many=rng.random() < 0.1
        )
        who = mine
        other = noun_phrase(
            rng, (kind,), chance=0, determiners="the your their her that", many=False
        )
    one = pick_comparable(rng, kind)
    form = one.form(feminine=who.feminine, many=who.person in (3, 5))
    en, fr = to_be(who, rng.choice(("present", "present", "present", "imperfect")))
    way = rng.random()
    if way < 0.65:
        return (
            f"{en} {english.comparative_and_superlative(one.en)[0]} than {other.en}",
            f"{fr} plus {form} que {other.fr}",
        )
    if way < 0.85:
        return f"{en} as {one.en} as {other.en}", f"{fr} aussi {form} que {other.fr}"
    return f"{en} less {one.en} than {other.en}", f"{fr} moins {form} que {other.fr}"


def _it_is(rng: random.Random) -> tuple[str, str]:
    """This is my brother: c'est mon frère."""
    if rng.random() < 0.12:
        city = rng.choice(CITIES)
        one = pick_adjective(rng, "place")
        assert one is not None
        form = one.form(feminine=True, many=False)
        ville = f"{form} ville" if one.before else f"ville {form}"
        return (
            f"{city[0]} is {english.with_article(f'{one.en} city')}",
            f"{city[1]} est une {ville}",
        )
    negative = rng.random() < 0.1
    chance = rng.random()
    if chance < 0.15:
        what = owned_thing(rng, ("object", "vehicle", "wear", "place", "read"))
    elif chance < 0.3:
        what = superlative_phrase(rng, ("place", "nature", "read", "object", "vehicle", "show"))
    elif chance < 0.36:
        ordinal, number = rng.choice(_ORDINALS[:7])
        noun = any_noun(rng, ("show", "event", "read", "abstract"))
        masculine, _, feminine = number.partition("/")
        nth = (feminine or masculine) if noun.feminine else masculine
        what = Phrase(
            f"my {ordinal} {noun.en}", f"{'ma' if noun.feminine else 'mon'} {nth} {noun.fr}", 2
        )
    else:
        what = noun_phrase(
            rng,
            COUNTED,
            chance=0.4,
            determiners="a a a my his her our your",
            many=rng.random() < 0.15,
        )
    if what.person == 5:
        shown = rng.choice(("these are", "those are"))
        return (
            (f"{shown} not {what.en}", f"ce ne sont pas {what.fr}")
            if negative and not what.denied[0]
            else (f"{shown} {what.en}", f"ce sont {what.fr}")
        )
    shown = rng.choice(("this is", "that is", "it is", "this is"))
    if negative:
        return f"{shown} not {what.en}", f"ce n'est pas {what.fr}"
    return f"{shown} {what.en}", f"c'est {what.fr}"


def _age_and_body(rng: random.Random) -> tuple[str, str]:
    who = (
        rng.choice(PRONOUNS)
        if rng.random() < 0.5
        else name(rng)
        if rng.random() < 0.5
        else person(rng)
    )
    kind = rng.random()
    if kind < 0.5:
        age, years = rng.choice((*_AGES, *NUMBERS[:12]))
        en, _ = to_be(who, "present")
        return (
            f"{en} {age} years old",
            f"{who.fr} {conjugate('avoir', 'present', who.person)} {years} ans",
        )
    if kind < 0.75:
        owner = {"I": "my", "he": "his", "she": "her", "you": "your"}
        who = rng.choice([one for one in PRONOUNS if one.en in owner])
        noun = rng.choice(NOUNS["body"])
        several = (
            noun.en in ("foot", "eye", "leg", "ear", "tooth", "arm", "hand", "knee")
            and rng.random() < 0.4
        )
        en = f"{owner[who.en]} {noun.ens if several else noun.en} {'hurt' if several else 'hurts'}"
        article = "les" if several else "la" if noun.feminine else "le"
        has = conjugate("avoir", "present", who.person)
        return en, f"{who.fr} {has} mal à {article} {noun.frs if several else noun.fr}"
    has_en = "has" if who.person == 2 else "have"
    what, words_, choices = rng.choice((
        ("eyes", "yeux", ("blue", "green", "brown", "black", "grey")),
        ("hair", "cheveux", ("long", "short", "black", "brown", "white", "grey", "blond")),
    ))  # fmt: skip
    colour = rng.choice(choices)
    has = conjugate("avoir", "present", who.person)
    form = adjective(colour).form(feminine=False, many=True)
    return f"{who.en} {has_en} {colour} {what}", f"{who.fr} {has} les {words_} {form}"


def weather(rng: random.Random) -> tuple[str, str]:
    """It is raining in Paris; it was cold yesterday."""
    where = ("", "")
    if rng.random() < 0.35:
        en, fr = rng.choice(CITIES)
        where = (f" in {en}", f" à {fr}")
    time = rng.choice(("present", "past", "future"))
    when = rng.choice(_WEATHER_TIMES[time]) if rng.random() < 0.6 else ("", "")
    last = (f" {when[0]}", f" {when[1]}") if when[0] else ("", "")
    if rng.random() < 0.5:
        line = rng.choice(_WEATHER)
        en, fr = {
            "present": rng.choice(((line[0], line[5]), (line[1], line[5]), (line[1], line[5]))),
            "past": rng.choice(((line[2], line[6]), (line[3], line[7]))),
            "future": (line[4], line[8]),
        }[time]
    else:
        word, fr = rng.choice(_WEATHER_IS)
        en = {"present": "it is", "past": "it was", "future": "it will be"}[time] + f" {word}"
        if time != "present":
            mood = "imperfect" if time == "past" else "future"
            for infinitive in ("fait|faire", "a|avoir"):
                found, base = infinitive.split("|")
                fr = fr.replace(f" {found} ", f" {conjugate(base, mood, 2)} ")
    return f"{en}{where[0]}{last[0]}", f"{fr}{where[1]}{last[1]}"


def clock_and_self(rng: random.Random) -> tuple[str, str]:
    """The time, the day, who one is and where one comes from."""
    kind = rng.randrange(9)
    if kind == 0:
        en, fr = hour(rng)
        return f"it is {en}", f"il est {fr}"
    if kind == 1:
        day, jour = rng.choice(pairs("days"))
        return f"today is {day}", f"aujourd'hui, c'est {jour}"
    if kind == 2:
        en, fr = date(rng)
        whose, fete = rng.choice((("my", "mon"), ("his", "son"), ("her", "son"), ("your", "votre")))
        return f"{whose} birthday is on {en}", f"{fete} anniversaire est {fr}"
    if kind in (3, 4):
        called = lexicon.first_name(rng, Split.TRAIN) if rng.random() < 0.5 else name(rng).en
        return rng.choice((
            (f"my name is {called}", f"je m'appelle {called}"),
            (f"his name is {called}", f"il s'appelle {called}"),
            (f"her name is {called}", f"elle s'appelle {called}"),
        ))  # fmt: skip
    who = rng.choice(PRONOUNS)
    if kind == 5:
        noun = rng.choice(COUNTRIES)
        de = "de les" if noun.only else "de" if noun.feminine else "de le"
        does = "comes" if who.person == 2 else "come"
        return (
            f"{who.en} {does} from {noun.en}",
            f"{who.fr} {conjugate('venir', 'present', who.person)} {de} {noun.fr}",
        )
    if kind == 6:
        year = rng.randint(1930, 2024)
        born = f"né{'e' if who.feminine else ''}{'s' if who.person in (3, 5) else ''}"
        en, fr = to_be(who, "present")
        was = be(who.person, past=True)
        return f"{who.en} {was} born in {year}", f"{fr} {born} en {year}"
    if kind == 7:
        what = noun_phrase(
            rng,
            ("object", "wear", "read", "food", "tool"),
            chance=0.1,
            determiners="the this",
            many=False,
        )
        number, nombre = rng.choice(NUMBERS)
        return f"{what.en} costs {number} euros", f"{what.fr} coûte {nombre} euros"
    en, fr = to_be(who, pick_tense(rng))
    where = place(rng)
    return f"{en} {where[0]}", f"{fr} {where[1]}"


def being_there(rng: random.Random) -> tuple[str, str]:
    """There is, there are, there was; there is no."""
    kinds = (
        "object",
        "animal",
        "vehicle",
        "place",
        "plant",
        "furniture",
        "person",
        "tech",
        "room",
        "food",
        "tool",
        "job",
        "nature",
        "stuff",
        "drink",
        "face",
        "group",
        "insect",
        "landmark",
        "area",
    )
    thing = noun_phrase(rng, kinds, determiners="a a a number number quantity some", many=None)
    if thing.en.startswith(("the ", "my ", "this ", "your ", "our ")):
        return being_there(rng)
    where = place(rng)
    when = rng.choice(("present", "present", "present", "imperfect", "future"))
    il_y = f"il y {conjugate('avoir', when, 2)}"
    is_ = {
        "present": "are" if thing.person == 5 else "is",
        "future": "will be",
        "imperfect": "were" if thing.person == 5 else "was",
    }[when]
    if thing.denied[0] not in ("", "-") and rng.random() < 0.15:
        none = thing.denied[0].removeprefix("any ")
        none = none.split(" ", 1)[1] if none.startswith(("a ", "an ")) else none
        il_ny = f"il n'y {conjugate('avoir', when, 2)}"
        return f"there {is_} no {none} {where[0]}", f"{il_ny} pas {thing.denied[1]} {where[1]}"
    return f"there {is_} {thing.en} {where[0]}", f"{il_y} {thing.fr} {where[1]}"


def state(rng: random.Random) -> tuple[str, str]:
    """One of the sentences of to be."""
    make = rng.choices(
        (quality, _feeling, _trade, _comparison, _it_is, _age_and_body), (42, 12, 8, 14, 18, 8)
    )[0]
    return make(rng)


def question_about_state(rng: random.Random) -> tuple[str, str]:
    """Are you tired? Est-ce que vous êtes fatigué ?"""
    make = rng.choice((quality, quality, _feeling))
    en, fr = make(rng, asked=True)
    return f"{en}?", f"est-ce que {fr} ?"
