"""Verbs of both languages: conjugation, and where French puts what belongs to the verb."""

from dataclasses import dataclass

from tools.demo_model.corpus import words
from tools.demo_model.corpus.language import english

# Infinitive, or how it ends, to present, participle and future stem; the longest match counts.
_IRREGULAR: dict[str, tuple[tuple[str, ...], str, str]] = {
    infinitive: (tuple(present.split()), participle, future)
    for infinitive, present, participle, future in sorted(
        (line.split("|") for line in words.lines("french_verbs", "irregular")),
        key=lambda fields: -len(fields[0]),
    )
}
# Where é or e becomes è in the forms that end mute; and in the future too for those in e.
_GRAVE = ("acheter", "amener", "lever", "promener", "peser", "geler", "soulever", "enlever")
_DOUBLED = ("appeler", "jeter", "rappeler")


def _conjugate_er(infinitive: str) -> tuple[tuple[str, ...], str, str]:
    """A verb in -er, its spelling changes included."""
    stem = infinitive[:-2]
    soft = f"{stem}e" if stem.endswith("g") else f"{stem[:-1]}ç" if stem.endswith("c") else stem
    strong, future = stem, infinitive
    if infinitive in _GRAVE:
        strong = f"{stem[:-2]}è{stem[-1]}"
        future = f"{strong}er"
    elif infinitive in _DOUBLED:
        strong = stem + stem[-1]
        future = f"{strong}er"
    elif infinitive.endswith(("ayer", "oyer", "uyer")):
        strong = f"{stem[:-1]}i"
        future = "enverr" if infinitive == "envoyer" else f"{strong}er"
    elif len(stem) > 2 and "é" in stem[-3:] and stem[-1] not in "eéiou":
        at = stem.rindex("é")
        # Only consonants are between the accent and the ending: préférer, espérer, sécher.
        if at > 0 and not any(letter in "aeiouy" for letter in stem[at + 1 :]):
            strong = f"{stem[:at]}è{stem[at + 1 :]}"
    forms = (f"{strong}e", f"{strong}es", f"{strong}e", f"{soft}ons", f"{stem}ez", f"{strong}ent")
    return forms, f"{stem}é", future


def french_verb(infinitive: str) -> tuple[tuple[str, ...], str, str]:
    """Six forms of the present, past participle, future stem."""
    for ending, (present, participle, future) in _IRREGULAR.items():
        if infinitive.endswith(ending):
            stem = infinitive[: -len(ending)]
            return tuple(stem + form for form in present), stem + participle, stem + future
    if infinitive.endswith("er"):
        return _conjugate_er(infinitive)
    stem = infinitive[:-2]
    if infinitive.endswith("ir"):
        endings = ("is", "is", "it", "issons", "issez", "issent")
        return tuple(stem + ending for ending in endings), f"{stem}i", infinitive
    endings = ("s", "s", "", "ons", "ez", "ent")
    return tuple(stem + ending for ending in endings), f"{stem}u", infinitive[:-1]


_IMPERFECT = ("ais", "ais", "ait", "ions", "iez", "aient")
_FUTURE = ("ai", "as", "a", "ons", "ez", "ont")
_COMMANDS = {
    "être": ("soyons", "soyez"),
    "avoir": ("ayons", "ayez"),
    "savoir": ("sachons", "sachez"),
}


def conjugate(infinitive: str, tense: str, person: int) -> str:
    """One form of a simple tense: present, imperfect, future, conditional or command."""
    present, _, future = french_verb(infinitive)
    if tense == "present":
        return present[person]
    if tense == "future":
        return future + _FUTURE[person]
    if tense == "conditional":
        return future + _IMPERFECT[person]
    if tense == "command":
        return _COMMANDS.get(infinitive, (present[3], present[4]))[person - 3]
    stem = "ét" if infinitive == "être" else present[3].removesuffix("ons")
    ending = _IMPERFECT[person]
    if ending.startswith("i"):
        stem = stem[:-1] if stem.endswith("ge") else f"{stem[:-1]}c" if stem.endswith("ç") else stem
    return stem + ending


@dataclass(frozen=True)
class Verb:
    """A verb of both languages. ``objects`` are the kinds of nouns that it takes.

    ``fr`` is the infinitive without its pronoun, ``tail`` what follows it, such as a
    preposition. A ``state`` is never progressive, and its past is the imperfect.
    """

    en: str
    third: str
    past: str
    done: str
    ing: str
    fr: str
    tail: str
    reflexive: bool
    objects: tuple[str, ...]
    etre: bool
    state: bool
    general: bool
    progressive: bool


def parse_verb(line: str) -> Verb:
    """A line of the lists."""
    given, fr, objects, *rest = line.split("|")
    flags = rest[0].split() if rest else []
    en, past, done, ing, *_ = *given.split("/"), "", "", ""
    head, _, tail = en.partition(" ")
    also = f" {tail}" if tail else ""
    past = past or english.past_tense(head)
    reflexive = fr.startswith(("se ", "s'"))
    fr = fr.removeprefix("se ").removeprefix("s'")
    infinitive, _, after = fr.partition(" ")
    return Verb(
        en=en,
        third=english.third_person(head) + also,
        past=past + also,
        done=(done or past) + also,
        ing=(ing or english.ing_form(head)) + also,
        fr=infinitive,
        tail=after,
        reflexive=reflexive,
        objects=_kinds(objects),
        etre="e" in flags or reflexive,
        state="s" in flags,
        general="g" in flags,
        progressive="s" not in flags and "n" not in flags,
    )


_GROUPS = dict(line.split("|") for line in words.lines("french_verbs", "groups"))


def _kinds(objects: str) -> tuple[str, ...]:
    found = []
    for name in objects.split():
        if name in _GROUPS and name not in _GROUPS[name].split():
            found += [kind for kind in _kinds(_GROUPS[name]) if kind not in found]
        elif name in _GROUPS:
            found += [kind.replace("_", " ") for kind in _GROUPS[name].split()]
        else:
            found.append(name.replace("_", " "))
    return tuple(dict.fromkeys(found))


TRANSITIVE = [parse_verb(line) for line in words.lines("french_verbs", "transitive")]
# Without an object; what may follow is a place or a time.
PLAIN = [parse_verb(line) for line in words.lines("french_verbs", "plain")]
OF_THINGS = [parse_verb(line) for line in words.lines("french_verbs", "things do")]
GO = parse_verb("go/went/gone|aller||e")


# Before an infinitive: "want to", vouloir; what follows the French verb is its preposition.
HELPERS = [
    parse_verb(f"{en}|{fr}||{flags}")
    for en, fr, flags in (line.split("|") for line in words.lines("french_verbs", "helpers"))
]
