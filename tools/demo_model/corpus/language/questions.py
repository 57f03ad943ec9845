"""Questions, wishes and commands."""

import random

from tools.demo_model.corpus.language.clauses import (
    Form,
    english_verb,
    french_verb_phrase,
    pick_object,
    relative,
    verb_with_object,
)
from tools.demo_model.corpus.language.phrases import (
    Phrase,
    any_noun,
    noun_phrase,
    owned_thing,
    subject,
)
from tools.demo_model.corpus.language.places import place
from tools.demo_model.corpus.language.states import question_about_state
from tools.demo_model.corpus.language.verbs import GO, PLAIN, TRANSITIVE, conjugate

_OWNED = "the the the the my my your our his her this"
_TENSES = ("present", "present", "progressive", "past", "past", "future", "going")


def _where(rng: random.Random) -> tuple[str, str]:
    if rng.random() < 0.15:
        noun = any_noun(rng, ("place",))
        if " " not in noun.fr:
            article = "la" if noun.feminine else "le"
            return (
                f"where is the nearest {noun.en}?",
                f"où est {article} {noun.fr} {article} plus proche ?",
            )
    kinds = rng.choice(
        (
            ("place", "room"),
            ("object", "wear", "tool", "tech"),
            ("family", "job", "animal", "vehicle", "read", "food"),
        )
    )
    what = (
        owned_thing(rng, ("object", "wear", "vehicle")) if rng.random() < 0.1
        else noun_phrase(rng, kinds, chance=0.15, determiners=_OWNED, many=rng.random() < 0.2)
    )  # fmt: skip
    many = what.person == 5
    past = rng.random() < 0.1
    verb = ("were" if many else "was") if past else ("are" if many else "is")
    est = conjugate("être", "imperfect" if past else "present", what.person)
    return f"where {verb} {what.en}?", f"où {est} {what.fr} ?"


def _cost(rng: random.Random) -> tuple[str, str]:
    what = noun_phrase(
        rng, ("food", "object", "wear", "furniture", "tech", "serving", "vehicle"), chance=0.2,
        determiners="the this that", many=rng.random() < 0.25,
    )  # fmt: skip
    many = what.person == 5
    verb, mot = ("do", "coûtent") if many else ("does", "coûte")
    return f"how much {verb} {what.en} cost?", f"combien {mot} {what.fr} ?"


def _form(rng: random.Random, progressive: bool) -> Form:
    tense = rng.choice(_TENSES)
    return Form(
        "present" if tense in ("progressive", "going") and not progressive else tense, asked=True
    )


def _yes_or_no(rng: random.Random) -> tuple[str, str]:
    who = Phrase("you", "vous", 4) if rng.random() < 0.5 else subject(rng)
    if rng.random() < 0.65:
        verb = rng.choice(TRANSITIVE)
        en, fr = verb_with_object(rng, verb, _form(rng, verb.progressive), who)
        # A question asks for any bread, and French for du pain all the same.
        en = en.replace(" some ", " any ") if rng.random() < 0.5 else en
    else:
        verb = rng.choice(PLAIN)
        form = _form(rng, verb.progressive)
        en, fr = english_verb(verb, form, who), french_verb_phrase(verb, form, who)
        if verb.en == "live" or rng.random() < 0.3:
            where = place(rng)
            en, fr = f"{en} {where[0]}", f"{fr} {where[1]}"
    return f"{en}?", f"est-ce que {who.fr} {fr} ?"


_WORDS = (("when", "quand"), ("why", "pourquoi"), ("where", "où"), ("how", "comment"),
          ("with whom", "avec qui"), ("what time", "à quelle heure"))  # fmt: skip


def _open_question(rng: random.Random) -> tuple[str, str]:
    who = Phrase("you", "vous", 4) if rng.random() < 0.45 else subject(rng)
    word, mot = rng.choice(_WORDS)
    if word in ("why", "when") and rng.random() < 0.5:
        verb = rng.choice(TRANSITIVE)
        en, fr = verb_with_object(rng, verb, _form(rng, verb.progressive), who)
    else:
        verb = GO if word == "where" and rng.random() < 0.3 else rng.choice(PLAIN)
        if word == "what time":
            verb = rng.choice([one for one in PLAIN if one.en in (
                "arrive", "leave", "get up", "go to bed", "have lunch", "have dinner", "wake up",
                "go home", "come back", "have breakfast")])  # fmt: skip
        if verb.en == "live":
            word, mot = "where", "où"
        form = _form(rng, verb.progressive)
        en, fr = english_verb(verb, form, who), french_verb_phrase(verb, form, who)
    return f"{word} {en}?", f"{mot} est-ce que {who.fr} {fr} ?"


