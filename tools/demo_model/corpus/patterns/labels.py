"""Texts of classes, with labels whose meaning only the examples show."""

import random
from collections.abc import Callable, Sequence

from tools.demo_model.corpus import lexicon, words
from tools.demo_model.corpus.documents import Document, Split, filter_by_split, is_held_out
from tools.demo_model.corpus.language import translation
from tools.demo_model.corpus.patterns.frames import MARKS, Case, any_word, frame, lay_out

_Make = Callable[[random.Random], str]
"""Makes a text of one class."""

# Products that are kept from training stay out of these texts too.
_THINGS = {
    kind: [
        word
        for word in words.entries("patterns", f"thing: {kind}")
        if word not in lexicon.PRODUCTS or not is_held_out(word)
    ]
    for kind in words.section_names("patterns", "thing")
}
_ABOUT = {
    kind: words.lines("patterns", f"about: {kind}")
    for kind in words.section_names("patterns", "about")
}
_FRAMES = words.lines("patterns", "frames")
_SYMBOLS = words.entries("patterns", "symbols")
_ACTORS = words.entries("patterns", "actors")
_VERBS = [entry.split("/") for entry in words.entries("patterns", "verbs")]
_TIMES = {when: words.entries("patterns", when) for when in ("past", "present", "future")}
_OPINIONS = {kind: words.lines("patterns", kind) for kind in ("good", "bad", "plain")}


def _fill(rng: random.Random, sentence: str) -> str:
    return sentence.format(
        p=lexicon.thing(rng, Split.TRAIN),
        d=rng.randint(2, 30),
        w=rng.choice(lexicon.DAYS),
        c=rng.choice(lexicon.COLOURS),
    )


def _things(rng: random.Random) -> dict[str, _Make]:
    kinds = rng.sample(sorted(_THINGS), rng.choice((2, 2, 2, 3, 3, 4)))
    frames = rng.sample(_FRAMES, rng.choice((1, 1, 3)))

    def maker(kind: str) -> _Make:
        def make(rng: random.Random) -> str:
            name = lexicon.pick(rng, lexicon.FIRST_NAMES, Split.TRAIN)
            return rng.choice(frames).format(w=rng.choice(_THINGS[kind]), n=name)

        return make

    return {kind: maker(kind) for kind in kinds}


def _opinions(rng: random.Random) -> dict[str, _Make]:
    longest = rng.choice((1, 1, 2, 3))

    def maker(kind: str) -> _Make:
        def make(rng: random.Random) -> str:
            told = rng.sample(_OPINIONS[kind], rng.randint(1, longest))
            return " ".join(_fill(rng, one) for one in told)

        return make

    kinds = ("good", "bad", "plain") if rng.random() < 0.2 else ("good", "bad")
    return {kind: maker(kind) for kind in kinds}


def _subjects(rng: random.Random) -> dict[str, _Make]:
    kinds = rng.sample(sorted(_ABOUT), rng.choice((2, 2, 3, 3, 4)))
    greeting = rng.choice(("", "", "", "Hello. ", "Hi. "))

    def maker(kind: str) -> _Make:
        return lambda rng: greeting + _fill(rng, rng.choice(_ABOUT[kind]))

    return {kind: maker(kind) for kind in kinds}


def _say(rng: random.Random, form: str) -> str:
    who, (base, past, what) = rng.choice(_ACTORS), rng.choice(_VERBS)
    when = rng.choice(_TIMES[form]) if form in _TIMES else ""
    when = f" {when}" if when and rng.random() < 0.6 else ""
    low = who if who == "I" else who.lower()
    name = lexicon.pick(rng, lexicon.FIRST_NAMES, Split.TRAIN)
    return {
        "past": f"{who} {past} {what}{when}.",
        "present": f"{who} {base} {what}{when}.",
        "future": f"{who} will {base} {what}{when}.",
        "question": f"Do {low} {base} {what}?",
        "statement": f"{who} {base} {what}.",
        "command": f"{base.capitalize()} {what}, {name}!",
        "yes": f"{who} {base} {what}.",
        "no": f"{who} {rng.choice(('do not', 'never'))} {base} {what}.",
        "can": f"{who} can {base} {what}.",
        "must": f"{who} must {base} {what}.",
        "want": f"{who} want to {base} {what}.",
    }[form]


def _forms(rng: random.Random) -> dict[str, _Make]:
    kinds = rng.choice(
        (("past", "future"), ("past", "present", "future"), ("past", "present"), ("yes", "no"),
         ("question", "statement", "command"), ("question", "statement"), ("command", "question"),
         ("can", "must"), ("can", "want"), ("can", "must", "want"), ("future", "question"))
    )  # fmt: skip

    def maker(kind: str) -> _Make:
        return lambda rng: _say(rng, kind)

    return {kind: maker(kind) for kind in kinds}


