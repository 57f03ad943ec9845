"""What a line of the log may hold."""

import logging
from collections.abc import Callable

import pytest
import structlog

from playground.core.configuration.logs import (
    MAX_OF_TRACEBACK,
    drop_suspicious,
    error_line,
    plain_traceback,
    shorten,
)
from playground.settings import LOGGING


def catch(act: Callable[[], object]) -> BaseException:
    with pytest.raises(BaseException) as found:
        act()
    return found.value


def format_error(error: BaseException) -> str:
    return plain_traceback((type(error), error, error.__traceback__))


def test_a_traceback_has_places_and_no_variables() -> None:
    def fail() -> None:
        secret = "planted" + "-secret"
        raise ValueError("no" if secret else "")

    text = format_error(catch(fail))

    assert "in fail" in text
    assert text.endswith("ValueError: no")
    assert "planted-secret" not in text


def test_only_the_first_line_of_a_message_is_logged() -> None:
    assert error_line(ValueError("row refused\nDETAIL:  planted")) == "ValueError: row refused"
    assert len(error_line(ValueError("x" * 10_000))) < 400


def test_an_error_without_text_is_logged_too() -> None:
    class Broken(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    assert "no message" in error_line(Broken())


def test_causes_and_groups_are_logged_within_bounds() -> None:
    def chain(depth: int) -> None:
        if depth == 0:
            raise KeyError("first")
        try:
            chain(depth - 1)
        except Exception as error:
            raise ValueError(f"level {depth}") from error

    text = format_error(catch(lambda: chain(200)))
    assert text.endswith("ValueError: level 200")
    assert len(text) < MAX_OF_TRACEBACK + 100

    def group() -> None:
        raise ExceptionGroup("many", [OSError("within")])

    assert "OSError: within" in format_error(catch(group))


def test_an_endless_recursion_is_short() -> None:
    def again() -> None:
        again()

    assert len(format_error(catch(again))) < MAX_OF_TRACEBACK + 100


def test_a_log_line_has_no_control_characters_or_line_breaks() -> None:
    event = shorten(
        None, "info", {"event": "a\x1b[31m\nb", "error": "c\nd", "n": 1, "p": "x" * 9_999}
    )

    assert event["event"] == "a\\x1b[31m\\nb"
    assert event["error"] == "c"
    assert event["n"] == 1
    assert len(event["p"]) < 1_100


def test_an_error_of_the_visitor_has_no_traceback() -> None:
    of_django = {"event": "bad\nmore", "logger": "django.security.X", "exc_info": (1, 2, 3)}
    ours = {"event": "bad", "logger": "playground", "exc_info": (1, 2, 3)}

    assert drop_suspicious(None, "error", of_django) == {
        "event": "bad",
        "logger": "django.security.X",
    }
    assert "exc_info" in drop_suspicious(None, "error", ours)


def test_log_lines_of_libraries_have_the_same_format() -> None:
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=LOGGING["formatters"]["structured"]["foreign_pre_chain"],
        processors=LOGGING["formatters"]["structured"]["processors"],
    )

    def fail() -> None:
        secret = "planted" + "-secret"
        raise ValueError(bool(secret))

    error = catch(fail)
    record = logging.LogRecord(
        "x", logging.ERROR, "", 1, "it failed", (), (type(error), error, error.__traceback__)
    )

    text = formatter.format(record)
    assert "in fail" in text
    assert "planted-secret" not in text
    assert "│" not in text
