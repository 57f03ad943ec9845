"""English sentences and their French, made together by one grammar."""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from playground.prompts.formats import Pair, translation_prompt
from tools.demo_model import lexicon
from tools.demo_model.documents import Document, Item, Split, answered, draw, some
from tools.demo_model.french import (
    ADJECTIVES,
    ASPIRATED,
    GO,
    MOODS,
    NOUNS,
    PHRASES,
    PLAIN_VERBS,
    SAID_OF,
    VERBS,
    VOWELS,
    Adjective,
    Noun,
    Verb,
    french_verb,
)

_MEN = "Paul Pierre Tom Daniel Marc Hugo Louis Jules Simon Max Lucas Omar Karim Felix".split()
_WOMEN = "Anna Marie Lucy Sophie Clara Emma Alice Julie Laura Nora Sarah Ines Lena Chloe".split()
_NUMBERS = dict(
    two="deux", three="trois", four="quatre", five="cinq", six="six", seven="sept", eight="huit",
    nine="neuf", ten="dix", twelve="douze", twenty="vingt",
)  # fmt: skip
_WHENS = {
    "present": (
        ("every day", "tous les jours"), ("every morning", "tous les matins"),
        ("in the evening", "le soir"), ("on Mondays", "le lundi"), ("now", "maintenant"),
        ("today", "aujourd'hui"), ("in the morning", "le matin"), ("at night", "la nuit"),
        ("in summer", "en été"), ("in winter", "en hiver"), ("on Sundays", "le dimanche"),
    ),
    "past": (
        ("yesterday", "hier"), ("last week", "la semaine dernière"), ("this morning", "ce matin"),
        ("last year", "l'année dernière"), ("last night", "hier soir"),
        ("two days ago", "il y a deux jours"), ("on Monday", "lundi"), ("last month",
        "le mois dernier"), ("on Saturday", "samedi"), ("a year ago", "il y a un an"),
    ),
    "future": (
        ("tomorrow", "demain"), ("next week", "la semaine prochaine"), ("tonight", "ce soir"),
        ("next year", "l'année prochaine"), ("on Friday", "vendredi"), ("soon", "bientôt"),
        ("next month", "le mois prochain"), ("tomorrow morning", "demain matin"),
        ("on Sunday", "dimanche"), ("this afternoon", "cet après-midi"),
    ),
}  # fmt: skip
_FUTURE_ENDINGS = ("ai", "as", "a", "ons", "ez", "ont")


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
    words = french.split(" ")
    out: list[str] = []
    for index, word in enumerate(words):
        after = words[index + 1] if index + 1 < len(words) else ""
        mute = after[:1] in VOWELS and after[:1] != "" and after.rstrip(".,?!") not in ASPIRATED
        if word.lower() in ("le", "la", "je", "ne", "de", "que", "se", "me") and mute:
            out.append(f"{word[:-1]}'")
        elif word.lower() == "si" and after in ("il", "ils"):
            out.append(f"{word[0]}'")
        else:
            out.append(f"{word} ")
    text = "".join(out).strip()
    for long, short in (("de le ", "du "), ("de les ", "des "), ("à le ", "au "), ("à les ", "aux ")):
        text = re.sub(rf"(?<![^\s']){long}", short, text)
        text = re.sub(rf"^{long.capitalize()}", short.capitalize(), text)
    return text


def _vowel(word: str) -> bool:
    return word[0] in VOWELS and word.split()[0] not in ASPIRATED


_POSSESSIVES = {
    "my": ("mon", "ma", "mes"), "your": ("votre", "votre", "vos"), "his": ("son", "sa", "ses"),
    "her": ("son", "sa", "ses"), "our": ("notre", "notre", "nos"), "their": ("leur", "leur", "leurs"),
}  # fmt: skip


def _determined(determiner: str, english: str, french: str, *, feminine: bool, many: bool) -> tuple[str, str]:
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


def _fitting(rng: random.Random, kind: str) -> Adjective:
    """An adjective that may be said of a kind of noun."""
    while True:
        adjective = rng.choice(ADJECTIVES)
        if kind in SAID_OF.get(adjective.en, (kind,)):
            return adjective


