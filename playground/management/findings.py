"""What the doctor says: one sentence about one part, and what to do."""

from dataclasses import dataclass
from enum import Enum


class Verdict(Enum):
    """How a finding is meant."""

    GOOD = "ok"
    NOTE = "note"
    WRONG = "WRONG"


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence about one part, and what to do about it."""

    verdict: Verdict
    part: str
    sentence: str
    advice: str = ""


def good(part: str, sentence: str) -> Finding:
    return Finding(Verdict.GOOD, part, sentence)


def wrong(part: str, sentence: str, advice: str) -> Finding:
    return Finding(Verdict.WRONG, part, sentence, advice)
