"""Times of the clock, days and dates that suit a tense."""

import random

from tools.demo_model.corpus.language.phrases import pairs

_WHENS = {tense: pairs(f"when: {tense}") for tense in ("present", "now", "past", "future")}
_WEEKDAYS = pairs("days")
_MONTHS = pairs("months")
_SEASONS = pairs("seasons")
_HOURS = ("one|une heure", "two|deux heures", "three|trois heures", "four|quatre heures",
          "five|cinq heures", "six|six heures", "seven|sept heures", "eight|huit heures",
          "nine|neuf heures", "ten|dix heures", "eleven|onze heures")  # fmt: skip


_TIMES = {"present": "present", "progressive": "now", "past": "past", "future": "future",
          "going": "future", "was doing": "", "used to": "present"}  # fmt: skip


def hour(rng: random.Random) -> tuple[str, str]:
    """A time of the clock: à huit heures et demie."""
    en, fr = rng.choice(_HOURS).split("|")
    kind = rng.randrange(6)
    if kind == 0:
        return f"half past {en}", f"{fr} et demie"
    if kind == 1:
        return f"a quarter past {en}", f"{fr} et quart"
    if kind == 2:
        return f"a quarter to {en}", f"{fr} moins le quart"
    return f"{en} o'clock", fr


def date(rng: random.Random) -> tuple[str, str]:
    """A day and a month: 14 July, le 14 juillet."""
    month, mois = rng.choice(_MONTHS)
    day = rng.randint(1, 28)
    return f"{day} {month}", f"le {'1er' if day == 1 else day} {mois}"


def when(rng: random.Random, tense: str) -> tuple[str, str]:
    """A time that suits the tense, or nothing."""
    section = _TIMES.get(tense, "")
    if not section:
        return "", ""
    kind = rng.random()
    if kind < 0.55 or section == "now":
        return rng.choice(_WHENS[section])
    if kind < 0.7:
        en, fr = hour(rng)
        return f"at {en}", f"à {fr}"
    day, jour = rng.choice(_WEEKDAYS)
    if kind < 0.82:
        return (f"on {day}s", f"le {jour}") if section == "present" else (f"on {day}", jour)
    if kind < 0.9 and section == "present":
        return rng.choice(_SEASONS)
    if kind < 0.95 and section != "present":
        en, fr = date(rng)
        return f"on {en}", fr
    month, mois = rng.choice(_MONTHS)
    return f"in {month}", f"en {mois}"
