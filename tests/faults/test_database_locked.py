"""SQLite locked by another process: visitors wait, streams continue, nothing fails."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from tests.faults.undisturbed import PROMPT, expect_whole, undisturbed_text
from tests.support.stack import Stack
from tests.support.visitor import Visitor


def test_a_new_run_waits_and_a_stream_continues(stack: Stack, visitor: Visitor) -> None:
    text = undisturbed_text(stack, max_tokens=40)
    run = visitor.run(PROMPT, max_tokens=40)
    with closing(stack.database()) as database, ThreadPoolExecutor(1) as pool:
        with visitor.follow(run) as viewer:
            viewer.until_tokens(5)
            database.execute("BEGIN IMMEDIATE")
            waiting = pool.submit(stack.visitor().run, PROMPT, max_tokens=2)

            # The whole stream runs while nobody can write: it needs no row.
            viewer.until_tokens(40)

            assert not waiting.done()
            assert stack.row(run)["status"] == "running"
            database.execute("ROLLBACK")
            viewer.until_final()
            expect_whole(stack, run, viewer.tokens, text)
        assert stack.wait_final(waiting.result(timeout=20))["status"] == "succeeded"


def test_pages_can_be_read_meanwhile(stack: Stack, visitor: Visitor) -> None:
    run = visitor.run(PROMPT, model="demo", max_tokens=3)
    stack.wait_final(run)
    with closing(stack.database()) as database:
        database.execute("BEGIN IMMEDIATE")

        assert visitor.get(f"/runs/{run}/").status == 200
        assert visitor.get("/readyz").status == 200
