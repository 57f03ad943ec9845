"""Functions do what their explanations say."""

import inspect
import random
from copy import deepcopy
from typing import Any

from tools.demo_model.corpus.code import explanations
from tools.demo_model.corpus.code.operations import operation


def test_functions_do_what_their_explanations_say() -> None:
    for index in range(1500):
        made = explanations.function(random.Random(index))
        scope: dict = {}
        exec(made.source, scope)
        function = scope[made.name]
        if made.extra == "scalar":
            given = ["Anna and bob"] if made.texts else [7, 4]
            given = given[: len(inspect.signature(function).parameters)]
        else:
            texts = ["abba", "Cat", "dog", "LONG WORDS", "abba", "pear"]
            given = [texts if made.texts else [3, 8, 20, 55, 8, 101, 0, 18]]
            if made.extra:
                given.append("a" if made.extra == "prefix" else 4)

        assert function(*given) == made.expected(*given), made.source


def test_operations_do_what_their_explanations_say() -> None:
    kinds = set()
    for index in range(2500):
        made = operation(random.Random(index))
        scope: dict[str, Any] = {}
        exec(made.source, scope)
        kinds.add(made.operation)

        assert scope[made.name](*deepcopy(made.given)) == made.expected(*deepcopy(made.given)), (
            made.source
        )
        assert made.words.endswith(".")
    assert len(kinds) > 55


def test_equal_sources_are_explained_in_equal_words() -> None:
    told: dict[str, str] = {}
    for index in range(6000):
        made = operation(random.Random(index))
        source = made.source.partition("(")[2]

        assert told.setdefault(source, made.words) == made.words, source
