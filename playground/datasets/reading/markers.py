"""Where a text divides into prompt and completion: at a marker that all texts have.

``Email: ... Topic: sizing`` divides after "Topic:", the last label that is in all texts. Texts
without one are learnt whole.
"""

import re
from collections import Counter

_LABEL = re.compile(r"(?<!\S)[^\W\d_][^\s:]{0,29}:(?=\s)")
_ARROW = re.compile(r"(?<!\S)(?:->|=>|→|#{3,}|={3,}|>{3,})(?=\s)")
# Words before a label's last one that may belong to it: "Blog ideas:".
_MAX_WORDS = 3
_MAX_LABELS = 50
_MAX_CANDIDATES = 12
SAMPLE_TEXTS = 200
_SAMPLE_CHARACTERS = 1_000_000
# Of fewer texts nothing is concluded.
MIN_TEXTS = 3
# Share of the texts that have the marker.
ENOUGH = 0.95


def divide(text: str, marker: str) -> tuple[str, str] | None:
    """Prompt with ``marker`` at its end, and completion; None where the text cannot be divided.

    >>> divide("Email: Hello. Topic: praise", "Topic:")
    ('Email: Hello. Topic:', ' praise')
    """
    at = len(text)
    for _ in range(_MAX_LABELS):
        at = text.rfind(marker, 0, at)
        if at < 0:
            return None
        end = at + len(marker)
        starts = at == 0 or text[at - 1].isspace()
        if starts and text[end : end + 1].isspace() and text[end:].strip():
            return text[:end], text[end:]
    return None


class MarkerSurvey:
    """Finds the marker of texts that are given one after the other."""

    def __init__(self) -> None:
        self.texts = 0
        self._sample: list[str] = []
        self._characters = 0
        self._counts: Counter[str] | None = None

    def add(self, text: str) -> None:
        """The next text."""
        self.texts += 1
        if self._counts is None:
            self._sample.append(text)
            self._characters += len(text)
            if len(self._sample) >= SAMPLE_TEXTS or self._characters > _SAMPLE_CHARACTERS:
                self._counts = self._candidates()
            return
        for marker in self._counts:
            if divide(text, marker):
                self._counts[marker] += 1

    def marker(self) -> str | None:
        """The last marker that nearly all texts have, the longest way it is written."""
        counts = self._candidates() if self._counts is None else self._counts
        if self.texts < MIN_TEXTS:
            return None
        common = [marker for marker, count in counts.items() if count >= ENOUGH * self.texts]
        divided = {marker: [divide(text, marker) for text in self._sample] for marker in common}
        useful = [
            marker
            for marker, pairs in divided.items()
            if 2 * sum(bool(pair and pair[0][: -len(marker)].strip()) for pair in pairs)
            >= len(pairs)
        ]

        def place(marker: str) -> tuple[int, int]:
            ends = sum(len(pair[0]) for pair in divided[marker] if pair)
            return ends, len(marker)

        return max(useful, key=place, default=None)

    def _candidates(self) -> Counter[str]:
        found: Counter[str] = Counter()
        for text in self._sample:
            found.update(_labels(text))
        enough = 0.9 * len(self._sample)
        names = [name for name, count in found.most_common(_MAX_CANDIDATES) if count >= enough]
        return Counter(
            {name: sum(bool(divide(text, name)) for text in self._sample) for name in names}
        )


def _labels(text: str) -> set[str]:
    found = {match[0] for match in _last_matches(_ARROW, text)}
    for match in _last_matches(_LABEL, text):
        found.add(match[0])
        label = match[0]
        line = text[max(0, match.start() - 80) : match.start()].rpartition("\n")[2]
        words = line.rstrip(" ").split(" ")
        for word in reversed(words[-_MAX_WORDS:]):
            if not word or word[-1] in ".,;:!?)":
                break
            label = f"{word} {label}"
            found.add(label)
    return found


def _last_matches(pattern: re.Pattern[str], text: str) -> list[re.Match[str]]:
    """The last matches, in the end of a long text."""
    return list(pattern.finditer(text, max(0, len(text) - 20_000)))[-_MAX_LABELS:]
