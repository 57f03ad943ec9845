"""Functions over pairs of lists, dictionaries, counters and texts put together."""

import builtins
import random
from collections.abc import Callable
from typing import Any

from tools.demo_model.corpus.code.functions import NUMBERS, TEXTS, Function, function_name
from tools.demo_model.corpus.lexicon import with_article

_Operation = tuple[str, str, str, str, Callable[..., Any], tuple[Any, ...]]
"""Arguments, body, words after "The function", a name, what it should give, what to try it with."""


def _pairs(rng: random.Random) -> list[_Operation]:
    """Two lists walked together."""
    a, b = rng.sample(NUMBERS, 2)
    text = rng.choice(TEXTS)
    x, y, t = a.one, b.one, text.one
    result = rng.choice(("result", "answer", "made", "found"))
    two = f"takes a list of {a.many} and a list of {b.many} and returns"
    mixed = f"takes a list of {text.many} and a list of {a.many} and returns"
    args, mixed_args = f"{a.many}, {b.many}", f"{text.many}, {a.many}"
    both = f"for {x}, {y} in zip({args})"
    together = f"for {t}, {x} in zip({mixed_args})"
    lists = ([3, 8, 20, 5], [4, 4, 25, 5])
    named = (["pear", "Anna", "dog"], [7, 0, 12])

    def each(name: str, sign: str, said: str, give: Callable[..., Any]) -> list[_Operation]:
        loop = (
            f"    {result} = []\n    {both}:\n        {result}.append({x} {sign} {y})\n"
            f"    return {result}"
        )
        return [
            (args, f"    return [{x} {sign} {y} {both}]", f"{two} {said}.", name, give, lists),
            (args, loop, f"{two} {said}.", name, give, lists),
        ]

    return [
        *each("sums", "+", "a list of the sum of each pair",
              lambda p, q: [m + n for m, n in zip(p, q, strict=True)]),
        *each("differences", "-", "a list of the difference of each pair",
              lambda p, q: [m - n for m, n in zip(p, q, strict=True)]),
        *each("products", "*", "a list of the product of each pair",
              lambda p, q: [m * n for m, n in zip(p, q, strict=True)]),
        (args, f"    return sum({x} * {y} {both})",
         f"{two} the sum of the product of each pair.", "weighted",
         lambda p, q: sum(m * n for m, n in zip(p, q, strict=True)), lists),
        (args, f"    return sum(1 {both} if {x} == {y})",
         f"{two} the number of pairs that are equal.", "same",
         lambda p, q: sum(m == n for m, n in zip(p, q, strict=True)), lists),
        (args, f"    return sum(1 {both} if {x} > {y})",
         f"{two} the number of pairs whose first one is greater.", "greater",
         lambda p, q: sum(m > n for m, n in zip(p, q, strict=True)), lists),
        (args, f"    return [max({x}, {y}) {both}]",
         f"{two} a list of the larger one of each pair.", "larger",
         lambda p, q: [max(m, n) for m, n in zip(p, q, strict=True)], lists),
        (args, f"    return list(zip({args}))", f"{two} a list of pairs.", "pairs",
         lambda p, q: list(zip(p, q, strict=True)), lists),
        (args, f"    return all({x} < {y} {both})",
         f"{two} whether the first one of every pair is less.", "below",
         lambda p, q: all(m < n for m, n in zip(p, q, strict=True)), lists),
        (args, f"    return [{x} for {x} in {a.many} if {x} in {b.many}]",
         f"{two} a list of the {a.many} that are in the {b.many}.", "common",
         lambda p, q: [m for m in p if m in q], lists),
        (args, f"    return [{x} for {x} in {a.many} if {x} not in {b.many}]",
         f"{two} a list of the {a.many} that are not in the {b.many}.", "missing",
         lambda p, q: [m for m in p if m not in q], lists),
        (args, f"    return {a.many} + {b.many}", f"{two} both lists as one.", "joined",
         lambda p, q: p + q, lists),
        (mixed_args, f"    return dict(zip({mixed_args}))",
         f"{mixed} a dictionary from each {t} to its {x}.", "table",
         lambda p, q: dict(zip(p, q, strict=True)), named),
        (mixed_args, f"    return {{{t}: {x} {together}}}",
         f"{mixed} a dictionary from each {t} to its {x}.", "mapping",
         lambda p, q: dict(zip(p, q, strict=True)), named),
        (mixed_args, f'    return [f"{{{t}}}: {{{x}}}" {together}]',
         f"{mixed} a list of texts with each {t} and its {x}.", "lines",
         lambda p, q: [f"{m}: {n}" for m, n in zip(p, q, strict=True)], named),
    ]  # fmt: skip


