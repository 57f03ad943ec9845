"""One line of an export, checked: the allowed values, and errors in words."""

import math
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from playground.core.errors import InvalidInput
from playground.core.texts import fault_of, plain_breaks, plain_pieces, plain_text
from playground.history.exports import VERSION
from playground.runs.models import MAX_NOTE, Run
from playground.runs.parameters import MAX_CHOICES, MAX_SEED, MAX_STOP_LENGTH, Parameters

MAX_PROMPT = 1 << 16
MAX_TEXT = 1 << 18
MAX_TOKENS = 8_192
MAX_DEPTH = 8
_MAX_INTEGER = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedRun:
    """A run of a file. columns: those of its row that say nothing of other rows."""

    id: uuid.UUID
    # The id of the first export, if the run is a copy.
    original: uuid.UUID | None
    origin: uuid.UUID | None
    parent: uuid.UUID | None
    tree: uuid.UUID | None
    prompt_version: uuid.UUID | None
    # The name of a tuned model, or "".
    adapter: str
    created_at: datetime
    columns: dict[str, Any]


def read_line(data: Any, *, now: datetime) -> ImportedRun | None:
    """The run of a line, or None for a line about another object.

    Raises `InvalidInput` with the error, without a full stop.
    """
    if not isinstance(data, dict) or not isinstance(data.get("kind"), str):
        raise InvalidInput("it is no object with a “kind”, as an export of the playground has it")
    if data["kind"] != "run":
        return None
    version = data.get("version")
    if isinstance(version, bool) or version not in (1, VERSION):
        raise InvalidInput(f"only the versions 1 and {VERSION} of the format are known here")
    plain = _plain({**data, **_as_the_engine_gives(data)}, depth=0)
    line = _Line(_with_state_apart(plain) if version == 1 else plain)
    created_at = line.moment("created_at")
    if created_at is None or created_at > now + timedelta(days=1):
        raise InvalidInput("“created_at” must be a moment, and not in the future")
    run_id = line.id("id")
    if run_id is None:
        raise InvalidInput("“id” is missing")
    return ImportedRun(
        id=run_id,
        original=line.id("original"),
        origin=line.id("origin"),
        parent=line.id("parent"),
        tree=line.id("tree"),
        prompt_version=line.id("prompt_version"),
        adapter=line.optional_text("adapter", 80),
        created_at=created_at,
        columns={"created_at": created_at, **_columns(line)},
    )


def _columns(line: "_Line") -> dict[str, Any]:
    status = line.text("status", 10)
    if status not in Run.Status.values:
        raise InvalidInput("“status” is not one that a run can have")
    # A run that was live when it was exported is not live here.
    is_final = status in Run.FINAL
    raw, parameters = line.parameters()
    return {
        "model": line.text("model", 80, needed=True),
        "kind": line.kind(),
        "template": line.text("template", 40),
        "prompt": line.text("prompt", MAX_PROMPT),
        "fields": line.fields(),
        "variables": line.variables(),
        "source": line.source(),
        "given": line.tokens("given"),
        "parameters": raw,
        "max_tokens": parameters.max_tokens,
        "n": parameters.n,
        "seed": line.whole("seed", MAX_SEED),
        "seed_pinned": line.flag("seed_pinned"),
        "starred": line.flag("starred"),
        "note": line.text("note", MAX_NOTE),
        "status": status if is_final else Run.Status.CANCELLED,
        "finish_reason": line.text("finish_reason", 12) if is_final else "abort",
        "stop_sequence": line.stop_sequence() if is_final else None,
        "error_code": line.text("error_code", 40),
        "error_message": line.text("error", 10_000),
        "text": line.text("text", MAX_TEXT),
        "tokens": line.tokens(),
        "other_choices": line.other_choices(),
        "prompt_tokens": line.whole("prompt_tokens", _MAX_INTEGER),
        "completion_tokens": line.whole("completion_tokens", _MAX_INTEGER),
        "started_at": line.moment("started_at"),
        "finished_at": line.moment("finished_at"),
        "first_token_ms": line.figure("first_token_ms"),
        "tokens_per_second": line.figure("tokens_per_second"),
    }


