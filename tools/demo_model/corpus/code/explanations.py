"""Python functions and their explanations in words; each can be run to check its explanation."""

import builtins
import math
import random
from collections.abc import Callable, Sequence
from typing import Any

from playground.prompts.formats import Pair, code_prompt
from tools.demo_model.corpus.code.functions import (
    NUMBERS,
    TEXTS,
    Function,
    condition,
    describe_arguments,
    function_name,
    pick_list,
)
from tools.demo_model.corpus.code.operations import operation
from tools.demo_model.corpus.documents import (
    Document,
    Item,
    Split,
    draw_item,
    make_document,
    pick_example_count,
)
from tools.demo_model.corpus.lexicon import with_article


def _filter_function(rng: random.Random) -> Function:
    """Count, list, any, all or sum over a condition."""
    noun, many, one = pick_list(rng)
    test, words, extra, holds = condition(rng, noun, one)
    args = f"{many}, {extra}" if extra else many
    kind = rng.choice(("count", "count", "select", "select", "any", "all", "first", "sum"))
    if kind == "sum" and noun.text:
        kind = "count"
    name = function_name(rng, {"select": "filter", "first": "first"}.get(kind, kind), noun.many)
    if kind in ("count", "sum"):
        step = "1" if kind == "count" else one
        result = rng.choice(("count", "total", "result", "found"))
        inner = "1" if kind == "count" else one
        source = rng.choice(
            (
                (
                    f"    {result} = 0\n    for {one} in {many}:\n        if {test}:\n"
                    f"            {result} += {step}\n    return {result}"
                ),
                f"    return sum({inner} for {one} in {many} if {test})",
                (
                    f"    {result} = 0\n    for {one} in {many}:\n        if {test}:\n"
                    f"            {result} = {result} + {step}\n    return {result}"
                ),
            )
        )
        what = "the number of" if kind == "count" else "the sum of the"
        said = f"{describe_arguments(noun, extra)} {what} {noun.many} that {words}."

        def expected(items: list[Any], *rest: Any) -> Any:
            kept = [x for x in items if holds(x, *rest)]
            return len(kept) if kind == "count" else sum(kept)
    elif kind == "select":
        result = rng.choice(("result", "kept", "found", "selected"))
        source = rng.choice(
            (
                (
                    f"    {result} = []\n    for {one} in {many}:\n        if {test}:\n"
                    f"            {result}.append({one})\n    return {result}"
                ),
                f"    return [{one} for {one} in {many} if {test}]",
            )
        )
        said = f"{describe_arguments(noun, extra)} a list of the {noun.many} that {words}."

        def expected(items: list[Any], *rest: Any) -> Any:
            return [x for x in items if holds(x, *rest)]
    elif kind == "first":
        source = (
            f"    for {one} in {many}:\n        if {test}:\n            return {one}\n"
            "    return None"
        )
        said = (
            f"{describe_arguments(noun, extra)} the first of the {noun.many} that {words}, or None."
        )

        def expected(items: list[Any], *rest: Any) -> Any:
            return next((x for x in items if holds(x, *rest)), None)
    else:
        yes, no = ("True", "False") if kind == "any" else ("False", "True")
        check = test if kind == "any" else f"not ({test})"
        source = rng.choice(
            (
                f"    return {kind}({test} for {one} in {many})",
                (
                    f"    for {one} in {many}:\n        if {check}:\n            return {yes}\n"
                    f"    return {no}"
                ),
            )
        )
        which = "any" if kind == "any" else "all"
        said = f"{describe_arguments(noun, extra)} whether {which} of the {noun.many} {words}."

        def expected(items: list[Any], *rest: Any) -> Any:
            found = [holds(x, *rest) for x in items]
            return any(found) if kind == "any" else all(found)

    source = f"def {name}({args}):\n{source}"
    return Function(source, said, f"{kind} {words}", name, expected, noun.text, extra)