def _numbered(rng: random.Random) -> list[_Operation]:
    """One list with its positions."""
    noun = rng.choice(NUMBERS + TEXTS)
    many, one = noun.many, noun.one
    i = rng.choice(("i", "index", "position"))
    result = rng.choice(("result", "found", "places"))
    takes = f"takes a list of {many} and returns"
    walk = f"for {i}, {one} in enumerate({many})"
    texts = ["pear", "Anna", "dog", "Anna", "x"] if noun.text else [7, 3, 12, 3, 0]
    one_list = (texts,)
    target = (texts, texts[1])
    finds = f"takes a list of {many} and a target and returns"
    return [
        (many, f"    return [{one} {walk} if {i} % 2 == 0]",
         f"{takes} a list of the {many} at even positions.", "every_second",
         lambda x: x[::2], one_list),
        (many, f"    return {many}[::2]", f"{takes} a list of every second {one}.",
         "every_second", lambda x: x[::2], one_list),
        (f"{many}, target", f"    return [{i} {walk} if {one} == target]",
         f"{finds} a list of the positions of the target.", "positions",
         lambda x, y: [n for n, m in enumerate(x) if m == y], target),
        (f"{many}, target", (f"    {walk}:\n        if {one} == target:\n            return {i}\n"
                             "    return -1"),
         f"{finds} the position of the target, or -1.", "position", lambda x, y: x.index(y),
         target),
        (f"{many}, target", f"    return {many}.count(target)",
         f"{finds} how often the target occurs.", "count_target", lambda x, y: x.count(y), target),
        (f"{many}, target", f"    return target in {many}",
         f"{finds} whether the target is in the list.", "contains", lambda x, y: y in x, target),
        (f"{many}, target", f"    return [{one} for {one} in {many} if {one} != target]",
         f"{finds} a list of the {many} without the target.", "without",
         lambda x, y: [m for m in x if m != y], target),
        (many, f"    return {{{one}: {i} {walk}}}",
         f"{takes} a dictionary from each {one} to its position.", "index_of",
         lambda x: {m: n for n, m in enumerate(x)}, one_list),
        (many, (f"    {result} = []\n    {walk}:\n        {result}.append(({i}, {one}))\n"
                f"    return {result}"),
         f"{takes} a list of each position with its {one}.", "numbered",
         lambda x: list(enumerate(x)), one_list),
        (f"{many}, n", f"    return {many}[:n]",
         f"takes a list of {many} and a number n and returns the first n {many}.", "first_n",
         lambda x, n: x[:n], (texts, 2)),
        (f"{many}, n", f"    return {many}[-n:]",
         f"takes a list of {many} and a number n and returns the last n {many}.", "last_n",
         lambda x, n: x[-n:], (texts, 2)),
        (many, f"    return not {many}", f"{takes} whether the list is empty.", "is_empty",
         lambda x: not x, one_list),
        (many, f"    return len(set({many}))", f"{takes} the number of different {many}.",
         "different", lambda x: len(set(x)), one_list),
        (many, f"    return len(set({many})) < len({many})",
         f"{takes} whether there are duplicates.", "has_duplicates",
         lambda x: len(set(x)) < len(x), one_list),
    ]  # fmt: skip


