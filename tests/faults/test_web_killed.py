"""The web process is killed in mid-stream: generation continues, and the page gets every token."""

from tests.faults.undisturbed import PROMPT, expect_whole, undisturbed_text
from tests.support.stack import Stack
from tests.support.visitor import Visitor

GREEDY: dict[str, object] = {"max_tokens": 70}


def test_a_page_that_reconnects_gets_every_token(stack: Stack, visitor: Visitor) -> None:
    text = undisturbed_text(stack, **GREEDY)
    run = visitor.run(PROMPT, **GREEDY)
    with visitor.follow(run) as viewer:
        viewer.until_tokens(10)
        seen = len(viewer.tokens)

        stack.kill("web")
        stack.start_web()

        viewer.until_final(reconnect=True)
        assert viewer.reconnects > 0
        assert len(viewer.tokens) > seen
        assert viewer.restarts == 0
        expect_whole(stack, run, viewer.tokens, text)
    row = stack.row(run)
    assert (row["attempt"], row["losses"]) == (1, 0)


def test_stopping_the_web_process_closes_sockets_and_loses_nothing(
    stack: Stack, visitor: Visitor
) -> None:
    text = undisturbed_text(stack, **GREEDY)
    run = visitor.run(PROMPT, **GREEDY)
    with visitor.follow(run) as viewer:
        viewer.until_tokens(5)

        stack.stop("web")
        stack.start_web()

        viewer.until_final(reconnect=True)
        expect_whole(stack, run, viewer.tokens, text)
