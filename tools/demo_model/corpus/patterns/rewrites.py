"""One small change to each line, which the examples show: names turned, dates, lists, words."""

import random
from collections.abc import Callable

from tools.demo_model.corpus import lexicon, words
from tools.demo_model.corpus.documents import Document, Split, is_held_out
from tools.demo_model.corpus.patterns.frames import MARKS, Case, any_word, frame, lay_out

_Change = Callable[[str], str]

_ORDINALS = dict(zip(lexicon.MONTHS, range(1, 13), strict=True))


def _name(rng: random.Random, split: Split) -> str:
    return lexicon.full_name(rng, split)


def _parts(text: str) -> tuple[str, str]:
    first, _, last = text.partition(" ")
    return first, last


NAMES: dict[str, _Change] = {
    "last, first": lambda t: "{1}, {0}".format(*_parts(t)),
    "last first": lambda t: "{1} {0}".format(*_parts(t)),
    "initial and last": lambda t: f"{t[0]}. {_parts(t)[1]}",
    "first and initial": lambda t: f"{_parts(t)[0]} {_parts(t)[1][0]}.",
    "last and initial": lambda t: f"{_parts(t)[1]}, {t[0]}.",
    "last": lambda t: _parts(t)[1],
    "first": lambda t: _parts(t)[0],
    "initials": lambda t: f"{t[0]}{_parts(t)[1][0]}",
    "dotted initials": lambda t: f"{t[0]}.{_parts(t)[1][0]}.",
    "first-last": lambda t: "-".join(_parts(t)),
    "first_last": lambda t: "_".join(_parts(t)),
    "last/first": lambda t: "{1}/{0}".format(*_parts(t)),
    "twice the first": lambda t: "{0} {0} {1}".format(*_parts(t)),
}


def _date(rng: random.Random, split: Split) -> str:
    return f"{lexicon.date(rng)} {rng.randint(1950, 2035)}"


def _day(text: str) -> tuple[int, str, int, str]:
    day, month, year = text.split()
    return int(day), month, _ORDINALS[month], year


def _date_change(form: str) -> _Change:
    def change(text: str) -> str:
        d, word, m, y = _day(text)
        return form.format(d=d, m=m, y=y, word=word, s=word[:3], yy=y[2:])

    return change


DATES: dict[str, _Change] = {
    form: _date_change(form)
    for form in (
        "{y}-{m:02}-{d:02}", "{d:02}/{m:02}/{y}", "{m:02}/{d:02}/{y}", "{d}.{m}.{y}",
        "{y}/{m}/{d}", "{word} {d}, {y}", "{word} {y}", "{y}", "{word}", "{d} {s} {y}", "{s} {d}",
        "{y} {word} {d}", "{d}-{m}-{y}", "{y}.{m:02}.{d:02}", "{word} {d}", "{d} {word}",
        "{s} {y}", "{y}: {d} {word}", "{d:02}{m:02}{y}", "{m}/{d}", "{d}.{m}.", "{s}-{yy}",
    )
}  # fmt: skip


def _list(rng: random.Random, split: Split) -> str:
    pool = rng.choice((lexicon.PRODUCTS, lexicon.JOBS, words.vocabulary(), lexicon.FIRST_NAMES))
    return ", ".join(lexicon.pick(rng, pool, split) for _ in range(rng.choice((3, 3, 4, 4, 5))))


def _list_change(change: Callable[[list[str]], str]) -> _Change:
    return lambda text: change(text.split(", "))


LISTS: dict[str, _Change] = {
    "reversed": _list_change(lambda x: ", ".join(x[::-1])),
    "second": _list_change(lambda x: x[1]),
    "first": _list_change(lambda x: x[0]),
    "last": _list_change(lambda x: x[-1]),
    "third": _list_change(lambda x: x[2]),
    "ends": _list_change(lambda x: f"{x[0]}, {x[-1]}"),
    "turned ends": _list_change(lambda x: f"{x[-1]}, {x[0]}"),
    "without first": _list_change(lambda x: ", ".join(x[1:])),
    "without last": _list_change(lambda x: ", ".join(x[:-1])),
    "first two": _list_change(lambda x: ", ".join(x[:2])),
    "first two turned": _list_change(lambda x: f"{x[1]}, {x[0]}"),
    "count": _list_change(lambda x: str(len(x))),
    "dashes": _list_change(" - ".join),
    "tight dashes": _list_change("-".join),
    "bars": _list_change(" | ".join),
    "slashes": _list_change("/".join),
    "plus": _list_change(" + ".join),
    "spaces": _list_change(" ".join),
    "semicolons": _list_change("; ".join),
    "and": _list_change(lambda x: ", ".join(x[:-1]) + " and " + x[-1]),
    "or": _list_change(" or ".join),
    "numbered": _list_change(lambda x: " ".join(f"{i}.{w}" for i, w in enumerate(x, 1))),
    "reversed dashes": _list_change(lambda x: "-".join(x[::-1])),
    "each bracketed": _list_change(lambda x: " ".join(f"[{w}]" for w in x)),
    "each quoted": _list_change(lambda x: ", ".join(f'"{w}"' for w in x)),
}