def _dictionaries(rng: random.Random) -> list[_Operation]:
    """Lookups in a dictionary of texts and numbers."""
    key, value = rng.choice(TEXTS), rng.choice(NUMBERS)
    k, v = key.one, value.one
    d = f"{k}_{value.many}"
    what = f"a dictionary of {key.many} and their {value.many}"
    takes, finds = f"takes {what} and returns", f"takes {what} and {with_article(k)} and returns"
    told = {"pear": 7, "Anna": 12, "dog": 3}
    items = f"for {k}, {v} in {d}.items()"
    default = rng.choice((0, 1, 10))
    limit = rng.choice(("limit", "threshold", "minimum"))
    above = f"takes {what} and a {limit} and returns a list of the {key.many} whose {v}"
    return [
        (f"{d}, {k}", f"    return {d}[{k}]", f"{finds} its {v}.", f"{v}_of",
         lambda x, y: x[y], (told, "dog")),
        (f"{d}, {k}", f"    return {d}.get({k}, {default})", f"{finds} its {v}, or {default}.",
         f"{v}_of", lambda x, y: x.get(y, default), (told, "cat")),
        (f"{d}, {k}", f"    if {k} in {d}:\n        return {d}[{k}]\n    return None",
         f"{finds} its {v}, or None.", f"{v}_of", lambda x, y: x.get(y), (told, "cat")),
        (f"{d}, {k}", f"    return {k} in {d}", f"{finds} whether the {k} is in it.", "has",
         lambda x, y: y in x, (told, "dog")),
        (d, f"    return max({d}, key={d}.get)", f"{takes} the {k} with the largest {v}.",
         "best", lambda x: max(x, key=x.get), (told,)),
        (d, f"    return min({d}, key={d}.get)", f"{takes} the {k} with the smallest {v}.",
         "lowest", lambda x: min(x, key=x.get), (told,)),
        (d, f"    return sum({d}.values())", f"{takes} the sum of the {value.many}.", "total",
         lambda x: sum(x.values()), (told,)),
        (d, f"    return sorted({d})", f"{takes} a list of the {key.many} in order.", "ordered",
         sorted, (told,)),
        (d, f"    return {{{v}: {k} {items}}}", f"{takes} a dictionary from each {v} to its {k}.",
         "turned", lambda x: {n: m for m, n in x.items()}, (told,)),
        (f"{d}, {limit}", f"    return [{k} {items} if {v} > {limit}]",
         f"{above} is greater than the {limit}.", "above",
         lambda x, n: [m for m, o in x.items() if o > n],         (told, 5)),
        (f"{d}, {limit}", f"    return [{k} {items} if {v} < {limit}]",
         f"{above} is less than the {limit}.", "below",
         lambda x, n: [m for m, o in x.items() if o < n],         (told, 5)),
    ]  # fmt: skip


