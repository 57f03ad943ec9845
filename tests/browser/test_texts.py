"""Whatever a model writes, the page, the row and the next prompt have the same text."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from playground.core.texts import plain_text
from playground.prompts.formats import one_line
from tests.browser.guest import Guest
from tests.support.scripted import scripted_checkpoint
from tests.support.stack import Stack, wait_ready

FOX = "🦊".encode()
ODD = [
    # Line breaks of every kind, also split between two tokens.
    *(b" one\r", b"\ntwo\r", b"\r\nthree\n\r\n", b" \r\r"),
    "\u2028line\u2029paragraph\x85next".encode(),
    # Characters of two UTF-16 units, of two tokens, of two code points.
    *(FOX[:2], FOX[2:], "🏳️‍🌈".encode(), "e\u0301".encode()),
    b"nul\0",
    "\ufeff\uffff\u202eright to left\u202c\xad".encode(),
    b"\x0b\x0c\x1c\x7f\x01",
    # Bytes that are no character.
    b"\xff\xfe",
    b"</textarea></span><b>&amp;&#13;</b>{{",
    b" end\r",
]
REPLY = [b" a\r", b"\nreply\0", b" of \r\n", b"two lines"]
TEXT, REPLIED = (plain_text(b"".join(p).decode(errors="replace")) for p in (ODD, REPLY))


@pytest.fixture
def scripted_model(stack: Stack) -> None:
    """The model "scripted" continues Z and a colon with the texts above."""
    if "scripted" not in stack.parts:
        scripted_checkpoint(Path(stack.folder) / "scripted", {"Z": ODD, ":": REPLY})
        wait_ready(stack.launch_worker("scripted"))


@pytest.mark.usefixtures("scripted_model")
@pytest.mark.parametrize("probabilities", [False, True])
def test_the_free_page_has_the_rows_text_and_sends_it_with_the_next_run(
    stack: Stack, guest: Guest, probabilities: bool
) -> None:
    workbench = guest.open("free", model="scripted")
    workbench.write_prompt("Say Z")
    workbench.set(temperature=0)
    if probabilities:
        workbench.parameter("logprobs").check()

    first = workbench.run()
    workbench.wait_final()

    row = stack.row(first)
    assert row["text"] == workbench.text == TEXT
    assert workbench.document_text == f"Say Z{TEXT}"
    second = workbench.run()
    workbench.wait_final()
    assert stack.row(second)["prompt"] == f"Say Z{TEXT}"
    # The parts that a model wrote have the right positions, in JavaScript's units.
    start, end = len("Say Z"), len("Say Z") + len(TEXT.encode("utf-16-le")) // 2
    assert stack.row(second)["fields"]["made"] == [[start, end]]


@pytest.mark.usefixtures("scripted_model")
def test_a_page_that_is_opened_later_continues_with_the_same_text(
    stack: Stack, guest: Guest
) -> None:
    workbench = guest.open("free", model="scripted")
    workbench.write_prompt("Say Z")
    workbench.set(temperature=0)
    run = workbench.run()
    workbench.wait_final()

    later = guest.open_run(run)
    after = later.run()
    later.wait_final()

    assert later.document_text == f"Say Z{TEXT}"
    assert stack.row(after)["prompt"] == f"Say Z{TEXT}"
    workbench.undo_button.click()
    workbench.expect_document_text("Say Z")
    workbench.redo_button.click()
    workbench.expect_document_text(f"Say Z{TEXT}")


@pytest.mark.usefixtures("scripted_model")
@pytest.mark.parametrize("probabilities", [False, True])
def test_a_template_page_shows_the_rows_text(
    stack: Stack, guest: Guest, probabilities: bool
) -> None:
    workbench = guest.open("code", model="scripted")
    workbench.set(temperature=0)
    if probabilities:
        workbench.parameter("logprobs").check()
    workbench.page.get_by_role("button", name=r"Remove \n").click()
    workbench.write_prompt("Say Z")

    run = workbench.run()
    workbench.wait_final()
    while_written = workbench.text
    workbench.page.reload()

    assert stack.row(run)["text"] == while_written == workbench.text == TEXT


@pytest.mark.usefixtures("scripted_model")
def test_the_next_prompt_contains_the_reply_unchanged(stack: Stack, guest: Guest) -> None:
    workbench = guest.open("chat", model="scripted")
    workbench.set(temperature=0)
    workbench.field("message").fill("Hello")
    first = workbench.run()
    workbench.wait_final()

    workbench.field("message").fill("Once more")
    expect(workbench.field("message")).to_have_value("Once more")
    second = workbench.run()
    workbench.wait_final()

    reply = stack.row(first)["text"]
    assert reply == before_stops(REPLIED, stack.row(first)["parameters"]["stop"])
    assert f"Agent: {one_line(reply)}\nCustomer: Once more" in stack.row(second)["prompt"]


def before_stops(text: str, stops: list[str]) -> str:
    """The text up to the first of the stops."""
    return text[: min((text.find(stop) for stop in stops if stop in text), default=len(text))]
