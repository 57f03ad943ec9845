"""The result of a run when nothing happens to it."""

from tests.support.stack import Stack

PROMPT = "The lighthouse keeper wrote in the log:"


def undisturbed_text(stack: Stack, prompt: str = PROMPT, **form: object) -> str:
    """The text that the same checkpoint gives at full speed, without a fault."""
    run = stack.visitor().run(prompt, model="demo", **form)
    row = stack.wait_final(run)
    if row["status"] != "succeeded" or row["attempt"] != 1:
        raise AssertionError(f"the undisturbed run was disturbed: {row}")
    return str(row["text"])


def expect_whole(stack: Stack, run: str, tokens: list[list[object]], text: str) -> None:
    """Checks that the row, the page and the undisturbed run agree, token for token."""
    row = stack.wait_final(run)
    assert row["status"] == "succeeded"
    assert row["text"] == text
    assert row["tokens"] == tokens
    assert "".join(str(token[1]) for token in tokens) == text
