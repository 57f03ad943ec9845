"""The free page's one document: text grows in it, is undone, retried, inserted and measured."""

import re

from playwright.sync_api import Locator, expect

from tests.browser.axe import violations
from tests.browser.conftest import NewGuest
from tests.browser.guest import Guest
from tests.browser.workbench import Workbench
from tests.support.stack import Stack

BEGUN = "Product: Blue lamp\nDescription:"
LONG_TEXT = "A sentence about nothing, and another. " * 320


def generated_text(workbench: Workbench) -> Locator:
    return workbench.page.locator(".cm-generated")


def start_run(workbench: Workbench, *, tokens: int = 12) -> tuple[str, str]:
    """A run of `BEGUN`; the run and its output."""
    workbench.write_prompt(BEGUN)
    workbench.set(max_tokens=tokens)
    run = workbench.run()
    workbench.wait_final()
    return run, workbench.text


# --- One document ---------------------------------------------------------------


def test_the_completion_grows_in_place_and_the_next_run_continues_it(
    stack: Stack, guest: Guest
) -> None:
    workbench = guest.open("free")
    first, text = start_run(workbench)
    workbench.expect_document_text(BEGUN + text)
    expect(generated_text(workbench).first).to_be_visible()

    second = workbench.run()
    workbench.wait_final()

    assert stack.row(second)["prompt"] == BEGUN + text
    workbench.expect_document_text(BEGUN + text + workbench.text)
    whole = workbench.document_text
    workbench.page.reload()
    workbench.expect_document_text(whole)
    expect(generated_text(workbench).first).to_be_visible()
    assert stack.row(first)["text"] == text


def test_a_run_from_the_cursor_writes_there_and_keeps_the_text_after_it(
    stack: Stack, guest: Guest
) -> None:
    workbench = guest.open("free")
    workbench.write_prompt("Product: Lamp\nDescription:\n\nThe end.")
    workbench.set(max_tokens=6)
    for _ in range(2):
        workbench.prompt.press("ArrowUp")
    workbench.prompt.press("End")
    expect(workbench.page.get_by_role("button", name="Run from here")).to_be_visible()

    workbench.prompt.press("Alt+Enter")
    run = workbench.wait_for_run()
    workbench.wait_final()

    row = stack.row(run)
    assert row["prompt"] == "Product: Lamp\nDescription:"
    whole = f"{row['prompt']}{row['text']}\n\nThe end."
    workbench.expect_document_text(whole)
    workbench.page.reload()
    workbench.expect_document_text(whole)


def test_a_person_can_type_while_text_streams(stack: Stack, guest: Guest) -> None:
    workbench = guest.open("free", model="slow")
    workbench.write_prompt(BEGUN)
    run = workbench.run_long(tokens=60)
    workbench.wait_for_text(10)

    workbench.prompt.press("ControlOrMeta+Home")
    workbench.page.keyboard.type("Above. ")
    workbench.type_at_end(" Behind.")
    workbench.wait_final()

    workbench.expect_document_text(f"Above. {BEGUN}{stack.row(run)['text']} Behind.")


def test_a_text_stopped_by_escape_stays_in_the_document(stack: Stack, guest: Guest) -> None:
    workbench = guest.open("free", model="slow")
    workbench.write_prompt(BEGUN)
    run = workbench.run_long(tokens=400)
    workbench.wait_for_text(20)

    workbench.prompt.press("Escape")
    workbench.wait_final("cancelled")

    workbench.expect_document_text(BEGUN + stack.row(run)["text"])


def test_tab_leaves_the_editor_and_the_editor_has_a_name(guest: Guest) -> None:
    workbench = guest.open("free")
    box = workbench.page.get_by_role("textbox", name="Prompt", exact=True)
    box.focus()

    workbench.page.keyboard.press("Tab")

    expect(box).not_to_be_focused()


# --- Undo -----------------------------------------------------------------------


