"""The parts of the generated Python functions: arguments, names, conditions."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tools.demo_model.corpus import words


@dataclass(frozen=True)
class Noun:
    """The contents of a list: names for one and many, and whether they are numbers or texts."""

    one: str
    many: str
    text: bool


def _nouns(section: str, *, text: bool) -> list[Noun]:
    pairs = (entry.split("/") for entry in words.entries("code", section))
    return [Noun(one, many, text) for one, many in pairs]


NUMBERS = _nouns("numbers", text=False)
TEXTS = _nouns("texts", text=True)
_LIMITS = ("limit", "threshold", "bound", "minimum", "maximum", "cutoff")


@dataclass(frozen=True)
class Function:
    """A function's source, its explanation, and a check against plain Python.

    ``expected`` takes the same arguments and returns what the explanation says; ``given`` are
    arguments for a trial run, where the kinds of its arguments do not suggest any.
    """

    source: str
    words: str
    operation: str
    name: str
    expected: Callable[..., Any]
    texts: bool
    extra: str = ""
    given: tuple[Any, ...] = ()


def condition(
    rng: random.Random, noun: Noun, item: str
) -> tuple[str, str, str, Callable[..., bool]]:
    """Source of a test on ``item``, its words after "that are", an extra argument, the test."""
    limit = rng.choice(_LIMITS)
    constant = rng.choice((0, 1, 2, 3, 5, 10, 18, 20, 50, 100))
    if noun.text:
        size = rng.randint(2, 9)
        letter = rng.choice("abcdefghijklmnoprstuvw")
        return rng.choice(
            (
                (f"len({item}) > {limit}", f"are longer than the {limit}", limit,
                 lambda x, n: len(x) > n),
                (f"len({item}) < {limit}", f"are shorter than the {limit}", limit,
                 lambda x, n: len(x) < n),
                (f"len({item}) > {size}", f"are longer than {size} characters", "",
                 lambda x: len(x) > size),
                (f"len({item}) < {size}", f"are shorter than {size} characters", "",
                 lambda x: len(x) < size),
                (f'{item}.startswith("{letter}")', f'start with "{letter}"', "",
                 lambda x: x.startswith(letter)),
                (f'{item}.endswith("{letter}")', f'end with "{letter}"', "",
                 lambda x: x.endswith(letter)),
                (f'"{letter}" in {item}', f'contain "{letter}"', "", lambda x: letter in x),
                (f"{item}.startswith(prefix)", "start with the prefix", "prefix",
                 lambda x, p: x.startswith(str(p))),
                (f"{item}.isupper()", "are in upper case", "", str.isupper),
                (f"{item} == {item}[::-1]", "are palindromes", "", lambda x: x == x[::-1]),
            )
        )  # fmt: skip
    return rng.choice(
        (
            (f"{item} > {limit}", f"are greater than the {limit}", limit, lambda x, n: x > n),
            (f"{item} < {limit}", f"are less than the {limit}", limit, lambda x, n: x < n),
            (f"{item} >= {limit}", f"are at least the {limit}", limit, lambda x, n: x >= n),
            (f"{item} > {constant}", f"are greater than {constant}", "", lambda x: x > constant),
            (f"{item} < {constant}", f"are less than {constant}", "", lambda x: x < constant),
            (f"{item} % 2 == 0", "are even", "", lambda x: x % 2 == 0),
            (f"{item} % 2 == 1", "are odd", "", lambda x: x % 2 == 1),
            (f"{item} % divisor == 0", "can be divided by the divisor", "divisor",
             lambda x, n: x % n == 0),
            (f"{item} == {constant}", f"are equal to {constant}", "", lambda x: x == constant),
        )
    )  # fmt: skip


def function_name(rng: random.Random, *parts: str) -> str:
    """A name that fits the function's action; sometimes a meaningless one."""
    if rng.random() < 0.15:
        return rng.choice(("f", "g", "process", "run", "check", "helper", "work", "solve", "func"))
    return rng.choice(("", "", "get_", "compute_", "find_", "")) + "_".join(
        part for part in parts if part
    )


def pick_list(rng: random.Random) -> tuple[Noun, str, str]:
    """A noun, the list argument's name and the loop variable's name."""
    noun = rng.choice(NUMBERS + TEXTS)
    return noun, noun.many, rng.choice((noun.one, noun.one, noun.one, noun.one[0], "item"))


def describe_arguments(noun: Noun, extra: str = "") -> str:
    also = f" and a {extra}" if extra else ""
    return f"The function takes a list of {noun.many}{also} and returns"
