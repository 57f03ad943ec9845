"""Undo and Redo on the free page: the panel, the tree, the address and the next run's parent follow
the text, and no late answer overrides newer input."""

import re

from playwright.sync_api import expect

from tests.browser.guest import Guest
from tests.browser.network import hold_requests
from tests.browser.workbench import Workbench
from tests.support.stack import Stack

BEGUN = "Product: Blue lamp\nDescription:"
# An answer with the run's own panel, which a page requests by itself.
PANEL = re.compile(r"/(runs/[0-9a-f-]+/output|free/panel)/$")


def begin(workbench: Workbench, text: str = BEGUN, **parameters: object) -> tuple[str, str]:
    """Runs ``text``; returns the run's id and its output."""
    workbench.write_prompt(text)
    workbench.set(temperature="1.5", max_tokens=8, **parameters)
    run = workbench.run()
    workbench.wait_final()
    return run, workbench.text


def retry(workbench: Workbench) -> tuple[str, str]:
    before = workbench.run_id
    workbench.retry_button.click()
    run = workbench.wait_for_run(other_than=before)
    workbench.wait_final()
    return run, workbench.text


def undo(workbench: Workbench) -> None:
    workbench.prompt.press("ControlOrMeta+z")


def redo(workbench: Workbench) -> None:
    workbench.prompt.press("ControlOrMeta+Shift+Z")


def expect_run_on_page(guest: Guest, workbench: Workbench, text: str, run: str | None) -> None:
    """Text, panel, tree, buttons and address all belong to ``run``; None means the page before a
    run."""
    page = workbench.page
    workbench.expect_document_text(text)
    if run is None:
        expect(page.locator("#run-panel:not([data-run])")).to_be_attached()
        expect(workbench.retry_button).to_be_disabled()
        expect(page.locator("#tree [aria-current]")).to_have_count(0)
        page.wait_for_url(f"{guest.url}/free/**")
        return
    expect(workbench.panel).to_have_attribute("data-run", run)
    expect(workbench.retry_button).to_be_enabled()
    page.wait_for_url(f"**/runs/{run}/")
    if page.locator("#tree [role=treeitem]").count():
        expect(page.locator("#tree [aria-current]")).to_have_id(f"node-{run}")


def parent_of_next(stack: Stack, workbench: Workbench) -> str | None:
    """Presses Run and returns the parent of the new run."""
    run = workbench.run()
    workbench.wait_final()
    parent = stack.row(run)["parent_id"]
    return str(parent) if parent else None


def bare(run: str) -> str:
    return run.replace("-", "")


# --- What follows the text ----------------------------------------------------------


def test_undo_after_a_sibling_shows_its_panel_and_the_next_run_is_its_child(
    stack: Stack, guest: Guest
) -> None:
    workbench = guest.open("free")
    first, one = begin(workbench)
    second, other = retry(workbench)
    workbench.page.get_by_role("link", name="Previous sibling").click()
    expect_run_on_page(guest, workbench, BEGUN + one, first)

    undo(workbench)

    expect_run_on_page(guest, workbench, BEGUN + other, second)
    expect(workbench.siblings).to_have_text("2 of 2")
    assert parent_of_next(stack, workbench) == bare(second)


def test_every_undo_and_redo_step_shows_its_run(stack: Stack, guest: Guest) -> None:
    workbench = guest.open("free")
    first, one = begin(workbench)
    second, other = retry(workbench)
    workbench.type_at_end(" More.")
    third = workbench.run()
    workbench.wait_final()
    more = f"{BEGUN}{other} More."
    steps = [
        (BEGUN, None),
        (BEGUN + one, first),
        (BEGUN + other, second),
        (more, second),
        (more + workbench.text, third),
    ]

    for text, run in reversed(steps[:-1]):
        undo(workbench)
        expect_run_on_page(guest, workbench, text, run)
    for text, run in steps[1:]:
        redo(workbench)
        expect_run_on_page(guest, workbench, text, run)

    for text, run in reversed(steps[1:-1]):
        workbench.undo_button.click()
        expect_run_on_page(guest, workbench, text, run)
    assert parent_of_next(stack, workbench) == bare(first)


