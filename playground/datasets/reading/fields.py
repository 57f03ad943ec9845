"""From a JSON object, or the header of a table, to prompt and completion."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from playground.core.texts import plain_breaks
from playground.datasets.reading.messages import MessagesFault, divide_messages

PROMPT, COMPLETION, TEXT, MESSAGES = "prompt", "completion", "text", "messages"

# What others name the two; the first pair that is there counts.
OTHER_NAMES: tuple[tuple[tuple[str, ...], str], ...] = (
    (("instruction", "input"), "output"),
    (("question",), "answer"),
    (("input",), "output"),
    (("instruction",), "output"),
    (("instruction",), "response"),
    (("prompt",), "response"),
    (("prompt",), "answer"),
    (("prompt",), "output"),
    (("query",), "response"),
    (("source",), "target"),
    (("context",), "response"),
    (("text",), "label"),
    (("text",), "class"),
    (("text",), "category"),
    (("text",), "sentiment"),
    (("text",), "topic"),
    (("sentence",), "label"),
)


class Literal(str):
    """A number as it is written: ``3.10`` stays ``3.10``."""

    __slots__ = ()


class FieldsFault(Exception):
    """An object that gives no row."""

    def __init__(self, code: str, keys: Iterable[str] = ()) -> None:
        super().__init__(code)
        self.code = code
        self.keys = tuple(keys)


class Texts(NamedTuple):
    """What an object says. ``extra`` are its fields that are not read."""

    prompt: str
    completion: str
    is_text: bool
    extra: tuple[str, ...]
    has_literals: bool


class DoubleKeys(ValueError):
    """An object with a key twice."""

    def __init__(self, keys: Iterable[str]) -> None:
        super().__init__("double keys")
        self.keys = tuple(keys)


class NoNumber(ValueError):
    """NaN or Infinity, which JSON has not."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        counts = Counter(key for key, _ in pairs)
        raise DoubleKeys(key for key, count in counts.items() if count > 1)
    return found


def _no_number(name: str) -> Any:
    raise NoNumber(name)


STRICT = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=Literal, parse_float=Literal, parse_constant=_no_number
)
# Where a value ends, whatever its keys.
LOOSE = json.JSONDecoder(parse_int=Literal, parse_float=Literal)


def known_name(name: str) -> str:
    """A field's name as it is compared.

    >>> known_name(" Prompt")
    'prompt'
    """
    return name.strip().casefold()


def other_names(names: Iterable[str]) -> tuple[tuple[str, ...], str] | None:
    """The fields that are prompt and completion by another name."""
    present = {known_name(name) for name in names}
    if {PROMPT, COMPLETION} <= present or MESSAGES in present:
        return None
    for prompts, completion in OTHER_NAMES:
        if completion in present and set(prompts) <= present:
            return prompts, completion
    return None


def read_object(value: Any) -> Texts:
    """The texts of one JSON value. Raises `FieldsFault`."""
    if not isinstance(value, dict):
        raise FieldsFault("row_not_object")
    fields = {known_name(key): field for key, field in value.items()}
    if len(fields) < len(value):
        raise FieldsFault("duplicate_keys", value)
    if MESSAGES in fields:
        try:
            prompt, completion = divide_messages(fields[MESSAGES])
        except MessagesFault as fault:
            raise FieldsFault(fault.code) from fault
        return _texts(fields, (MESSAGES,), prompt, completion)
    if COMPLETION not in fields and (other_names(fields) is not None):
        raise FieldsFault("fields_of_other_names", value)
    if COMPLETION in fields:
        prompt = _text(PROMPT, fields.get(PROMPT))
        completion = _text(COMPLETION, fields[COMPLETION])
        return _texts(fields, (PROMPT, COMPLETION), prompt, completion)
    if TEXT in fields and PROMPT not in fields:
        return _texts(fields, (TEXT,), "", _text(TEXT, fields[TEXT]), is_text=True)
    raise FieldsFault("fields_missing", value)


def _texts(
    fields: Mapping[str, Any],
    read: tuple[str, ...],
    prompt: str,
    completion: str,
    *,
    is_text: bool = False,
) -> Texts:
    return Texts(
        prompt=plain_breaks(prompt),
        completion=plain_breaks(completion.strip() if is_text else completion),
        is_text=is_text,
        extra=tuple(name for name in fields if name not in read),
        has_literals=any(isinstance(fields.get(name), Literal | bool) for name in read),
    )


def _text(name: str, value: Any) -> str:
    match value:
        case str():
            return str(value)
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case _:
            raise FieldsFault("nested_value", [name])
