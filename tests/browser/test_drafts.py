"""Unsaved text is restored: after closing a tab, beside another tab, after undoing."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.guest import Guest
from tests.browser.library import Library, SavedPrompt
from tests.support.stack import Stack


def open_prompt(guest: Guest, slug: str = "free") -> SavedPrompt:
    return SavedPrompt(guest.open(slug))


def drafts_in(stack: Stack) -> int:
    (row,) = stack.query("SELECT count(*) AS count FROM prompts_draft")
    return int(row["count"])


def test_a_closed_tabs_text_is_restored_and_discarding_it_is_undone(guest: Guest) -> None:
    first = open_prompt(guest, "translation")
    first.workbench.field("sentence").fill("The train leaves at nine.")
    first.workbench.set(temperature=0.45)
    # At once: the page has not had a second in which to save.
    first.page.close(run_before_unload=True)

    again = open_prompt(guest, "translation")
    expect(again.workbench.field("sentence")).to_have_value("The train leaves at nine.")
    expect(again.workbench.parameter("temperature")).to_have_value("0.45")
    expect(again.note).to_contain_text(re.compile(r"Your draft of \d\d:\d\d"))

    again.page.get_by_role("button", name="Start from the example").click()
    expect(again.toast).to_contain_text("Draft discarded.")
    expect(again.workbench.field("sentence")).not_to_have_value("The train leaves at nine.")
    undo = again.toast.get_by_role("button", name="Undo")
    expect(undo).to_be_focused()
    again.page.keyboard.press("Enter")
    expect(again.workbench.field("sentence")).to_have_value("The train leaves at nine.")


def test_a_page_that_is_only_opened_and_run_makes_no_draft(stack: Stack, guest: Guest) -> None:
    before = drafts_in(stack)
    prompt = open_prompt(guest, "qa")
    prompt.workbench.run()
    prompt.workbench.wait_final()
    prompt.page.close(run_before_unload=True)

    again = open_prompt(guest, "qa")

    expect(again.note).not_to_contain_text("Your draft of")
    assert drafts_in(stack) == before


def test_a_text_too_long_for_a_last_save_is_restored(guest: Guest) -> None:
    # A browser sends at most 64 KiB from a closing page; this text is longer when encoded.
    long = "Où est la gare ? " * 3_000
    first = open_prompt(guest)
    first.workbench.write_prompt(long)
    first.page.close(run_before_unload=True)

    again = open_prompt(guest)

    expect(again.note).to_contain_text("Your draft of")
    expect(again.workbench.prompt).to_contain_text("Où est la gare ? Où est la gare")


def test_a_runs_page_shows_a_late_draft_without_reloading(guest: Guest) -> None:
    first = open_prompt(guest)
    run = first.workbench.run()
    first.workbench.wait_final()
    with guest.complaints.allow("ERR_FAILED"):
        first.page.route("**/draft/", lambda route: route.abort())
        first.workbench.write_prompt("Written without a connection")
        expect(first.page.get_by_text("the server cannot be reached")).to_be_visible()
        first.page.close(run_before_unload=True)
    page = guest.context.new_page()
    loads: list[str] = []
    page.on("domcontentloaded", lambda loaded: loads.append(loaded.url))

    page.goto(f"{guest.url}/runs/{run}/")
    of_run = SavedPrompt(guest.workbench(page))

    expect(of_run.note).to_contain_text(re.compile(r"There is a draft of \d\d:\d\d"))
    assert len(loads) == 1
    page.get_by_role("link", name="Open the draft").click()
    expect(of_run.workbench.prompt).to_have_text("Written without a connection")


def test_two_tabs_keep_both_texts(guest: Guest) -> None:
    open_prompt(guest).write("Begun")
    first, second = open_prompt(guest), open_prompt(guest)
    assert first.write("Written in the first tab").status == 200

    with guest.complaints.allow("status of 409"):
        assert second.write("Written in the second tab").status == 409
        expect(second.note).to_contain_text("Another tab changed this draft.")
    assert second.write("Written in the second tab, and more").status == 200

    second.page.get_by_role("link", name="Open the other").click()
    expect(second.workbench.prompt).to_have_text("Written in the first tab")
    library = Library(guest.page("/prompts/?show=drafts"))
    expect(library.titles).to_have_count(2)
    copy = library.page.locator(".prompt-row").filter(has_text="Kept copy")
    copy.get_by_role("link").click()
    opened_copy = SavedPrompt(guest.workbench(library.page))
    expect(opened_copy.workbench.prompt).to_have_text("Written in the second tab, and more")
    opened_copy.page.get_by_role("button", name="Delete this copy").click()
    expect(opened_copy.toast).to_contain_text("Copy deleted.")


def test_a_draft_of_a_saved_prompt_links_to_its_version(guest: Guest) -> None:
    prompt = open_prompt(guest)
    prompt.write("The saved words")
    prompt.save(title="Kept")
    prompt.write("The changed words")
    prompt.page.reload()
    expect(prompt.workbench.prompt).to_have_text("The changed words")

    prompt.page.get_by_role("button", name="Back to version 1").click()
    expect(prompt.toast).to_be_visible()
    expect(prompt.workbench.prompt).to_have_text("The saved words")
    prompt.toast.get_by_role("button", name="Undo").click()
    expect(prompt.workbench.prompt).to_have_text("The changed words")
    prompt.save()

    expect(prompt.page.get_by_text("Version 2 · Free text")).to_be_visible()
    expect(prompt.note).not_to_contain_text("Your draft of")
    library = Library(guest.page("/prompts/?show=drafts"))
    expect(library.page.get_by_text("No drafts")).to_be_visible()


def test_a_running_chat_is_restored_with_its_turns_and_the_unfinished_message(
    stack: Stack, guest: Guest
) -> None:
    prompt = open_prompt(guest, "chat")
    message = prompt.workbench.field("message")
    message.fill("Is the shop open on Sunday?")
    run = prompt.workbench.run()
    prompt.workbench.wait_final()
    message.fill("And on Mon")
    prompt.page.close(run_before_unload=True)

    again = open_prompt(guest, "chat")

    expect(again.workbench.field("message")).to_have_value("And on Mon")
    turns = again.page.locator(".turn .bubble").evaluate_all("(all) => all.map((one) => one.value)")
    assert turns[-2:] == ["Is the shop open on Sunday?", stack.row(run)["text"].strip()]


@pytest.mark.parametrize("slug", ["qa", "table"])
def test_examples_and_a_hand_edited_prompt_are_restored(guest: Guest, slug: str) -> None:
    prompt = open_prompt(guest, slug)
    rows = prompt.page.locator(".example:not(.example-head)")
    before = rows.count()
    prompt.page.get_by_role("button", name="Add an example").click()
    expect(rows).to_have_count(before + 1)
    rows.nth(before).get_by_role("textbox").first.fill("half an example")
    prompt.write("Edited by hand")
    prompt.page.close(run_before_unload=True)

    again = open_prompt(guest, slug)

    expect(again.workbench.prompt).to_have_text("Edited by hand")
    expect(again.page.get_by_text("Prompt edited by hand")).to_be_visible()
    again.workbench.tab("Fields").click()
    again_rows = again.page.locator(".example:not(.example-head)")
    expect(again_rows.nth(before).get_by_role("textbox").first).to_have_value("half an example")
