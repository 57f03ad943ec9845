"""Cancel in every state: one final state, the text stays, the slot is free within a step."""

import time
from concurrent.futures import ThreadPoolExecutor

from tests.faults.undisturbed import PROMPT
from tests.support.part import wait_until
from tests.support.stack import Stack
from tests.support.visitor import Visitor

LONG: dict[str, object] = {"max_tokens": 200}
# A step of `slow` takes 50 ms; the rest is the round trip on a busy machine.
WITHIN_A_STEP = 0.75


def live(stack: Stack) -> int:
    """Runs in the slots of the workers that generate."""
    rows = stack.query("SELECT live FROM checkpoints_worker WHERE job = 'generate'")
    return sum(row["live"] for row in rows)


def test_a_queued_run(stack: Stack, visitor: Visitor) -> None:
    run = visitor.run(PROMPT, model="unserved", **LONG)
    with visitor.follow(run) as viewer:
        viewer.until(lambda v: v.status == "queued")

        visitor.stop(run)

        viewer.until_final()
    row = stack.row(run)
    assert (row["status"], row["finish_reason"], row["text"]) == ("cancelled", "abort", "")


def test_a_run_claimed_a_moment_ago(stack: Stack, visitor: Visitor) -> None:
    for _ in range(6):
        run = visitor.run(PROMPT, **LONG)

        visitor.stop(run)

        row = stack.wait_final(run, timeout=4)
        assert row["status"] == "cancelled"
        assert "".join(token[1] for token in row["tokens"]) == row["text"]


def test_a_run_in_mid_stream_keeps_its_text_and_frees_the_slot(
    stack: Stack, visitor: Visitor
) -> None:
    run = visitor.run(PROMPT, **LONG)
    with visitor.follow(run) as viewer:
        viewer.until_tokens(10)

        asked = time.monotonic()
        visitor.stop(run)
        viewer.until_final()
        took = time.monotonic() - asked

        row = stack.row(run)
        assert took < WITHIN_A_STEP
        assert row["status"] == "cancelled"
        # An incomplete character ends the row's last token.
        assert [token[0] for token in row["tokens"]] == [token[0] for token in viewer.tokens]
        assert row["text"].startswith(viewer.text)
        assert len(viewer.tokens) < 200
    wait_until(lambda: live(stack) == 0, what="the slot to be free")


def test_a_run_at_its_last_token_gets_one_final_state(stack: Stack, visitor: Visitor) -> None:
    for _ in range(4):
        run = visitor.run(PROMPT, max_tokens=5)
        with visitor.follow(run) as viewer:
            viewer.until_tokens(5)

            visitor.stop(run)

            viewer.until_final()
            row = stack.row(run)
            assert viewer.status == row["status"] in ("cancelled", "succeeded")
            assert len(row["tokens"]) == 5
            visitor.stop(run)
            assert stack.row(run)["status"] == row["status"]


def test_a_final_run_does_not_change(stack: Stack, visitor: Visitor) -> None:
    run = visitor.run(PROMPT, model="demo", max_tokens=3)
    before = stack.wait_final(run)

    assert visitor.stop(run).status == 303
    assert visitor.post(f"/runs/{run}/stop/", **{"HX-Request": "true"}).status == 204

    assert stack.row(run) == before


def test_repeated_stops_from_two_tabs(stack: Stack, visitor: Visitor) -> None:
    run = visitor.run(PROMPT, **LONG)
    with visitor.follow(run) as viewer:
        viewer.until_tokens(3)
        with ThreadPoolExecutor(4) as tabs:
            answers = list(tabs.map(lambda _: visitor.stop(run).status, range(8)))
        viewer.until_final()

    assert set(answers) == {303}
    assert stack.row(run)["status"] == "cancelled"
    assert [status for status in viewer.statuses if status == "cancelled"] == ["cancelled"]


def test_another_persons_run_seems_not_to_exist(stack: Stack, visitor: Visitor) -> None:
    run = visitor.run(PROMPT, **LONG)

    assert stack.visitor().stop(run).status == 404

    assert not stack.row(run)["cancel_requested"]


def test_a_run_of_a_dead_worker_keeps_its_text(stack: Stack, visitor: Visitor) -> None:
    run = visitor.run(PROMPT, **LONG)
    with visitor.follow(run) as viewer:
        viewer.until_tokens(10)
        stack.kill(stack.row(run)["worker"])

        visitor.stop(run)

        viewer.until_final()
        row = stack.row(run)
        assert row["status"] == "cancelled"
        assert row["tokens"] == viewer.tokens
        assert row["text"] == viewer.text


def test_the_row_stops_a_run_when_redis_has_lost_the_stop(stack: Stack, visitor: Visitor) -> None:
    run = visitor.run(PROMPT, **LONG)
    with visitor.follow(run) as viewer:
        viewer.until_tokens(5)
        stack.query("UPDATE runs_run SET cancel_requested = 1 WHERE id = ?", run.replace("-", ""))

        viewer.until_final(timeout=5)
    assert stack.row(run)["status"] == "cancelled"