def _described(rng: random.Random, noun: Noun, *, many: bool, chance: float) -> tuple[str, str]:
    en, fr = (noun.ens, noun.frs) if many else (noun.en, noun.fr)
    if " " in noun.en or rng.random() > chance:
        return en, fr
    adjective = _fitting(rng, noun.kind)
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
        return rng.choice(
            (
                ("at home", "à la maison"), ("at school", "à l'école"), ("in Paris", "à Paris"),
                ("in France", "en France"), ("in London", "à Londres"), ("in the city centre",
                "au centre-ville"), ("in the countryside", "à la campagne"), ("in Rome", "à Rome"),
                ("in Spain", "en Espagne"), ("in Italy", "en Italie"),
            )
        )  # fmt: skip
    en, fr, kinds = rng.choice(
        (
            ("in", "dans", ["place"]), ("in", "dans", ["place"]), ("in", "dans", ["place"]),
            ("near", "près de", ["place", "nature"]), ("near", "près de", ["nature"]),
            ("behind", "derrière", ["place", "nature"]), ("in front of", "devant", ["place"]),
            ("next to", "à côté de", ["place"]), ("far from", "loin de", ["place", "nature"]),
        )
    )  # fmt: skip
    while True:
        there = noun_phrase(rng, kinds, chance=0.25, determiners="the the the a a my our his her this")
        if there.person == 2:
            return f"{en} {there.en}", f"{fr} {there.fr}"


_FREQUENCY = (("often", "souvent"), ("always", "toujours"), ("sometimes", "parfois"),
              ("never", "jamais"), ("rarely", "rarement"))  # fmt: skip


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
    mode = rng.choice(
        ("present", "present", "progressive", "past", "past", "future", "modal", "going", "never")
    )
    if verb.en in ("have", "like", "know", "live") and mode == "progressive":
        mode = "present"
    negative = rng.random() < 0.15 and mode not in ("never",)
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
                en = ("does not want to" if third else "do not want to") if negative else (
                    "wants to" if third else "want to"
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
        adjective = _fitting(rng, kind)
    form = adjective.forms[(2 if who.person in (3, 5) else 0) + who.feminine]
    be = ("étais", "étais", "était", "étions", "étiez", "étaient") if past else french_verb("être")[0]
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
            rng, ["place", "object", "person"], chance=0.2, determiners="the the the my your our his her"
        )
        many = what.person == 5
        return f"where {'are' if many else 'is'} {what.en}?", f"où {'sont' if many else 'est'} {what.fr} ?"
    if kind == "cost":
        what = noun_phrase(rng, ["food", "object", "wear"], chance=0.3, determiners="the this")
        many = what.person == 5
        verb = "coûtent" if many else "coûte"
        return f"how much {'do' if many else 'does'} {what.en} cost?", f"combien {verb} {what.fr} ?"
    if kind == "is":
        statement = _state(rng)
        who = statement[0].split(" ")
        if who[0] in ("he", "she", "they") and " not " not in statement[0]:
            return (
                f"{who[1]} {who[0]} {' '.join(who[2:])}?",
                f"est-ce que {statement[1]} ?".replace("que il", "qu'il").replace("que elle", "qu'elle"),
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
        return f"{who.en} would like {what.en}, please", f"{who.fr} {would} {what.fr}, s'il vous plaît"
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
    word, mot = rng.choice((("and", "et"), ("but", "mais"), ("because", "parce que"), ("when", "quand")))
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


def document(rng: random.Random, split: Split) -> Document:
    """Pairs of sentences; held-out ones are sentences never seen."""

    def one() -> Item:
        en, fr = sentence(rng)
        return Item(given=en, wanted=fr, key=en)

    items = [*(draw(one, Split.TRAIN) for _ in range(some(rng, 6))), draw(one, split)]

    def prompt(examples: Sequence[Pair], asked: str) -> str:
        return translation_prompt(examples=examples, sentence=asked)

    return answered(task="translation", items=items, prompt=prompt)