def _numbers(rng: random.Random) -> dict[str, _Make]:
    most = rng.choice((9, 99, 999))
    return rng.choice(
        (
            {"even": lambda r: str(2 * r.randint(0, most // 2)),
             "odd": lambda r: str(2 * r.randint(0, most // 2) + 1)},
            {"small": lambda r: str(r.randint(0, 20)),
             "large": lambda r: str(r.randint(1000, 9999))},
            {"one digit": lambda r: str(r.randint(0, 9)),
             "two digits": lambda r: str(r.randint(10, 99)),
             "three digits": lambda r: str(r.randint(100, 999))},
            {"number": lambda r: str(r.randint(0, most)),
             "word": lambda r: lexicon.pick(r, lexicon.PRODUCTS, Split.TRAIN)},
            {"time": lambda r: f"{r.randint(1, 12)}:{r.randint(10, 59)}",
             "money": lambda r: f"{r.randint(2, 300)} euros",
             "day": lambda r: f"{r.randint(1, 28)} {r.choice(lexicon.MONTHS)}"},
            {"low": lambda r: str(r.randint(1, 49)), "high": lambda r: str(r.randint(51, 99))},
        )
    )  # fmt: skip


def _letters(rng: random.Random) -> dict[str, _Make]:
    by_letter: dict[str, list[str]] = {}
    for word in (
        *filter_by_split(lexicon.PRODUCTS, Split.TRAIN),
        *lexicon.JOBS,
        *(w for kind in _THINGS.values() for w in kind),
    ):
        by_letter.setdefault(word[0], []).append(word)
    usable = sorted(letter for letter, found in by_letter.items() if len(found) > 5)

    def maker(letter: str) -> _Make:
        return lambda rng: rng.choice(by_letter[letter])

    return {letter: maker(letter) for letter in rng.sample(usable, rng.choice((2, 2, 3)))}


def _counts(rng: random.Random) -> dict[str, _Make]:
    def plain(rng: random.Random) -> str:
        kind = rng.choice(("animal", "vehicle", "building", "tool"))
        return rng.choice([w for w in _THINGS[kind] if w[-1] not in "sxyfh"])

    many = ("two", "three", "five", "ten", "some", "many", "these")
    who = {"I": "my", "You": "your", "She": "her", "We": "our", "They": "their"}

    def speaker(name: str) -> _Make:
        return lambda rng: f"{name} lost {who[name]} {plain(rng)}."

    if rng.random() < 0.5:
        single = ("one", "this", "that", "the only")
        return {
            "one": lambda rng: f"{rng.choice(single)} {plain(rng)}",
            "many": lambda rng: f"{rng.choice(many)} {plain(rng)}s",
        }
    return {name: speaker(name) for name in rng.sample(sorted(who), rng.choice((2, 3)))}


def _languages(rng: random.Random) -> dict[str, _Make]:
    def maker(place: int) -> _Make:
        def make(rng: random.Random) -> str:
            text = translation.document(rng, Split.TRAIN).text
            lines = text.rsplit("\n\n", 1)[-1].split("\n")
            return lines[place].partition(": ")[2]

        return make

    return {"English": maker(0), "French": maker(1)}


_DOMAINS = (
    _things, _things, _things, _opinions, _opinions, _subjects, _subjects, _forms, _forms,
    _numbers, _letters, _counts, _languages,
)  # fmt: skip


def _labels(rng: random.Random, kinds: Sequence[str], split: Split) -> dict[str, str]:
    """A label for each class: its own name at times in training, mostly an arbitrary one."""
    sort = rng.random()
    number = len(kinds)
    if sort < 0.15 and split is Split.TRAIN:
        shown = list(kinds)
        if rng.random() < 0.3:
            rng.shuffle(shown)
    elif sort < 0.65:
        shown = []
        while len(shown) < number:
            word = any_word(rng, split)
            shown += [word] if word not in shown else []
    elif sort < 0.77:
        first = rng.choice((0, 0, rng.randint(0, 20)))
        shown = [chr(65 + (first + index) % 26) for index in range(number)]
        shown = rng.sample("ABCDEFGHIJKLMNOPQRSTUVWXYZ", number) if rng.random() < 0.5 else shown
    elif sort < 0.89:
        shown = [str(one) for one in rng.sample(range(rng.choice((4, 10, 100))), number)]
    else:
        shown = rng.sample(_SYMBOLS, number)
    casing = rng.random()
    if casing < 0.15:
        shown = [one.upper() for one in shown]
    elif casing < 0.4:
        shown = [one.capitalize() for one in shown]
    before, after = rng.choice(MARKS) if rng.random() < 0.3 else ("", "")
    return {kind: f"{before}{one}{after}" for kind, one in zip(kinds, shown, strict=True)}


def _text(rng: random.Random, make: _Make, told: set[str], side: Split) -> str:
    """A text not used yet; a held-out one where the class has enough of them."""
    tries = 0
    while True:
        text = make(rng)
        tries += 1
        if side is Split.TRAIN and is_held_out(text):
            continue
        if tries > 60 or (text not in told and (side is Split.TRAIN or is_held_out(text))):
            return text


def document(rng: random.Random, split: Split) -> Document:
    """Texts with labels; a held-out one has labels and a frame that training never shows."""
    makers = rng.choice(_DOMAINS)(rng)
    kinds = list(makers)
    rng.shuffle(kinds)
    while True:
        labels = _labels(rng, kinds, split)
        key = "labels: " + ", ".join(f"{kind}={labels[kind]}" for kind in sorted(kinds))
        if is_held_out(key) == (split is Split.HELD_OUT):
            break
    count = max(rng.randint(len(kinds) + 1, 8), rng.randint(3, 8))
    order = [*kinds, *(rng.choice(kinds) for _ in range(count - len(kinds)))]
    rng.shuffle(order)
    twice = [kind for kind in kinds if order.count(kind) > 1]
    order.append(rng.choice(twice if rng.random() < 0.7 else kinds))
    cases: list[Case] = []
    told: set[str] = set()
    for index, kind in enumerate(order):
        side = split if index == len(order) - 1 else Split.TRAIN
        text = _text(rng, makers[kind], told, side)
        told.add(text)
        cases.append(Case(text, labels[kind], known=kind in order[:index]))
    shown = frame(rng, split)
    return lay_out(rng, shown, cases, key=f"{key} in {shown.key}")