def test_a_generation_is_undone_as_one_step_and_brought_back(guest: Guest) -> None:
    workbench = guest.open("free")
    _, text = start_run(workbench)
    expect(workbench.undo_button).to_have_accessible_name("Undo: removes 12 generated tokens")

    workbench.undo_button.hover()
    expect(workbench.page.locator(".cm-doomed").first).to_be_visible()
    workbench.prompt.press("ControlOrMeta+z")
    workbench.expect_document_text(BEGUN)
    expect(generated_text(workbench)).to_have_count(0)
    expect(workbench.redo_button).to_have_accessible_name("Redo: brings back 12 generated tokens")
    workbench.prompt.press("ControlOrMeta+Shift+Z")

    workbench.expect_document_text(BEGUN + text)
    expect(generated_text(workbench).first).to_be_visible()


def test_text_typed_during_a_stream_has_its_own_undo_steps(stack: Stack, guest: Guest) -> None:
    workbench = guest.open("free", model="slow")
    workbench.write_prompt(BEGUN)
    run = workbench.run_long(tokens=40)
    workbench.wait_for_text(10)
    workbench.type_at_end(" Behind.")
    workbench.wait_final()
    text = stack.row(run)["text"]
    workbench.expect_document_text(f"{BEGUN}{text} Behind.")

    workbench.prompt.press("ControlOrMeta+z")
    workbench.expect_document_text(BEGUN + text)
    workbench.prompt.press("ControlOrMeta+z")
    workbench.expect_document_text(BEGUN)
    workbench.redo_button.click()
    workbench.redo_button.click()

    workbench.expect_document_text(f"{BEGUN}{text} Behind.")


def test_a_retry_replaces_the_text_and_undo_restores_the_old_one(
    stack: Stack, guest: Guest
) -> None:
    workbench = guest.open("free")
    workbench.set(temperature="1.5")
    first, text = start_run(workbench)

    workbench.retry_button.click()
    second = workbench.wait_for_run(other_than=first)
    workbench.wait_final()
    other = stack.row(second)["text"]

    workbench.expect_document_text(BEGUN + other)
    workbench.undo_button.click()
    workbench.expect_document_text(BEGUN + text)
    workbench.redo_button.click()
    workbench.expect_document_text(BEGUN + other)
    workbench.page.get_by_role("link", name="Previous sibling").click()
    workbench.expect_document_text(BEGUN + text)


# --- Injected text --------------------------------------------------------------


def test_start_and_restart_texts_are_inserted_and_stored_with_the_run(
    stack: Stack, guest: Guest
) -> None:
    workbench = guest.open("free")
    workbench.write_prompt("You: Hello")
    workbench.set(max_tokens=6, inject_start=r"\nAgent:", inject_restart=r"\nYou: ")

    run = workbench.run()
    workbench.wait_final()

    row = stack.row(run)
    assert row["prompt"] == "You: Hello\nAgent:"
    whole = f"You: Hello\nAgent:{row['text']}\nYou: "
    workbench.expect_document_text(whole)
    workbench.prompt.press("ControlOrMeta+z")
    workbench.expect_document_text("You: Hello")
    workbench.prompt.press("ControlOrMeta+Shift+Z")
    workbench.page.reload()
    workbench.expect_document_text(whole)
    expect(workbench.parameter("inject_start")).to_have_value(r"\nAgent:")
    expect(workbench.parameter("inject_restart")).to_have_value(r"\nYou: ")


# --- The window -----------------------------------------------------------------


def test_text_outside_the_window_is_grey_and_not_sent(stack: Stack, guest: Guest) -> None:
    workbench = guest.open("free")
    workbench.write_prompt(LONG_TEXT)
    note = workbench.page.locator("#fit-note")

    expect(note).to_contain_text(re.compile(r"first \d+ tokens will not be sent"))
    expect(workbench.page.locator(".cm-unsent").first).to_be_attached()
    workbench.set(max_tokens=8)
    run = workbench.run()
    workbench.wait_final()

    row = stack.row(run)
    assert LONG_TEXT.endswith(row["prompt"])
    assert row["prompt_tokens"] + 8 <= 2048 < row["prompt_tokens"] + 24
    workbench.expect_document_text(LONG_TEXT + row["text"])
    workbench.page.reload()
    workbench.expect_document_text(LONG_TEXT + row["text"])


