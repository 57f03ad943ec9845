"""A finding: what is wrong, where, how often, and what to do about it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple

from playground.core.texts import storable

Severity = Literal["error", "warning", "advice"]

MAX_EXAMPLES = 5
MAX_EXAMPLE_CHARACTERS = 200


class Example(NamedTuple):
    """One place where it is so. ``line`` counts from 1, ``byte`` from 0, as the file has them."""

    line: int
    byte: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One kind of fault in one file.

    code: one of `playground.datasets.checks.codes.CODES`; stable.
    severity: with an error the file cannot be trained on; a warning costs quality.
    sentence: for people; says what to do.
    line, byte: the first place, None where the whole file is meant.
    count: how often.
    left_out: rows that the canonical file does not have because of it. Errors alone have any.
    fix: the code of the fix that removes it, None where only a person can.
    other_fixes: further fixes to choose from.
    """

    code: str
    severity: Severity
    sentence: str
    line: int | None = None
    byte: int | None = None
    count: int = 1
    left_out: int = 0
    examples: tuple[Example, ...] = ()
    fix: str | None = None
    other_fixes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values, as a version's row keeps them."""
        return {
            **asdict(self),
            "examples": [example._asdict() for example in self.examples],
            "other_fixes": list(self.other_fixes),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Finding":
        """What `to_json` made."""
        return cls(
            **{
                **data,
                "examples": tuple(Example(**example) for example in data["examples"]),
                "other_fixes": tuple(data["other_fixes"]),
            }
        )


def shorten(text: str, limit: int = MAX_EXAMPLE_CHARACTERS) -> str:
    """``text`` as any database can hold it, its end cut off where it is long."""
    return storable(text[: limit + 1], limit)
