"""The pages' own prompts with answers in another form, which the examples show."""

import random
from collections.abc import Callable
from dataclasses import replace

from tools.demo_model.corpus.documents import Document, Split, is_held_out
from tools.demo_model.corpus.facts import question_answering
from tools.demo_model.corpus.language import translation
from tools.demo_model.corpus.patterns.frames import MARKS, any_word
from tools.demo_model.corpus.sql import requests

_Case = Callable[[str], str]


def _lower_outside_quotes(text: str) -> str:
    parts = text.split("'")
    return "'".join(part.lower() if index % 2 == 0 else part for index, part in enumerate(parts))


def _without_end(text: str) -> str:
    return text.rstrip(" .;")


_SQL: dict[str, _Case] = {
    "same": str,
    "lower": _lower_outside_quotes,
    "no semicolon": _without_end,
    "lower, no semicolon": lambda t: _without_end(_lower_outside_quotes(t)),
    "space": lambda t: f"{_without_end(t)} ;",
    "double quotes": lambda t: t.replace("'", '"'),
}
_ANSWER: dict[str, _Case] = {
    "same": str,
    "no stop": _without_end,
    "lower": str.lower,
    "lower, no stop": lambda t: _without_end(t.lower()),
    "exclamation": lambda t: f"{_without_end(t)}!",
    "dots": lambda t: f"{_without_end(t)} ...",
}
_QUESTION = {**_ANSWER, "upper": str.upper}


def document(rng: random.Random, split: Split) -> Document:
    """A page's document with another convention; held out are conventions never shown."""
    make, cases = rng.choice(
        (
            (requests.document, _SQL),
            (question_answering.document, _QUESTION),
            (translation.document, _ANSWER),
        )
    )
    while True:
        page = make(rng, split)
        if len(page.answers) < 3:
            continue
        name = rng.choice(list(cases))
        before, after = rng.choice(MARKS) if rng.random() < 0.6 else ("", "")
        if rng.random() < 0.3:
            word = any_word(rng, split)
            before, after = rng.choice(
                ((f"{word}: ", ""), (f"{word} ", ""), ("", f" {word}"), (f"[{word}] ", ""))
            )
        key = f"page {page.task}: {name} {before}…{after}"
        plain = name == "same" and not before + after
        if plain or is_held_out(key) != (split is Split.HELD_OUT):
            continue
        if _is_clear(page, cases[name], list(cases.values())):
            break
    return _rewrite(page, lambda text: f"{before}{cases[name](text)}{after}", key)


def _is_clear(page: Document, change: _Case, others: list[_Case]) -> bool:
    """Whether the worked examples leave no other change that answers otherwise."""
    *shown, last = [page.text[start:stop].strip() for start, stop in page.answers]
    return not any(
        all(other(text) == change(text) for text in shown) and other(last) != change(last)
        for other in others
    )


def _rewrite(page: Document, change: _Case, key: str) -> Document:
    """``page`` with every answer changed; all but the first are learnt."""
    text, place = "", 0
    spans = []
    for start, stop in page.answers:
        answer = page.text[start:stop]
        text += page.text[place:start]
        begin = len(text)
        text += f" {change(answer.strip())}" + ("\n" if answer.endswith("\n") else "")
        spans.append((begin, len(text)))
        place = stop
    return replace(
        page, task="patterns", text=text, answers=tuple(spans[1:]), question=spans[-1][0],
        key=f"{key} of {page.key}", check=(),
    )  # fmt: skip
