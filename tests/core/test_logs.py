"""What a line of the log may hold."""

import logging
from collections.abc import Callable

import pytest
import structlog

from playground.core.configuration.logs import (
    MOST_OF_TRACEBACK,
    drop_suspicious,
    error_line,
    plain_traceback,
    shorten,
)
from playground.settings import LOGGING


def caught(act: Callable[[], object]) -> BaseException:
    with pytest.raises(BaseException) as found:
        act()
    return found.value


def told(error: BaseException) -> str:
    return plain_traceback((type(error), error, error.__traceback__))


def test_a_traceback_has_places_and_no_variables() -> None:
    def fail() -> None:
        secret = "planted" + "-secret"
        raise ValueError("no" if secret else "")

    text = told(caught(fail))

    assert "in fail" in text
    assert text.endswith("ValueError: no")
    assert "planted-secret" not in text


def test_of_a_message_the_first_line_is_told() -> None:
    assert error_line(ValueError("row refused\nDETAIL:  planted")) == "ValueError: row refused"
    assert len(error_line(ValueError("x" * 10_000))) < 400


def test_an_error_that_has_no_text_is_told_too() -> None:
    class Broken(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    assert "no message" in error_line(Broken())


def test_causes_and_groups_are_told_and_bounded() -> None:
    def chain(depth: int) -> None:
        if depth == 0:
            raise KeyError("first")
        try:
            chain(depth - 1)
        except Exception as error:
            raise ValueError(f"level {depth}") from error

    text = told(caught(lambda: chain(200)))
    assert text.endswith("ValueError: level 200")
    assert len(text) < MOST_OF_TRACEBACK + 100

    def group() -> None:
        raise ExceptionGroup("many", [OSError("within")])

    assert "OSError: within" in told(caught(group))


def test_an_endless_recursion_is_short() -> None:
    def again() -> None:
        again()

    assert len(told(caught(again))) < MOST_OF_TRACEBACK + 100


def test_a_line_controls_no_terminal_and_is_one_line() -> None:
    event = shorten(
        None, "info", {"event": "a\x1b[31m\nb", "error": "c\nd", "n": 1, "p": "x" * 9_999}
    )

    assert event["event"] == "a\\x1b[31m\\nb"
    assert event["error"] == "c"
    assert event["n"] == 1
    assert len(event["p"]) < 1_100


def test_what_a_visitor_sent_wrongly_has_no_traceback() -> None:
    of_django = {"event": "bad\nmore", "logger": "django.security.X", "exc_info": (1, 2, 3)}
    ours = {"event": "bad", "logger": "playground", "exc_info": (1, 2, 3)}

    assert drop_suspicious(None, "error", of_django) == {
        "event": "bad",
        "logger": "django.security.X",
    }
    assert "exc_info" in drop_suspicious(None, "error", ours)


def test_lines_of_libraries_and_of_ours_go_the_same_way() -> None:
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=LOGGING["formatters"]["structured"]["foreign_pre_chain"],
        processors=LOGGING["formatters"]["structured"]["processors"],
    )

    def fail() -> None:
        secret = "planted" + "-secret"
        raise ValueError(bool(secret))

    error = caught(fail)
    record = logging.LogRecord(
        "x", logging.ERROR, "", 1, "it failed", (), (type(error), error, error.__traceback__)
    )

    text = formatter.format(record)
    assert "in fail" in text
    assert "planted-secret" not in text
    assert "│" not in text
