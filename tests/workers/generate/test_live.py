"""A run while the engine has it: what goes to the log and to the row."""

import json
import uuid
from typing import Any

import pytest
from django.utils import timezone

from playground.runs.models import Run
from workers.engine.errors import OutOfMemory
from workers.engine.request import Finish, TokenOutput
from workers.generate.live import LiveRun, live_choices
from workers.generate.run import outcome_of


def live_run(*texts: str) -> LiveRun:
    row = Run(pk=uuid.uuid4(), attempt=1, epoch=1, created_at=timezone.now())
    live = LiveRun(run=row)
    for position, text in enumerate(texts, 1):
        live.add(TokenOutput(live.id, position, 10 + position, text))
    return live


def test_log_and_row_get_the_same_tokens() -> None:
    live = live_run("a", "", "\n\u00e9")
    live.add(TokenOutput(live.id, 4, 14, "d", -0.25, ((14, -0.25), (3, -2.0))))

    assert [json.loads(line) for line in live.lines] == live.tokens
    assert live.tokens[-1] == [14, "d", -0.25, [[14, -0.25], [3, -2.0]]]
    assert live.text == "a\n\u00e9d"


def test_text_held_back_to_the_end_joins_the_last_token() -> None:
    live = live_run("a", "b")

    live.add_tail("\ufffd", unsent=True)

    assert live.text == "ab\ufffd"
    assert json.loads(live.lines[-1]) == [12, "b\ufffd"]


def test_tokens_already_in_the_log_are_not_changed() -> None:
    live = live_run("a", "b")

    live.add_tail("!", unsent=False)

    assert live.text == "ab!"
    assert json.loads(live.lines[-1]) == [12, "b"]


def test_a_tail_without_a_token_is_dropped() -> None:
    live = live_run()

    live.add_tail("x", unsent=False)

    assert (live.text, live.lines) == ("", [])


def test_outcomes_say_why_a_run_ended() -> None:
    live = live_run("a")
    endings = {
        "stop": ("succeeded", ""),
        "length": ("succeeded", ""),
        "abort": ("cancelled", ""),
        "error": ("failed", OutOfMemory.code),
    }
    for reason, (status, code) in endings.items():
        error = OutOfMemory("Too large.") if reason == "error" else None
        live.end(Finish(live.id, reason, error=error))  # type: ignore[arg-type]

        outcome = outcome_of([live])

        assert (outcome.status, outcome.reason, outcome.error_code) == (status, reason, code)
        assert outcome.tokens == [[11, "a"]]


@pytest.mark.parametrize(
    ("finish", "kept"),
    [
        ({"reason": "stop", "stop_sequence": "\n"}, "\n"),
        ({"reason": "stop"}, ""),
        ({"reason": "length"}, None),
        ({"reason": "abort"}, None),
    ],
)
def test_an_outcome_says_which_stop_sequence_ended_it(
    finish: dict[str, Any], kept: str | None
) -> None:
    live = live_run("a")
    live.end(Finish(live.id, **finish))

    assert outcome_of([live]).stop_sequence == kept


def test_an_outcome_has_the_text_of_every_choice() -> None:
    choices = live_choices(live_run().run, 3)
    for live, text in zip(choices, ("a", "b", "c"), strict=True):
        live.add(TokenOutput(live.id, 1, 7, text, choice=live.choice))
        live.end(Finish(live.id, "stop", choice=live.choice, stop_sequence="\n"))

    outcome = outcome_of(choices)

    assert (outcome.status, outcome.text, outcome.tokens) == ("succeeded", "a", [[7, "a"]])
    assert [(one.text, one.tokens, one.reason, one.stop_sequence) for one in outcome.others] == [
        ("b", [[7, "b"]], "stop", "\n"),
        ("c", [[7, "c"]], "stop", "\n"),
    ]


@pytest.mark.parametrize(("reason", "status"), [("error", "failed"), ("abort", "cancelled")])
def test_one_failed_choice_ends_the_run(reason: Any, status: str) -> None:
    choices = live_choices(live_run().run, 2)
    error = OutOfMemory("Too large.") if reason == "error" else None
    choices[0].end(Finish(choices[0].id, "stop"))
    choices[1].end(Finish(choices[1].id, reason, choice=1, error=error))

    outcome = outcome_of(choices)

    assert (outcome.status, outcome.reason) == (status, "stop")
    assert outcome.error_code == (OutOfMemory.code if error else "")