def _loops(rng: random.Random) -> list[_Operation]:
    """While loops over a number."""
    n = rng.choice(("n", "number", "value"))
    takes = f"takes {'a number n' if n == 'n' else with_article(n)} and returns"
    step = rng.choice((2, 3, 10))
    count = rng.choice(("count", "steps", "times"))
    return [
        (n, (f"    total = 0\n    while {n} > 0:\n        total += {n} % 10\n        {n} //= 10\n"
             "    return total"),
         f"{takes} the sum of its digits.", "digit_sum", lambda x: sum(map(int, str(x))), (4711,)),
        (n, (f"    {count} = 0\n    while {n} > 0:\n        {count} += 1\n        {n} //= 10\n"
             f"    return {count}"),
         f"{takes} the number of its digits.", "digits", lambda x: len(str(x)), (4711,)),
        (n, (f"    {count} = 0\n    while {n} > 1:\n        {n} //= {step}\n"
             f"        {count} += 1\n    return {count}"),
         f"{takes} how often it can be divided by {step}.", "halvings",
         lambda x: next(e for e in range(99) if x // step**e <= 1), (100,)),
        (n, (f"    total = 0\n    while {n} > 0:\n        total += {n}\n        {n} -= 1\n"
             "    return total"),
         f"{takes} the sum of the numbers from 1 to it.", "sum_to", lambda x: x * (x + 1) // 2,
         (9,)),
        (n, (f"    result = []\n    while {n} > 0:\n        result.append({n})\n        {n} -= 1\n"
             "    return result"),
         f"{takes} a list of the numbers from it down to 1.", "countdown",
         lambda x: list(range(x, 0, -1)), (5,)),
        (n, f"    return list(range(1, {n} + 1))",
         f"{takes} a list of the numbers from 1 to it.", "up_to",
         lambda x: list(range(1, x + 1)), (5,)),
        (f"{n}, limit", (f"    while {n} < limit:\n        {n} *= {step}\n    return {n}"),
         (f"takes {'a number n' if n == 'n' else with_article(n)} and a limit and returns it "
          f"multiplied by {step} until it reaches the limit."), "grow",
         lambda x, y: next(x * step**e for e in range(99) if x * step**e >= y), (3, 100)),
        ("a, b", "    while b:\n        a, b = b, a % b\n    return a",
         "takes two numbers and returns their greatest common divisor.", "gcd",
         lambda x, y: max(d for d in range(1, x + 1) if x % d == y % d == 0), (24, 18)),
    ]  # fmt: skip


def _texts(rng: random.Random) -> list[_Operation]:
    """Texts put together and taken apart."""
    (a, b), n = rng.sample([noun.one for noun in TEXTS], 2), rng.choice(NUMBERS).one
    hello = rng.choice(("Hello", "Good morning", "Dear", "Welcome", "Hi"))
    letter = rng.choice("abcdefghiklmnoprst")
    two = f"takes {with_article(a)} and {with_article(b)} and returns"
    one = f"takes {with_article(a)} and returns"
    pair = (f"{a}, {b}", ("Anna", "pear"))
    rows: list[tuple[str, str, str, str, Callable[..., Any], tuple[Any, ...]]] = [
        (pair[0], f'    return f"{{{a}}} {{{b}}}"', f"{two} them with a space between.", "joined",
         lambda x, y: f"{x} {y}", pair[1]),
        (pair[0], f'    return {a} + " " + {b}', f"{two} them with a space between.", "joined",
         lambda x, y: f"{x} {y}", pair[1]),
        (pair[0], f'    return f"{{{b}}}, {{{a}}}"',
         f"{two} the {b} and the {a} with a comma between.", "turned",
         lambda x, y: f"{y}, {x}", pair[1]),
        (a, f'    return f"{hello}, {{{a}}}!"', f'{one} the text "{hello}" with the {a}.',
         "greet", lambda x: f"{hello}, {x}!", ("Anna",)),
        (f"{a}, {n}", f'    return f"{{{a}}}: {{{n}}}"',
         f"takes {with_article(a)} and {with_article(n)} and returns them with a colon between.",
         "shown",
         lambda x, y: f"{x}: {y}", ("pear", 7)),
        (f"{a}, n", f"    return {a} * n",
         f"takes {with_article(a)} and a number n and returns the {a} repeated n times.", "repeat",
         lambda x, y: x * y, ("ab", 3)),
        (a, f"    return {a}.strip()", f"{one} it without spaces at its ends.", "clean",
         str.strip, (" ab ",)),
        (a, f"    return {a}.title()", f"{one} it with capital letters at the start of each word.",
         "titled", str.title, ("the old man",)),
        (a, f"    return {a}.split()", f"{one} a list of its words.", "split_up", str.split,
         ("the old man",)),
        (a, f"    return {a}.split()[-1]", f"{one} its last word.", "last_word",
         lambda x: x.split()[-1], ("the old man",)),
        (a, f"    return {a}.split()[0]", f"{one} its first word.", "first_word",
         lambda x: x.split()[0], ("the old man",)),
        (a, f'    return {a}.count("{letter}")', f'{one} how often "{letter}" occurs in it.',
         "count_letter", lambda x: x.count(letter), ("the old man",)),
        (a, f"    return {a}[0] == {a}[-1]",
         f"{one} whether its first and its last letter are equal.", "same_ends",
         lambda x: x[0] == x[-1], ("anna",)),
        (a, f"    return {a}[1:-1]", f"{one} it without its first and its last letter.", "inner",
         lambda x: x[1:-1], ("Anna",)),
        (pair[0], f"    return {a} in {b}", f"{two} whether the {a} is in the {b}.", "inside",
         lambda x, y: x in y, pair[1]),
        (pair[0], f"    return len({a}) > len({b})",
         f"{two} whether the {a} is longer than the {b}.", "longer",
         lambda x, y: len(x) > len(y), pair[1]),
        (pair[0], f"    return sorted({a}) == sorted({b})", f"{two} whether they are anagrams.",
         "anagrams", lambda x, y: sorted(x) == sorted(y), ("stop", "post")),
    ]  # fmt: skip
    return rows


def operation(rng: random.Random) -> Function:
    """A function of one of these kinds; ``given`` are arguments to try it with."""
    make = rng.choice((_pairs, _numbered, _dictionaries, _dictionaries, _loops, _texts))
    args, body, said, label, expected, given = rng.choice(make(rng))
    name = function_name(rng, label, rng.choice(("", "", args.split(",")[0])))
    name = f"{name}_value" if name in args.split(", ") or name in dir(builtins) else name
    return Function(
        source=f"def {name}({args}):\n{body}",
        words=f"The function {said}",
        operation=label,
        name=name,
        expected=expected,
        texts=False,
        given=given,
    )
