"""Whether blog ideas are what the dataset teaches: three, distinct, and of the company's trade.

An output is good when

- it is "1) ...; 2) ...; 3) ..." and nothing else;
- of each two of its ideas, the words that both have are less than 0.7 of those that either has
  (Jaccard, small letters, no punctuation). Numbers and names of the trade are not counted: "3 ways
  around flat tyres" and "5 ways around steep hills" are the same idea twice;
- each idea names something of the trade of the company's product: one of the lines of its sections
  things, people and woes in `words/blogs.txt`; and none names something of another trade alone.

"Behind the scenes in spring" is the one frame that names nothing of any trade, and is fine.
"""

import re
from dataclasses import dataclass
from itertools import combinations

from tools.example_datasets.datasets import LIKENESS, likeness, tokens
from tools.example_datasets.grammar import sections

_LISTED = re.compile(r"\s*1\) (.+); 2\) (.+); 3\) (.+?)\s*", re.DOTALL)
_PRODUCT = re.compile(r"Product: (.+)\. Blog ideas:$")
_NO_TRADE = re.compile(r"behind the scenes in \w+")


@dataclass(frozen=True)
class Ideas:
    """What is right about an output."""

    listed: bool
    distinct: bool
    of_trade: bool

    @property
    def good(self) -> bool:
        """All of it."""
        return self.listed and self.distinct and self.of_trade


class Judge:
    """Knows the trades."""

    def __init__(self) -> None:
        words = sections("blogs")
        self._trade_of = {
            product: trade for trade in words["trades"] for product in words[f"{trade} sells"]
        }
        names = {
            trade: {
                name.lower()
                for section in ("things", "people", "woes")
                for name in words[f"{trade} {section}"]
            }
            for trade in words["trades"]
        }
        frames = " ".join(words["idea"]).lower()
        # "grandparents" buy toys, and are in one of the frames too.
        everything = {name for each in names.values() for name in each if name not in frames}
        self._own = {trade: _any_of(names[trade]) for trade in names}
        self._foreign = {trade: _any_of(everything - names[trade]) for trade in names}

    def judge(self, prompt: str, output: str) -> Ideas:
        """An output, without its end of text, for a prompt of the dataset's form."""
        listed = _LISTED.fullmatch(output)
        product = _PRODUCT.search(prompt)
        if listed is None or product is None:
            return Ideas(listed=False, distinct=False, of_trade=False)
        trade = self._trade_of[product[1]]
        ideas = [idea.lower() for idea in listed.groups()]
        frames = [tokens(re.sub(r"\d", "", self._own[trade].sub("", idea))) for idea in ideas]
        return Ideas(
            listed=True,
            distinct=all(
                one | other and likeness(one, other) < LIKENESS
                for one, other in combinations(frames, 2)
            ),
            of_trade=all(self._is_of_trade(idea, trade) for idea in ideas),
        )

    def _is_of_trade(self, idea: str, trade: str) -> bool:
        if _NO_TRADE.fullmatch(idea):
            return True
        # Names of the own trade are taken out first: a foreign one may be within them.
        rest, found = self._own[trade].subn("", idea)
        return found > 0 and self._foreign[trade].search(rest) is None


def _any_of(names: set[str]) -> re.Pattern[str]:
    longest_first = sorted(names, key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, longest_first))})\b")
