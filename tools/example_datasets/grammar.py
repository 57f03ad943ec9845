"""Sentences from frames: ``{name}`` is a line of a section, ``{2-9}`` a number."""

import random
import re
from dataclasses import dataclass, field
from pathlib import Path

_WORDS = Path(__file__).parent / "words"
_SLOT = re.compile(r"\{([^{}]+)\}")
_RANGE = re.compile(r"(\d+)-(\d+)")
_ASKING = frozenset(
    ("Are", "Can", "Could", "Do", "Does", "Has", "How", "Is", "When", "Which", "Who", "Why", "Will")
)
_ARTICLE = re.compile(r"\b([Aa]) (?=[aeiouAEIOU])(?!one\b|us|uni)")


def sections(name: str) -> dict[str, list[str]]:
    """The sections of ``words/<name>.txt``: a head in brackets, then a line each."""
    found: dict[str, list[str]] = {}
    for line in (_WORDS / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            found[line.strip("[]")] = lines = []
        elif line and not line.startswith("#"):
            lines.append(line)
    return found


@dataclass
class Speaker:
    """Fills frames; a name has the same value as long as the speaker exists."""

    rng: random.Random
    words: dict[str, list[str]]
    said: dict[str, str] = field(default_factory=dict)

    def one(self, section: str) -> str:
        """A filled line of a section."""
        return self.fill(self.rng.choice(self.words[section]))

    def several(self, section: str, count: int) -> list[str]:
        """Different lines of a section, filled."""
        return [self.fill(line) for line in self.rng.sample(self.words[section], count)]

    def fill(self, frame: str) -> str:
        """The frame with all its slots filled."""
        filled = _SLOT.sub(lambda slot: self._value(slot[1]), frame)
        return _ARTICLE.sub(r"\1n ", filled)

    def _value(self, slot: str) -> str:
        if span := _RANGE.fullmatch(slot):
            return str(self.rng.randint(int(span[1]), int(span[2])))
        name, _, form = slot.partition(":")
        if name not in self.said:
            self.said[name] = self.one(name)
        return capital(self.said[name]) if form == "cap" else self.said[name]


def capital(text: str) -> str:
    """``text`` with its first letter large."""
    return text[:1].upper() + text[1:]


def end_sentence(text: str) -> str:
    """``text`` as a sentence: with something that ends it."""
    if text[-1] in ".?!":
        return text
    # "How long does it take? I need it" asks at its beginning, and has its own mark.
    asks = text.split(" ")[0] in _ASKING and "?" not in text
    return f"{text}?" if asks else f"{text}."