def _word(rng: random.Random, split: Split) -> str:
    return any_word(rng, split)


WORDS: dict[str, _Change] = {
    "same": lambda t: t,
    "twice": lambda t: f"{t} {t}",
    "twice dashed": lambda t: f"{t}-{t}",
    "three times": lambda t: f"{t} {t} {t}",
    "twice tight": lambda t: t + t,
    "capital": str.capitalize,
    "upper": str.upper,
    "first letter": lambda t: t[0],
    "first letter upper": lambda t: t[0].upper(),
    "letter and word": lambda t: f"{t[0]} {t}",
    "twice with comma": lambda t: f"{t}, {t}",
    "capital twice": lambda t: f"{t.capitalize()} {t}",
}


def _number(rng: random.Random, split: Split) -> str:
    return str(rng.randint(1, 10 ** rng.choice((1, 2, 3, 4))) + 10)


NUMBERS: dict[str, _Change] = {
    "euros": lambda t: f"{t} euros",
    "cents": lambda t: f"{t}.00",
    "tenfold": lambda t: f"{t}0",
    "turned": lambda t: t[::-1],
    "spaced": " ".join,
    "dashed": "-".join,
    "first digit": lambda t: t[0],
    "last digit": lambda t: t[-1],
    "padded": lambda t: t.zfill(6),
    "number sign": lambda t: f"no. {t}",
    "twice": lambda t: f"{t} {t}",
    "without first": lambda t: t[1:],
}


def _sentence(rng: random.Random, split: Split) -> str:
    who, place = lexicon.first_name(rng, split), lexicon.city(rng, split)
    thing, job = lexicon.thing(rng, split), rng.choice(lexicon.JOBS)
    return rng.choice(
        (f"{who} lives in {place}", f"{who} is a good {job}", f"the {thing} is in {place}",
         f"{who} has a new {thing}", f"a {job} from {place}", f"the {thing} of the {job}",
         f"every {job} needs a {thing}", f"{who} likes {place}")
    )  # fmt: skip


SENTENCES: dict[str, _Change] = {
    "last word": lambda t: t.split()[-1],
    "first word": lambda t: t.split()[0],
    "without first": lambda t: " ".join(t.split()[1:]),
    "without last": lambda t: " ".join(t.split()[:-1]),
    "ends": lambda t: f"{t.split()[0]} {t.split()[-1]}",
    "underscores": lambda t: t.replace(" ", "_"),
    "dashes": lambda t: t.replace(" ", "-"),
    "backwards": lambda t: " ".join(t.split()[::-1]),
    "slashes": lambda t: t.replace(" ", "/"),
    "same": lambda t: t,
    "twice": lambda t: f"{t}, {t}",
    "last first": lambda t: f"{t.split()[-1]}: {t}",
    "last word twice": lambda t: f"{t} {t.split()[-1]}",
}

_Source = Callable[[random.Random, Split], str]
FAMILIES: tuple[tuple[_Source, dict[str, _Change]], ...] = (
    (_name, NAMES), (_date, DATES), (_list, LISTS), (_word, WORDS), (_number, NUMBERS),
    (_sentence, SENTENCES),
)  # fmt: skip


def _marks(rng: random.Random, split: Split, *, needed: bool) -> tuple[str, str]:
    kind = rng.random()
    if kind < 0.4 and not needed:
        return "", ""
    if kind < 0.75:
        return rng.choice(MARKS)
    word = any_word(rng, split)
    return rng.choice(
        ((f"{word} ", ""), (f"{word}: ", ""), ("", f" {word}"), (f"{word}-", ""), ("", f", {word}"),
         (f"<{word}>", f"</{word}>"), (f"{word}(", ")"))
    )  # fmt: skip


def document(rng: random.Random, split: Split) -> Document:
    """Lines and what becomes of them; held out are changes with marks never shown together."""
    source, changes = rng.choice(FAMILIES)
    while True:
        name = rng.choice(list(changes))
        before, after = _marks(rng, split, needed=name == "same")
        if name.startswith("twice") and rng.random() < 0.5:
            continue
        key = f"{name} {before}…{after} of {source.__name__}"
        if is_held_out(key) == (split is Split.HELD_OUT):
            break
    change = changes[name]
    shown = frame(rng, split)
    count = rng.choice((2, 3, 3, 4, 5, 6))
    while True:
        given = [source(rng, Split.TRAIN) for _ in range(count)] + [source(rng, split)]
        # Where two changes agree on every example, the examples do not show which is meant.
        told = [change(text) for text in given]
        rivals = (
            other for other in changes.values()
            if [other(text) for text in given[:-1]] == told[:-1] and other(given[-1]) != told[-1]
        )  # fmt: skip
        if len(set(given)) == len(given) and not any(True for _ in rivals):
            break
    cases = [
        Case(text, f"{before}{answer}{after}", known=index > 0)
        for index, (text, answer) in enumerate(zip(given, told, strict=True))
    ]
    return lay_out(rng, shown, cases, key=f"rewrites: {key} in {shown.key}")