class _Line:
    """Typed reading of a line's object; a missing value is empty."""

    def __init__(self, data: dict[str, Any]) -> None:
        self._data = data

    def text(self, name: str, limit: int, *, needed: bool = False) -> str:
        value = self._data.get(name, "")
        if not isinstance(value, str) or len(value) > limit or (needed and not value.strip()):
            raise InvalidInput(
                f"“{name}” must be a text of {'1 to' if needed else 'up to'} {limit:,} characters"
            )
        return value

    def optional_text(self, name: str, limit: int) -> str:
        """ "" also where the line has null."""
        return "" if self._data.get(name) is None else self.text(name, limit)

    def stop_sequence(self) -> str | None:
        """None also in files from before it was kept."""
        if self._data.get("stop_sequence") is None:
            return None
        return self.text("stop_sequence", MAX_STOP_LENGTH)

    def whole(self, name: str, most: int) -> int:
        value = self._data.get(name, 0)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
            raise InvalidInput(f"“{name}” must be a whole number from 0 to {most:,}")
        return value

    def figure(self, name: str) -> float | None:
        value = self._data.get(name)
        if value is None:
            return None
        if not _is_number(value) or not 0 <= value <= 1e12:
            raise InvalidInput(f"“{name}” must be a number of 0 or more")
        return float(value)

    def flag(self, name: str) -> bool:
        value = self._data.get(name, False)
        if not isinstance(value, bool):
            raise InvalidInput(f"“{name}” must be true or false")
        return value

    def id(self, name: str) -> uuid.UUID | None:
        value = self._data.get(name)
        if value is None:
            return None
        try:
            return uuid.UUID(value)
        except (ValueError, TypeError, AttributeError):
            raise InvalidInput(f"“{name}” must be an id, such as {uuid.UUID(int=1)}") from None

    def moment(self, name: str) -> datetime | None:
        value = self._data.get(name)
        if value is None:
            return None
        try:
            moment = datetime.fromisoformat(value)
            is_good = moment.tzinfo is not None and 1971 <= moment.year <= 2200
        except (ValueError, TypeError):
            is_good = False
        if not is_good:
            raise InvalidInput(f"“{name}” must be a moment, such as 2026-01-31T12:00:00+00:00")
        return moment

    def parameters(self) -> tuple[dict[str, Any], Parameters]:
        """As they are in the file, and read."""
        value = self._data.get("parameters")
        if not isinstance(value, dict) or not isinstance(value.get("stop", []), list):
            raise InvalidInput("“parameters” must be an object")
        try:
            return value, Parameters.from_json(value)
        except InvalidInput as error:
            raise InvalidInput(error.message.rstrip(".")) from error

    def fields(self) -> dict[str, Any]:
        value = self._data.get("fields", {})
        if not isinstance(value, dict):
            raise InvalidInput("“fields” must be an object")
        return value

    def kind(self) -> str:
        """The work that a worker does with it. The “kind” of a line is the kind of its object."""
        value = self._data.get("job", Run.Kind.GENERATE)
        if value not in Run.Kind.values:
            raise InvalidInput("“job” is not one that a run can have")
        return str(value)

    def other_choices(self) -> list[dict[str, Any]]:
        value = self._data.get("other_choices", [])
        is_list = isinstance(value, list) and all(isinstance(one, dict) for one in value)
        if not is_list or len(value) >= MAX_CHOICES:
            raise InvalidInput(f"“other_choices” must be a list of up to {MAX_CHOICES - 1} objects")
        return [
            {
                "text": one.text("text", MAX_TEXT),
                "tokens": one.tokens(),
                "finish_reason": one.text("finish_reason", 12),
                "stop_sequence": one.stop_sequence(),
            }
            for one in map(_Line, value)
        ]

    def variables(self) -> list[Any]:
        value = self._data.get("variables", [])
        if not isinstance(value, list):
            raise InvalidInput("“variables” must be a list")
        return value

    def source(self) -> str | None:
        """Of any length that a line can have: a page cuts it where it shows it."""
        value = self._data.get("source")
        if value is not None and not isinstance(value, str):
            raise InvalidInput("“source” must be a text")
        return None if value == self._data.get("prompt") else value

    def tokens(self, name: str = "tokens") -> list[list[Any]]:
        value = self._data.get(name, [])
        if not isinstance(value, list) or len(value) > MAX_TOKENS:
            raise InvalidInput(f"“{name}” must be a list of up to {MAX_TOKENS:,}")
        for place, token in enumerate(value, start=1):
            if not _is_token(token):
                raise InvalidInput(f'token {place} is invalid: it must look like [50, " text"]')
        return value


def _with_state_apart(data: dict[str, Any]) -> dict[str, Any]:
    """A line of version 1 as one of version 2: its fields held the variables, and as "whole" the
    text that was not sent as it was."""
    fields = data.get("fields")
    if not isinstance(fields, dict):
        return data
    variables, whole = fields.get("variables"), fields.get("whole")
    return {
        **data,
        "fields": {k: v for k, v in fields.items() if k not in ("variables", "whole")},
        "variables": variables if isinstance(variables, list) else [],
        "source": whole if isinstance(whole, str) else None,
    }


def _is_token(token: Any) -> bool:
    """Whether it has the form of the token log: id, text, log-probability, the likeliest."""
    if not isinstance(token, list) or not 2 <= len(token) <= 4:
        return False
    token_id, text, *more = token
    if not (_is_id(token_id) and isinstance(text, str)):
        return False
    if more and not _is_number(more[0]):
        return False
    top = more[1] if len(more) > 1 else []
    return isinstance(top, list) and all(
        isinstance(one, list) and len(one) == 2 and _is_id(one[0]) and _is_number(one[1])
        for one in top
    )


def _is_id(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MAX_INTEGER


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value) if isinstance(value, float) else abs(value) <= 2**53


def _as_the_engine_gives(data: dict[str, Any]) -> dict[str, Any]:
    """The model's text: an export from before the engine's rule may contain other characters."""
    plain: dict[str, Any] = {}
    if isinstance(text := data.get("text"), str):
        plain["text"] = plain_text(text)
    tokens = data.get("tokens")
    if isinstance(tokens, list) and all(map(_has_text, tokens)):
        pieces = plain_pieces(token[1] for token in tokens)
        plain["tokens"] = [
            [token[0], piece, *token[2:]] for token, piece in zip(tokens, pieces, strict=True)
        ]
    return plain


def _has_text(token: Any) -> bool:
    return isinstance(token, list) and len(token) >= 2 and isinstance(token[1], str)


def _plain(value: Any, *, depth: int) -> Any:
    """``value`` with plain line breaks; refuses what a database or a page cannot store."""
    if depth > MAX_DEPTH:
        raise InvalidInput("it is nested too deeply")
    if isinstance(value, str):
        if fault := fault_of(value):
            raise InvalidInput(f"it holds {fault}")
        return plain_breaks(value)
    if isinstance(value, list):
        return [_plain(item, depth=depth + 1) for item in value]
    if isinstance(value, dict):
        return {
            _plain(key, depth=depth + 1): _plain(item, depth=depth + 1)
            for key, item in value.items()
        }
    if isinstance(value, int | float) and not _is_number(value) and not isinstance(value, bool):
        raise InvalidInput("it holds a number that is too large")
    return value