def test_the_next_run_s_parent_does_not_wait_for_the_panel(stack: Stack, guest: Guest) -> None:
    workbench = guest.open("free")
    begin(workbench)
    with hold_requests(workbench.page, PANEL):
        undo(workbench)
        workbench.expect_document_text(BEGUN)
        expect(workbench.retry_button).to_be_disabled()
        before = workbench.run_id
        workbench.run_button.click()
        run = workbench.wait_for_run(other_than=before)

    workbench.wait_final()
    assert stack.row(run)["parent_id"] is None
    expect_run_on_page(guest, workbench, BEGUN + workbench.text, run)


def test_undo_finds_the_run_with_injected_text_and_at_the_cursor(
    stack: Stack, guest: Guest
) -> None:
    workbench = guest.open("free")
    first, one = begin(workbench, "You: Hello\n\nThe end.", inject_restart=r"\nYou: ")
    with_first = f"You: Hello\n\nThe end.{one}\nYou: "
    workbench.expect_document_text(with_first)
    workbench.prompt.press("ControlOrMeta+Home")
    workbench.prompt.press("End")
    workbench.prompt.press("Alt+Enter")
    second = workbench.wait_for_run(other_than=first)
    workbench.wait_final()
    whole = with_first.replace("Hello", f"Hello{workbench.text}\nYou: ", 1)
    expect_run_on_page(guest, workbench, whole, second)

    undo(workbench)
    expect_run_on_page(guest, workbench, with_first, first)
    undo(workbench)
    expect_run_on_page(guest, workbench, "You: Hello\n\nThe end.", None)
    redo(workbench)
    expect_run_on_page(guest, workbench, with_first, first)
    redo(workbench)
    expect_run_on_page(guest, workbench, whole, second)
    workbench.page.reload()
    expect_run_on_page(guest, workbench, whole, second)


def test_after_a_reload_undo_returns_to_the_run_of_the_opened_page(
    stack: Stack, guest: Guest
) -> None:
    workbench = guest.open("free")
    first, one = begin(workbench)
    workbench.page.reload()
    expect_run_on_page(guest, workbench, BEGUN + one, first)
    second = workbench.run()
    workbench.wait_final()
    both = BEGUN + one + workbench.text
    expect_run_on_page(guest, workbench, both, second)

    undo(workbench)
    expect_run_on_page(guest, workbench, BEGUN + one, first)
    workbench.page.reload()

    expect_run_on_page(guest, workbench, BEGUN + one, first)
    assert parent_of_next(stack, workbench) == bare(first)


def test_a_draft_saved_after_undo_opens_without_a_run(stack: Stack, guest: Guest) -> None:
    workbench = guest.open("free")
    begin(workbench, "Something else")
    undo(workbench)
    expect_run_on_page(guest, workbench, "Something else", None)
    expect(workbench.page.locator("#draft-state")).to_have_text("Draft saved")

    workbench.page.reload()

    expect_run_on_page(guest, workbench, "Something else", None)
    assert parent_of_next(stack, workbench) is None


def test_text_deleted_by_hand_comes_back_marked_as_the_models(stack: Stack, guest: Guest) -> None:
    workbench = guest.open("free")
    workbench.parameter("logprobs").check()
    run, text = begin(workbench)
    marked = workbench.page.locator(".cm-content .token")
    before = marked.all_text_contents()
    assert before
    workbench.prompt.press("ControlOrMeta+a")
    workbench.page.keyboard.press("Delete")
    workbench.expect_document_text("")

    undo(workbench)
    workbench.expect_document_text(BEGUN + text)
    assert marked.all_text_contents() == before
    expect(workbench.page.locator(".cm-generated").first).to_be_visible()
    undo(workbench)
    expect_run_on_page(guest, workbench, BEGUN, None)
    redo(workbench)
    expect_run_on_page(guest, workbench, BEGUN + text, run)
    assert marked.all_text_contents() == before