def _list_function(rng: random.Random) -> Function:
    """Something about a whole list."""
    noun, many, one = pick_list(rng)
    total = rng.choice(("total", "result", "answer"))
    best = rng.choice(("best", "largest", "result"))
    loop = f"    for {one} in {many}:\n"
    numbers: list[tuple[str, list[str], str, Callable[..., Any]]] = [
        ("sum", [f"    {total} = 0\n{loop}        {total} += {one}\n    return {total}",
                 f"    return sum({many})",
                 f"    {total} = 0\n{loop}        {total} = {total} + {one}\n    return {total}"],
         "their sum", sum),
        ("average", [f"    return sum({many}) / len({many})",
                     (f"    {total} = 0\n{loop}        {total} += {one}\n"
                     f"    return {total} / len({many})")],
         "their average", lambda x: sum(x) / len(x)),
        ("largest", [f"    return max({many})",
                     (f"    {best} = {many}[0]\n{loop}        if {one} > {best}:\n"
                     f"            {best} = {one}\n    return {best}")],
         "the largest one", max),
        ("smallest", [f"    return min({many})",
                      (f"    {best} = {many}[0]\n{loop}        if {one} < {best}:\n"
                      f"            {best} = {one}\n    return {best}")],
         "the smallest one", min),
        ("range", [f"    return max({many}) - min({many})"],
         "the difference between the largest and the smallest one", lambda x: max(x) - min(x)),
        ("product", [f"    {total} = 1\n{loop}        {total} *= {one}\n    return {total}"],
         "their product", lambda x: math.prod(x)),
        ("doubled", [f"    return [{one} * 2 for {one} in {many}]",
                     (f"    {total} = []\n{loop}        {total}.append({one} * 2)\n"
                     f"    return {total}")],
         "a list of each one doubled", lambda x: [y * 2 for y in x]),
        ("squares", [f"    return [{one} ** 2 for {one} in {many}]",
                     f"    return [{one} * {one} for {one} in {many}]"],
         "a list of their squares", lambda x: [y * y for y in x]),
        ("sorted_descending", [f"    return sorted({many}, reverse=True)"],
         "a list of them from the largest to the smallest", lambda x: sorted(x, reverse=True)),
        ("ascending", [f"    return sorted({many})"],
         "a list of them from the smallest to the largest", sorted),
    ]  # fmt: skip
    texts: list[tuple[str, list[str], str, Callable[..., Any]]] = [
        ("lengths", [f"    return [len({one}) for {one} in {many}]",
                     (f"    {total} = []\n{loop}        {total}.append(len({one}))\n"
                     f"    return {total}")],
         f"a list of the length of each {noun.one}", lambda x: [len(y) for y in x]),
        ("longest", [f"    return max({many}, key=len)"],
         "the longest one", lambda x: max(x, key=len)),
        ("shortest", [f"    return min({many}, key=len)"],
         "the shortest one", lambda x: min(x, key=len)),
        ("initials", [f"    return [{one}[0] for {one} in {many}]",
                      (f"    {total} = []\n{loop}        {total}.append({one}[0])\n"
                      f"    return {total}")],
         f"a list of the first letter of each {noun.one}", lambda x: [y[0] for y in x]),
        ("upper", [f"    return [{one}.upper() for {one} in {many}]"],
         f"a list of each {noun.one} in upper case", lambda x: [y.upper() for y in x]),
        ("lower", [f"    return [{one}.lower() for {one} in {many}]"],
         f"a list of each {noun.one} in lower case", lambda x: [y.lower() for y in x]),
        ("joined", [f'    return ", ".join({many})'],
         "a text that joins them with commas", ", ".join),
        ("with_spaces", [f'    return " ".join({many})'],
         "a text that joins them with spaces", " ".join),
        ("alphabetical", [f"    return sorted({many})"],
         "a list of them in alphabetical order", sorted),
        ("total_length", [f"    return sum(len({one}) for {one} in {many})",
                          (f"    {total} = 0\n{loop}        {total} += len({one})\n"
                          f"    return {total}")],
         "the sum of their lengths", lambda x: sum(len(y) for y in x)),
    ]  # fmt: skip
    either: list[tuple[str, list[str], str, Callable[..., Any]]] = [
        ("count", [f"    return len({many})"], "how many there are", len),
        ("first", [f"    return {many}[0]"], "the first one", lambda x: x[0]),
        ("last", [f"    return {many}[-1]"], "the last one", lambda x: x[-1]),
        ("reversed", [f"    return {many}[::-1]", f"    return list(reversed({many}))"],
         "a list of them in reverse order", lambda x: x[::-1]),
        ("unique", [f"    return list(dict.fromkeys({many}))",
                    (f"    {total} = []\n{loop}        if {one} not in {total}:\n"
                    f"            {total}.append({one})\n    return {total}")],
         "a list of them without duplicates", lambda x: list(dict.fromkeys(x))),
        ("occurrences", [(f"    counts = {{}}\n{loop}        counts[{one}] = "
                         f"counts.get({one}, 0) + 1\n    return counts")],
         f"a dictionary of how often each {noun.one} occurs",
         lambda x: {y: x.count(y) for y in x}),
        ("without_first", [f"    return {many}[1:]"],
         "a list of all of them but the first", lambda x: x[1:]),
    ]  # fmt: skip
    label, sources, words, expected = rng.choice((texts if noun.text else numbers) * 2 + either)
    verb = {"sum": ("add_all", "sum_of", "total"), "average": ("average", "mean")}.get(label)
    label_shown = rng.choice(verb) if verb else label
    name = function_name(rng, label_shown, rng.choice((noun.many, noun.many, "", "all")))
    name = f"{name}_{noun.many}" if name in dir(builtins) else name
    source = f"def {name}({many}):\n{rng.choice(sources)}"
    return Function(
        source, f"{describe_arguments(noun)} {words}.", label, name, expected, noun.text
    )