_ASKABLE = (
    "eat",
    "drink",
    "buy",
    "read",
    "write",
    "look for",
    "see",
    "find",
    "choose",
    "prepare",
    "learn",
    "study",
    "cook",
    "draw",
    "sell",
    "order",
    "prefer",
    "watch",
    "carry",
)


def _what(rng: random.Random) -> tuple[str, str]:
    who = Phrase("you", "vous", 4) if rng.random() < 0.4 else subject(rng)
    verb = rng.choice([one for one in TRANSITIVE if one.en in _ASKABLE])
    kind = rng.random()
    if kind < 0.4:
        form = _form(rng, verb.progressive)
        return (
            f"what {english_verb(verb, form, who)}?",
            f"qu'est-ce que {who.fr} {french_verb_phrase(verb, form, who)} ?",
        )
    form = Form("present", asked=True)
    verb = rng.choice(
        [
            one
            for one in TRANSITIVE
            if {"object", "read", "food"} & set(one.objects) and not one.tail and not one.reflexive
        ]
    )
    kinds = [
        kind
        for kind in verb.objects
        if kind in ("object", "read", "food", "wear", "animal", "vehicle")
    ]
    noun = any_noun(rng, kinds)
    if kind < 0.7:
        how, combien = f"how many {noun.ens}", f"combien de {noun.frs}"
    else:
        how = f"which {noun.en}"
        combien = f"{'quelle' if noun.feminine else 'quel'} {noun.fr}"
    return (
        f"{how} {english_verb(verb, form, who)}?",
        f"{combien} est-ce que {who.fr} {french_verb_phrase(verb, form, who)} ?",
    )


def _who(rng: random.Random) -> tuple[str, str]:
    if rng.random() < 0.25:
        whom = (
            relative(rng)
            if rng.random() < 0.3
            else noun_phrase(
                rng,
                ("person", "job", "family"),
                chance=0.2,
                determiners="the this that your",
                many=False,
            )
        )
        if whom.person == 2 and whom.en.find(" that ") < 0:
            return f"who is {whom.en}?", f"qui est {whom.fr} ?"
    verb = rng.choice(TRANSITIVE)
    form = Form(
        rng.choice(
            ("present", "past", "past", "future", "progressive")
            if verb.progressive
            else ("present", "future")
        )
    )
    en, fr = verb_with_object(rng, verb, form, Phrase("who", "qui", 2))
    return f"{en}?", f"qui {fr} ?"


def _polite(rng: random.Random) -> tuple[str, str]:
    kind = rng.random()
    if kind < 0.3:
        what = noun_phrase(
            rng,
            ("food", "drink", "serving", "stuff", "portion"),
            chance=0.1,
            determiners="a a some another",
        )
        return f"would you like {what.en}?", f"voudriez-vous {what.fr} ?"
    if kind < 0.6:
        word, mot = rng.choice((("can", "pouvez-vous"), ("could", "pourriez-vous")))
        if rng.random() < 0.35:
            whom, qui = rng.choice((("me", "me"), ("us", "nous"), ("him", "le"), ("them", "les")))
            verb = rng.choice(
                [
                    one
                    for one in TRANSITIVE
                    if one.en
                    in ("help", "call", "wait for", "listen to", "follow", "wake", "invite")
                ]
            )
            fr = f"{mot} {qui} {verb.fr} ?"
            return f"{word} you {verb.en} {whom}?", fr
        verb = rng.choice([one for one in TRANSITIVE if not one.reflexive and not one.state])
        thing = pick_object(rng, verb)
        tail = f" {verb.tail}" if verb.tail else ""
        return f"{word} you {verb.en} {thing.en}?", f"{mot} {verb.fr}{tail} {thing.fr} ?"
    who = rng.choice((Phrase("I", "je", 0), Phrase("we", "nous", 3)))
    what = noun_phrase(
        rng, ("food", "drink", "serving", "portion", "stuff", "object", "wear", "read"), chance=0.1,
        determiners="a a number some",
    )  # fmt: skip
    if rng.random() < 0.12:
        number, nombre = rng.choice((("two", "deux"), ("three", "trois"), ("four", "quatre")))
        cup, tasse = rng.choice(
            (
                ("coffees", "cafés"),
                ("teas", "thés"),
                ("beers", "bières"),
                ("orange juices", "jus d'orange"),
                ("hot chocolates", "chocolats chauds"),
            )
        )
        what = Phrase(f"{number} {cup}", f"{nombre} {tasse}", 5)
    en, fr = (
        f"{who.en} would like {what.en}",
        f"{who.fr} {conjugate('vouloir', 'conditional', who.person)} {what.fr}",
    )
    return (f"{en}, please", f"{fr}, s'il vous plaît") if rng.random() < 0.7 else (en, fr)


