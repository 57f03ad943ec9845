"""A worker is killed between the last token and the row: the next one only has to write the row."""

from contextlib import closing

import pytest

from tests.faults.undisturbed import PROMPT, expect_whole, undisturbed_text
from tests.support.part import wait_until
from tests.support.stack import Stack
from tests.support.visitor import Visitor


@pytest.mark.parametrize("reason", ["length", "stop"])
def test_the_next_worker_finishes_it(stack: Stack, visitor: Visitor, reason: str) -> None:
    form: dict[str, object] = {"max_tokens": 14}
    if reason == "stop":
        form = {"max_tokens": 60, "stop": stop_sequence_of(stack)}
    text = undisturbed_text(stack, **form)
    run = visitor.run(PROMPT, **form)
    row = stack.wait_row(run, status="running")
    with closing(stack.database()) as database, visitor.follow(run) as viewer:
        viewer.until_tokens(3)
        # Nobody else can write a row now.
        database.execute("BEGIN IMMEDIATE")
        with stack.redis() as client:
            last = len(stack.row(last_demo_run(stack))["tokens"])
            wait_until(
                lambda: client.xlen(f"log:{run}:0") == last, what="the last token in the log"
            )
        stack.kill(row["worker"])
        database.execute("ROLLBACK")
        stack.launch_worker("slow", name=row["worker"])

        viewer.until_final(timeout=20)

        expect_whole(stack, run, viewer.tokens, text)
    after = stack.row(run)
    assert (after["attempt"], after["finish_reason"]) == (2, reason)


def stop_sequence_of(stack: Stack) -> str:
    """A stop sequence that ends the text after some tokens, in printable characters."""
    text = undisturbed_text(stack, max_tokens=60)
    return next(
        text[at : at + 2]
        for at in range(12, len(text))
        if text[at : at + 2].isascii()
        and text[at : at + 2].isprintable()
        and text[at : at + 2] not in text[:at]
        and "\\" not in text[at : at + 2]
        and " " not in text[at : at + 2]
    )


def last_demo_run(stack: Stack) -> str:
    """The undisturbed run made last."""
    (row,) = stack.query(
        "SELECT id FROM runs_run WHERE model = 'demo' ORDER BY created_at DESC LIMIT 1"
    )
    return str(row["id"])