def _scalar_function(rng: random.Random) -> Function:
    """Arithmetic or text work on one or two plain arguments."""
    options: list[tuple[str, str, str, str, Callable[..., Any], bool]] = []
    a, b = rng.sample([noun.one for noun in NUMBERS], 2)
    t = rng.choice([noun.one for noun in TEXTS] + ["text"])
    two = f"The function takes {with_article(a)} and {with_article(b)} and returns"
    one_arg = f"The function takes {with_article(a)} and returns"
    of = f"The function takes {with_article(t)} and returns"
    options += [
        (f"{a}, {b}", f"    return {a} + {b}", f"{two} their sum.", "add",
         lambda x, y: x + y, False),
        (f"{a}, {b}", f"    return {a} * {b}", f"{two} their product.", "multiply",
         lambda x, y: x * y, False),
        (f"{a}, {b}", f"    return {a} - {b}", f"{two} their difference.", "difference",
         lambda x, y: x - y, False),
        (f"{a}, {b}", f"    return ({a} + {b}) / 2", f"{two} their average.", "mean",
         lambda x, y: (x + y) / 2, False),
        (f"{a}, {b}", f"    if {a} > {b}:\n        return {a}\n    return {b}",
         f"{two} the larger one.", "larger", max, False),
        (f"{a}, {b}", f"    if {a} < {b}:\n        return {a}\n    return {b}",
         f"{two} the smaller one.", "smaller", min, False),
        (a, f"    return {a} * 2", f"{one_arg} it doubled.", "double", lambda x: x * 2, False),
        (a, f"    return {a} ** 2", f"{one_arg} its square.", "square", lambda x: x * x, False),
        (a, f"    return {a} % 2 == 0", f"{one_arg} whether it is even.", "is_even",
         lambda x: x % 2 == 0, False),
        (a, f"    if {a} < 0:\n        return -{a}\n    return {a}",
         f"{one_arg} its absolute value.", "absolute", abs, False),
        (t, f"    return {t}[::-1]", f"{of} it in reverse.", "reverse", lambda x: x[::-1], True),
        (t, f"    return {t}.upper()", f"{of} it in upper case.", "shout", str.upper, True),
        (t, f"    return {t}.lower()", f"{of} it in lower case.", "lower", str.lower, True),
        (t, f"    return len({t})", f"{of} its length.", "size", len, True),
        (t, f"    return {t} == {t}[::-1]", f"{of} whether it is a palindrome.", "is_palindrome",
         lambda x: x == x[::-1], True),
        (t, f"    return len({t}.split())", f"{of} the number of words in it.", "count_words",
         lambda x: len(x.split()), True),
        (t, f"    return {t}[0]", f"{of} its first letter.", "initial", lambda x: x[0], True),
        (t, f'    return {t}.replace(" ", "_")',
         f"{of} it with underscores instead of spaces.", "slug",
         lambda x: x.replace(" ", "_"), True),
        (t, (f'    vowels = 0\n    for letter in {t}:\n        if letter in "aeiou":\n'
         "            vowels += 1\n    return vowels"),
         f"{of} the number of vowels in it.", "vowels",
         lambda x: sum(y in "aeiou" for y in x), True),
        ("n",
         "    result = 1\n    for i in range(2, n + 1):\n        result *= i\n    return result",
         "The function takes a number n and returns its factorial.", "factorial",
         lambda n: math.factorial(n), False),
        ("n", "    a, b = 0, 1\n    for _ in range(n):\n        a, b = b, a + b\n    return a",
         "The function takes a number n and returns the n-th Fibonacci number.", "fibonacci",
         lambda n: [0, 1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144][n], False),
    ]  # fmt: skip
    args, body, words, label, expected, texts = rng.choice(options)
    name = label if args == "n" else function_name(rng, label, rng.choice(("", args.split(",")[0])))
    name = f"{name}_value" if name in dir(builtins) else name
    source = f"def {name}({args}):\n{body}"
    return Function(source, words, label, name, expected, texts, extra="scalar")


def function(rng: random.Random) -> Function:
    """A function of one of the kinds."""
    make = rng.choice(
        (
            _filter_function,
            _filter_function,
            _filter_function,
            _list_function,
            _list_function,
            _scalar_function,
        )
    )
    return make(rng)


def document(rng: random.Random, split: Split) -> Document:
    """Functions and explanations; held-out ones are functions never seen."""

    def one() -> Item:
        made = operation(rng) if rng.random() < 0.4 else function(rng)
        return Item(given=made.source, wanted=made.words, key=made.words)

    items = [
        *(draw_item(one, Split.TRAIN) for _ in range(pick_example_count(rng, 4))),
        draw_item(one, split),
    ]

    def prompt(examples: Sequence[Pair], code: str) -> str:
        return code_prompt(examples=examples, code=code)

    return make_document(task="code", items=items, prompt=prompt)