def question(rng: random.Random) -> tuple[str, str]:
    """A question with its mark, or a polite wish."""
    make = rng.choices(
        (_where, _cost, _yes_or_no, _open_question, _what, _who, _polite, question_about_state),
        (16, 5, 22, 14, 9, 8, 14, 10),
    )[0]
    return make(rng)


_COMMAND_VERBS = [
    one
    for one in TRANSITIVE
    if not one.state
    and not one.reflexive
    and one.en
    not in (
        "receive",
        "miss",
        "hear",
        "see",
        "meet",
        "win",
        "lose",
        "discover",
        "understand",
        "forget",
    )
]
_PLAIN_COMMAND_VERBS = [
    one
    for one in PLAIN
    if one.en
    in (
        "listen",
        "wait",
        "come in",
        "sit down",
        "get up",
        "wake up",
        "hurry",
        "stop",
        "rest",
        "eat",
        "study",
        "come back",
        "go home",
        "get dressed",
        "breathe",
        "read",
        "write",
        "work",
        "play",
        "sing",
        "dance",
        "run",
        "jump",
        "sleep",
        "stay",
        "train",
        "have fun",
        "relax",
    )
]


def command(rng: random.Random) -> tuple[str, str]:
    """A command, a request, a proposal, something forbidden."""
    kind = rng.random()
    please = rng.random() < 0.35
    if kind < 0.12:
        verb = rng.choice(
            [
                one
                for one in TRANSITIVE
                if one.en
                in ("help", "call", "wait for", "listen to", "follow", "look at", "watch", "show")
            ][:7]
        )
        whom, qui = rng.choice(
            (("me", "moi"), ("us", "nous"), ("him", "le"), ("her", "la"), ("them", "les"))
        )
        return (
            f"{verb.en} {whom}, please",
            f"{conjugate(verb.fr, 'command', 4)}-{qui}, s'il vous plaît",
        )
    if kind < 0.3:
        verb = rng.choice(_PLAIN_COMMAND_VERBS)
        tail = f" {verb.tail}" if verb.tail else ""
        en, no = verb.en, rng.random() < 0.25
        command = conjugate(verb.fr, "command", 4)
        if no:
            en, fr = f"do not {en}", f"ne {'vous ' if verb.reflexive else ''}{command} pas{tail}"
        else:
            fr = f"{command}{'-vous' if verb.reflexive else ''}{tail}"
    else:
        verb = rng.choice(_COMMAND_VERBS)
        thing = pick_object(rng, verb)
        person, start = (3, "let us ") if kind > 0.88 else (4, "")
        tail = f" {verb.tail}" if verb.tail else ""
        command = conjugate(verb.fr, "command", person)
        en, fr = f"{start}{verb.en} {thing.en}", f"{command}{tail} {thing.fr}"
        if not start and rng.random() < 0.2 and not thing.denied[0]:
            en, fr = f"do not {verb.en} {thing.en}", f"ne {command} pas{tail} {thing.fr}"
        elif not start and please:
            return (
                f"please {en}" if rng.random() < 0.5 else f"{en}, please"
            ), f"{fr}, s'il vous plaît"
        return en, fr
    if please and not en.startswith("do not"):
        return f"{en}, please", f"{fr}, s'il vous plaît"
    return en, fr
