"""How long a fine-tune should take, by the rule of GPT-J's guide."""

import math
from typing import Any, NamedTuple

# 5 to 10 minutes for 100 kB, 45 to 60 for 10 MB.
SMALL, LARGE = 100_000, 10_000_000
_SMALL_MINUTES, _LARGE_MINUTES = (5, 10), (45, 60)


class Recommendation(NamedTuple):
    """Minutes from ``least`` to ``most``; ``minutes`` is between them."""

    least: float
    most: float
    minutes: int
    sentence: str

    def to_json(self) -> dict[str, Any]:
        """Plain values, for figures."""
        return self._asdict()


def recommended_minutes(size: int) -> Recommendation:
    """The duration for a dataset of ``size`` bytes.

    >>> recommended_minutes(100_000)[:3], recommended_minutes(10_000_000)[:3]
    ((5.0, 10.0, 8), (45.0, 60.0, 52))
    """
    least, most = (
        _minutes(size, small, large)
        for small, large in zip(_SMALL_MINUTES, _LARGE_MINUTES, strict=True)
    )
    low, high = round(least), round(most)
    words = f"{low} to {high} minutes" if low < high else "about a minute"
    if size < SMALL:
        why = "the rule is 5 to 10 minutes for each 100 kB"
    elif size > LARGE:
        why = "the rule is 45 to 60 minutes for every 10 MB"
    else:
        why = "the rule is 5 to 10 minutes for 100 kB and 45 to 60 for 10 MB"
    middle = max(1, round((least + most) / 2))
    sentence = f"{words} for {size_in_words(size)}: {why}."
    return Recommendation(round(least, 1), round(most, 1), middle, sentence)


def size_in_words(size: int) -> str:
    """Bytes in decimal units.

    >>> size_in_words(999), size_in_words(107_894), size_in_words(2_500_000)
    ('999 bytes', '108 kB', '2.5 MB')
    """
    if size < 1_000:
        return f"{size} byte{'' if size == 1 else 's'}"
    if size < 1_000_000:
        return f"{size / 1_000:.0f} kB"
    return f"{size / 1_000_000:.1f} MB".replace(".0 ", " ")


def _minutes(size: int, small: float, large: float) -> float:
    if size <= SMALL:
        return max(1.0, small * size / SMALL)
    if size >= LARGE:
        return large * size / LARGE
    # A straight line between the two on logarithmic axes.
    share = math.log(size / SMALL) / math.log(LARGE / SMALL)
    return math.exp(math.log(small) + share * math.log(large / small))