# --- Probabilities --------------------------------------------------------------


def test_tokens_are_underlined_by_their_probability_and_show_it(
    stack: Stack, guest: Guest, axe_source: str
) -> None:
    workbench = guest.open("free")
    workbench.parameter("logprobs").check()
    run, text = start_run(workbench)
    marked = workbench.page.locator(".cm-content .token")
    assert len(stack.row(run)["tokens"][0]) == 4
    drawn = "".join(marked.all_text_contents())
    assert drawn == text.replace("\n", "")

    marked.nth(2).hover()
    card = workbench.page.locator(".token-card")
    expect(card).to_contain_text(re.compile(r"\d %"))
    expect(card.get_by_role("listitem").first).not_to_have_text(re.compile("^<"))
    found = violations(workbench.page, axe_source)
    workbench.page.reload()
    expect(marked.first).to_be_visible()
    assert "".join(marked.all_text_contents()) == drawn
    workbench.prompt.press("ControlOrMeta+End")
    workbench.prompt.press("ArrowLeft")
    expect(card).to_be_visible()
    workbench.prompt.press("Escape")
    expect(card).to_be_hidden()

    found += violations(workbench.page, axe_source)
    assert not found, "\n".join(found)


def test_a_separate_completion_has_probabilities_too(stack: Stack, guest: Guest) -> None:
    workbench = guest.open("translation")
    workbench.parameter("logprobs").check()

    run = workbench.run()
    workbench.wait_final()

    assert workbench.text == stack.row(run)["text"]
    marked = workbench.output.locator(".token")
    expect(marked.first).to_be_visible()
    workbench.output.focus()
    workbench.page.keyboard.press("ArrowRight")
    expect(workbench.page.locator(".token-card")).to_contain_text(re.compile(r"\d %"))


def test_the_card_of_a_token_opens_each_time_the_pointer_enters(guest: Guest) -> None:
    workbench = guest.open("translation")
    workbench.parameter("logprobs").check()
    workbench.run()
    workbench.wait_final()
    token = workbench.output.locator(".token").first
    card = workbench.page.locator(".token-card")

    for _ in range(2):
        token.hover()
        expect(card).to_be_visible()
        workbench.page.mouse.move(0, 0)
        expect(card).to_have_count(0)


def test_the_card_of_a_token_stays_after_a_touch(new_guest: NewGuest) -> None:
    phone = new_guest(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    workbench = phone.open("translation")
    workbench.page.locator("#open-parameters").tap()
    workbench.parameter("logprobs").check()
    workbench.page.get_by_role("button", name="Close").tap()
    workbench.run()
    workbench.wait_final()
    card = workbench.page.locator(".token-card")

    workbench.output.locator(".token").first.tap()
    expect(card).to_be_visible()
    workbench.page.get_by_role("heading", level=1).tap()
    expect(card).to_have_count(0)


# --- A phone --------------------------------------------------------------------


def test_writing_and_running_by_touch_on_a_phone(stack: Stack, new_guest: NewGuest) -> None:
    phone = new_guest(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    workbench = phone.open("free")
    workbench.prompt.tap()
    size = workbench.prompt.evaluate("(box) => parseFloat(getComputedStyle(box).fontSize)")
    assert size >= 16
    # The height of the screen while its keyboard is open.
    workbench.page.set_viewport_size({"width": 390, "height": 420})
    workbench.type_at_end("\nOne more line for the lamp")

    caret = workbench.page.evaluate(
        "() => getSelection().getRangeAt(0).getBoundingClientRect().bottom"
    )
    dock = workbench.page.locator(".controls").bounding_box()
    assert dock is not None
    assert 0 < caret <= dock["y"]
    workbench.run_button.tap()
    run = workbench.wait_for_run()
    workbench.wait_final()
    row = stack.row(run)
    workbench.expect_document_text(row["prompt"] + row["text"])
