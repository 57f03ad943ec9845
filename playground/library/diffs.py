"""What differs between two states of a prompt: words, settings, variables, fields."""

import json
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from diff_match_patch import diff_match_patch

from playground.checkpoints.registry import registry
from playground.checkpoints.selectors import model_title
from playground.prompts.catalog import Template
from playground.prompts.parameter_texts import write_parameters
from playground.runs.parameters import Parameters
from playground.runs.state import PromptState

# Words, runs of blanks, line breaks and single marks: a changed comma is one change.
_TOKENS = re.compile(r"\w+|\n|[^\S\n]+|[^\w\s]")
_WORDS = re.compile(r"\w+")
# A diff that takes longer is given as it is by then: right, but not the shortest.
SECONDS = 1.0
# Beyond, no long common part is looked for before the diff.
MAX_WORDS_SEARCHED = 4_000
_KINDS: dict[int, Literal["same", "added", "removed"]] = {0: "same", 1: "added", -1: "removed"}


class DiffPart(NamedTuple):
    """A run of text that is in both, or in one alone."""

    kind: Literal["same", "added", "removed"]
    text: str


def word_diff(before: str, after: str, *, seconds: float = SECONDS) -> list[DiffPart]:
    """``before`` and ``after`` merged into one text, by words.

    Without the added words it is ``before``, without the removed words ``after``.
    """
    letters: dict[str, str] = {}
    old, new = _spell(before, letters), _spell(after, letters)
    matcher = diff_match_patch()
    # With a time of its own it also looks for a long common part, of which it takes no time off:
    # that goes by the product of the lengths. The deadline alone holds.
    matcher.Diff_Timeout = seconds if max(len(old), len(new)) <= MAX_WORDS_SEARCHED else 0
    found = matcher.diff_main(old, new, False, time.time() + seconds)
    matcher.diff_cleanupSemantic(found)
    words = {letter: word for word, letter in letters.items()}
    return [
        DiffPart(_KINDS[kind], "".join(words[letter] for letter in text)) for kind, text in found
    ]


class Difference(NamedTuple):
    """Something beside the text that differs; "" where it is not there at all."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What differs between two states.

    fields: labels of those that differ although the text is the same, such as
    an example of which only one side is filled in.
    """

    pieces: list[DiffPart]
    settings: list[Difference]
    variables: list[Difference]
    fields: list[str]

    @property
    def is_empty(self) -> bool:
        return not (self.has_text or self.settings or self.variables or self.fields)

    @property
    def has_text(self) -> bool:
        return any(piece.kind != "same" for piece in self.pieces)

    @property
    def added(self) -> int:
        return self._count("added")

    @property
    def removed(self) -> int:
        return self._count("removed")

    @property
    def summary(self) -> list[str]:
        """The changes in a few words each."""
        return [
            *self._text_summary(),
            *(f"{s.name} {s.before or 'none'} → {s.after or 'none'}" for s in self.settings),
            *(f"variable {variable.name}" for variable in self.variables),
            *self.fields,
        ]

    def _text_summary(self) -> Iterable[str]:
        if self.added:
            yield f"{_words(self.added)} added"
        if self.removed:
            yield f"{_words(self.removed)} removed"
        if self.has_text and not self.added and not self.removed:
            yield "spaces and marks"

    def _count(self, kind: str) -> int:
        return sum(len(_WORDS.findall(text)) for k, text in self.pieces if k == kind)


def changes_between(
    template: Template, before: PromptState, after: PromptState, *, seconds: float = SECONDS
) -> Changes:
    """What became of ``before`` in ``after``."""
    pieces = word_diff(before.text, after.text, seconds=seconds)
    is_same = all(piece.kind == "same" for piece in pieces)
    return Changes(
        pieces=pieces,
        settings=_settings(before, after),
        variables=_variables(before.variables, after.variables),
        fields=_fields(template, before.fields, after.fields) if is_same else [],
    )


def _spell(text: str, letters: dict[str, str]) -> str:
    """``text`` with a letter for each of its words; the same word is always the same letter."""
    return "".join(
        letters.setdefault(word, _letter(len(letters))) for word in _TOKENS.findall(text)
    )


def _letter(number: int) -> str:
    # Not the surrogates, which are no letters.
    return chr(number + 1 if number < 0xD000 else number + 0x1001)


def _words(count: int) -> str:
    return f"{count:,} word{'s' * (count != 1)}"


def _settings(before: PromptState, after: PromptState) -> list[Difference]:
    old, new = (
        write_parameters(Parameters.from_json(state.parameters)) for state in (before, after)
    )
    pairs = [(name, old[name], new[name]) for name in old]
    pairs.append(("Model", _model(before.model), _model(after.model)))
    return [Difference(*pair) for pair in pairs if pair[1] != pair[2]]


def _model(name: str) -> str:
    if not name:
        return f"{registry().default} (the default)"
    return model_title(name) if ":" in name else name


def _variables(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> list[Difference]:
    old, new = ({str(v.get("name", "")): _definition(v) for v in some} for some in (before, after))
    names = dict.fromkeys([*old, *new])
    return [
        Difference(name, old.get(name, ""), new.get(name, ""))
        for name in names
        if old.get(name) != new.get(name)
    ]


def _definition(variable: dict[str, Any]) -> str:
    """A variable's definition on one line, without its name."""
    rest = {key: value for key, value in variable.items() if key != "name" and value}
    return ", ".join(
        f"{key} {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
        for key, value in rest.items()
    )


def _fields(template: Template, before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    labels = [f.label for f in template.fields if before.get(f.name) != after.get(f.name)]
    if bool(before.get("detached")) != bool(after.get("detached")):
        labels.append("edited by hand" if after.get("detached") else "built from the fields")
    return labels