def test_letters_deleted_one_by_one_come_back_with_their_underlines(
    stack: Stack, guest: Guest
) -> None:
    workbench = guest.open("free")
    workbench.parameter("logprobs").check()
    _, text = begin(workbench)
    marked = workbench.page.locator(".cm-content .token")
    before = marked.all_text_contents()
    workbench.prompt.press("ControlOrMeta+End")
    workbench.page.keyboard.type("xy")
    for _ in range(6):
        workbench.page.keyboard.press("Backspace")
    workbench.expect_document_text((BEGUN + text)[:-4])

    # The number of steps depends on the typing speed; each step changes something.
    written = workbench.document_text
    while written != BEGUN + text:
        undo(workbench)
        assert workbench.document_text != written
        written = workbench.document_text

    workbench.expect_document_text(BEGUN + text)
    assert marked.all_text_contents() == before
    undo(workbench)
    expect_run_on_page(guest, workbench, BEGUN, None)


def test_a_run_deleted_elsewhere_leaves_its_text_and_is_no_parent(
    stack: Stack, guest: Guest
) -> None:
    workbench = guest.open("free")
    first, one = begin(workbench)
    workbench.type_at_end(" More.")
    workbench.run()
    workbench.wait_final()
    other = guest.page(f"/runs/{first}/delete/")
    other.get_by_role("button", name="Delete for good").click()
    expect(other.get_by_text("1 run deleted.")).to_be_visible()

    with guest.complaints.allow("status of 404", "Error Code 404"):
        undo(workbench)
        undo(workbench)
        expect(workbench.page.locator("#run-panel:not([data-run])")).to_be_attached()

    workbench.expect_document_text(BEGUN + one)
    assert parent_of_next(stack, workbench) is None


def test_the_focus_stays_on_undo_and_moves_to_the_text_after_the_last_step(guest: Guest) -> None:
    workbench = guest.open("free")
    begin(workbench)
    retry(workbench)
    workbench.undo_button.focus()

    workbench.page.keyboard.press("Enter")
    expect(workbench.siblings).to_have_text("1 of 2")
    expect(workbench.undo_button).to_be_focused()
    for _ in range(2):
        workbench.page.keyboard.press("Enter")
    expect(workbench.page.locator("#run-panel:not([data-run])")).to_be_attached()

    expect(workbench.run_button).not_to_be_focused()


# --- Late answers -------------------------------------------------------------------


def test_a_run_that_ends_later_does_not_restore_undone_text(stack: Stack, guest: Guest) -> None:
    workbench = guest.open("free", model="slow")
    workbench.write_prompt(BEGUN)
    run = workbench.run_long(tokens=40)
    workbench.wait_for_text(10)

    undo(workbench)
    expect_run_on_page(guest, workbench, BEGUN, None)
    stack.wait_final(run)
    # Once another run has been shown to its end, the page must also have received this run's end.
    workbench.type_at_end(" More.")
    other = workbench.run_long(tokens=2)
    workbench.wait_final()

    expect_run_on_page(guest, workbench, f"{BEGUN} More.{workbench.text}", other)
    assert stack.row(other)["parent_id"] is None


def test_a_run_undone_while_it_streams_continues_and_redo_shows_its_whole_text(
    stack: Stack, guest: Guest
) -> None:
    workbench = guest.open("free", model="slow")
    workbench.parameter("logprobs").check()
    workbench.write_prompt(BEGUN)
    run = workbench.run_long(tokens=60)
    workbench.wait_for_text(10)
    undo(workbench)
    expect_run_on_page(guest, workbench, BEGUN, None)

    redo(workbench)
    expect(workbench.panel).to_have_attribute("data-run", run)
    workbench.wait_final()

    text = stack.row(run)["text"]
    workbench.expect_document_text(BEGUN + text)
    marked = workbench.page.locator(".cm-content .token")
    assert "".join(marked.all_text_contents()) == text.replace("\n", "")


def test_the_final_panel_of_an_undone_run_is_dropped(stack: Stack, guest: Guest) -> None:
    workbench = guest.open("free", model="slow")
    workbench.write_prompt(BEGUN)
    with hold_requests(workbench.page, PANEL):
        workbench.run_long(tokens=12)
        # The page has received the end and has requested the final panel.
        expect(workbench.status).to_have_text("succeeded")
        undo(workbench)
        workbench.expect_document_text(BEGUN)

    expect_run_on_page(guest, workbench, BEGUN, None)
    expect(workbench.tokens).to_be_visible()
