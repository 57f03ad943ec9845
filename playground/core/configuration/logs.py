"""The log's text about an error: where it happened, and nothing that a person sent.

Variables of a frame contain passwords, cookies and prompts, so no formatter here shows any. Errors
of the database repeat whole rows from their second line on, so only the first line of a message is
kept. All texts are short: a person who can cause an error must not be able to fill the disk with
it.
"""

import re
import traceback
from collections.abc import Iterator
from types import TracebackType

from structlog.processors import ExceptionRenderer
from structlog.typing import EventDict, ExcInfo, WrappedLogger

# The innermost calls of a traceback that are shown.
MAX_FRAMES = 25
# Errors of a chain ("during handling of the above...") or of a group that are shown.
MAX_ERRORS = 5
MAX_OF_MESSAGE = 300
MAX_OF_TRACEBACK = 8_000
# Of any text of a line, the event itself among them.
MAX_OF_VALUE = 1_000
# Django refused the request by itself, or the server the frame of a socket: there is no fault of
# ours to look for.
_SUSPICIOUS = "django.security"
_BAD_FRAME = "Invalid UTF-8 sequence received from client."

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_CONTROL_IN_TRACEBACK = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]")


def plain_traceback(exc_info: ExcInfo) -> str:
    """The errors that led to this one, newest last, with their innermost calls."""
    errors = list(_chain(exc_info[1]))
    told = [_describe(error, error.__traceback__) for error in errors[:MAX_ERRORS]]
    text = "\n\n".join(reversed(told))
    if len(text) > MAX_OF_TRACEBACK:
        half = MAX_OF_TRACEBACK // 2
        text = f"{text[:half]}\n  [...]\n{text[-half:]}"
    return _CONTROL_IN_TRACEBACK.sub(_escape, text)


def error_line(error: BaseException) -> str:
    """An error's type and the first line of its message."""
    kind = type(error)
    name = kind.__qualname__
    if kind.__module__ not in ("builtins", "__main__"):
        name = f"{kind.__module__}.{name}"
    try:
        message = _first_line(str(error))
    except Exception:
        message = "<no message: it cannot be made a text>"
    return f"{name}: {_cut(message, MAX_OF_MESSAGE)}" if message else name


def drop_suspicious(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    """One line, without a traceback, for a visitor's malformed request."""
    is_refused = str(event.get("logger", "")).startswith(_SUSPICIOUS)
    if is_refused or event["event"] == _BAD_FRAME:
        event.pop("exc_info", None)
        event["event"] = _cut(_first_line(str(event["event"])), MAX_OF_MESSAGE)
    return event


def shorten(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    """Makes each text of a line short, on one line and without control characters."""
    for key, value in event.items():
        if not isinstance(value, str) or key == "exception":
            continue
        # Errors are logged as `error=str(error)`: see this file's head.
        text = _first_line(value) if key in ("error", "reason") else value
        event[key] = _CONTROL.sub(_escape, _cut(text, MAX_OF_VALUE))
    return event


render_exception = ExceptionRenderer(plain_traceback)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error, its cause, and the cause of that; for a group, all its errors."""
    waiting, seen = [error], set[int]()
    while waiting:
        one = waiting.pop(0)
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        if isinstance(one, BaseExceptionGroup):
            waiting += one.exceptions
        waiting.append(one.__cause__ or (None if one.__suppress_context__ else one.__context__))


def _describe(error: BaseException, where: TracebackType | None) -> str:
    # A negative limit keeps the innermost calls.
    calls = traceback.StackSummary.extract(traceback.walk_tb(where), limit=-MAX_FRAMES)
    return f"Traceback (most recent call last):\n{''.join(calls.format())}{error_line(error)}"


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0].rstrip()


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}[...]"


def _escape(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode("ascii")
