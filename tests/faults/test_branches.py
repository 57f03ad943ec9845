"""A branch at a token: its given tokens are there once, whatever happens to worker and log."""

from typing import Any

import pytest

from tests.faults.undisturbed import PROMPT
from tests.support.stack import Stack
from tests.support.visitor import Visitor

SETTINGS: dict[str, Any] = {"max_tokens": 60, "temperature": 1.1, "seed": 7, "logprobs": 5}
POSITION = 12


def branch_of(stack: Stack, visitor: Visitor, run: str) -> str:
    """A branch of a finished run with the likeliest other token at `POSITION`."""
    replaced = stack.row(run)["tokens"][POSITION - 1]
    for token, _logprob in replaced[3]:
        if token == replaced[0]:
            continue
        answer = visitor.post(f"/runs/{run}/branch/", {"position": POSITION, "token": token})
        if answer.status == 303:
            return str(answer.headers["Location"]).strip("/").split("/")[-1]
        # The end of the text cannot be continued.
        assert "cannot go on" in answer.text
    raise AssertionError("no other token")


@pytest.mark.parametrize("is_log_lost", [False, True], ids=["log stays", "log is lost too"])
def test_a_branch_goes_on_after_its_worker_was_killed(
    stack: Stack, visitor: Visitor, is_log_lost: bool
) -> None:
    run = visitor.run(PROMPT, **SETTINGS)
    original = stack.wait_final(run)
    undisturbed = stack.wait_final(branch_of(stack, visitor, run))

    branch = branch_of(stack, visitor, run)
    with visitor.follow(branch) as viewer, stack.redis() as client:
        viewer.until_tokens(POSITION + 10)
        stack.kill(stack.row(branch)["worker"])
        if is_log_lost:
            client.flushall()
        viewer.until_final(timeout=20)
        shown = viewer.tokens

    row = stack.row(branch)
    assert (row["status"], row["attempt"]) == ("succeeded", 2)
    assert row["text"] == undisturbed["text"]
    assert [token[0] for token in row["tokens"]] == [t[0] for t in undisturbed["tokens"]]
    assert shown == row["tokens"]
    kept = [token[0] for token in original["tokens"][: POSITION - 1]]
    assert [token[0] for token in row["tokens"][: POSITION - 1]] == kept


def test_a_branch_adds_as_many_tokens_as_were_asked_for(stack: Stack, visitor: Visitor) -> None:
    run = visitor.run(PROMPT, model="demo", **SETTINGS)
    stack.wait_final(run)

    row = stack.wait_final(branch_of(stack, visitor, run))

    assert row["finish_reason"] in ("length", "stop")
    if row["finish_reason"] == "length":
        assert row["completion_tokens"] == POSITION + SETTINGS["max_tokens"]
    assert row["first_token_ms"] is not None
    assert row["text"] == "".join(token[1] for token in row["tokens"])
