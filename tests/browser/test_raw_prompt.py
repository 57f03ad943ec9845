"""The raw prompt: one click away, detached from the fields once it is edited."""

import re

from playwright.sync_api import expect

from tests.browser.guest import Guest
from tests.support.stack import Stack

MINE = "English: Good morning.\nFrench: Bonjour.\n\nEnglish: My own words.\nFrench:"
BEYOND_THE_WINDOW = "one word and another " * 900
TOO_LONG = "one word and another " * 3200
REFUSED = ("status of 400", "Error Code 400")


def test_an_edited_prompt_is_marked_as_detached_and_is_run(stack: Stack, guest: Guest) -> None:
    workbench = guest.open("translation")
    note = workbench.page.get_by_text("Prompt edited by hand")
    expect(note).to_be_hidden()

    workbench.write_prompt(MINE)

    expect(note).to_be_visible()
    workbench.tab("Fields").click()
    assert workbench.page.locator("#fields").evaluate("(fields) => fields.inert")
    run = workbench.run()
    workbench.wait_final()
    assert stack.row(run)["prompt"] == MINE
    workbench.page.reload()
    expect(note).to_be_visible()
    workbench.expect_document_text(MINE)


def test_reset_attaches_the_prompt_to_the_fields_again(stack: Stack, guest: Guest) -> None:
    workbench = guest.open("translation")
    built = workbench.document_text
    workbench.write_prompt(MINE)

    workbench.page.get_by_role("button", name="Reset to fields").click()

    expect(workbench.page.get_by_text("Prompt edited by hand")).to_be_hidden()
    workbench.expect_document_text(built)
    workbench.field("sentence").fill("The train leaves at nine.")
    workbench.expect_document_text(re.compile(r"The train leaves at nine\.\nFrench:$"))
    run = workbench.run()
    workbench.wait_final()
    assert stack.row(run)["prompt"].endswith("English: The train leaves at nine.\nFrench:")


def test_the_prompt_opens_on_the_free_page_with_its_parameters(stack: Stack, guest: Guest) -> None:
    workbench = guest.open("sql")
    workbench.field("request").fill("How many orders are there?")
    workbench.set(max_tokens=17)
    workbench.expect_document_text(re.compile(r"How many orders are there\?"))
    prompt = workbench.document_text

    workbench.tab("Prompt").click()
    workbench.page.get_by_role("button", name="Open on the free page").click()

    workbench.page.wait_for_url("**/free/")
    workbench.expect_document_text(prompt)
    expect(workbench.parameter("max_tokens")).to_have_value("17")
    run = workbench.run()
    workbench.wait_final()
    row = stack.row(run)
    assert (row["template"], row["prompt"]) == ("free", prompt)
    assert row["parameters"]["stop"] == ["\n"]


def test_the_gauge_follows_the_typing_and_warns_past_the_window(guest: Guest) -> None:
    workbench = guest.open("free")
    begun = workbench.counted_tokens
    assert begun is not None

    workbench.type_at_end(" It is a quiet lamp")
    expect(workbench.tokens).not_to_have_text(re.compile(rf"^\s*{begun} "))
    assert (workbench.counted_tokens or 0) > begun
    expect(workbench.page.locator("#fit-note")).to_have_text("")

    workbench.write_prompt(BEYOND_THE_WINDOW)
    expect(workbench.page.locator("#gauge")).to_have_attribute("data-over", "yes")
    expect(workbench.page.locator("#fit-note")).to_contain_text("will not be sent")
    assert (workbench.counted_tokens or 0) > 2048


def test_a_prompt_that_is_too_long_is_refused_and_no_text_is_lost(guest: Guest) -> None:
    workbench = guest.open("free")
    workbench.write_prompt(TOO_LONG)
    workbench.set(max_tokens=200, temperature=0.35)

    with guest.complaints.allow(*REFUSED):
        workbench.run_button.click()
        expect(workbench.notice).to_contain_text(re.compile(r"[Ss]horten"))

    expect(workbench.notice).to_contain_text("65,536")
    expect(workbench.prompt).to_have_attribute("aria-invalid", "true")
    workbench.expect_document_text(TOO_LONG)
    expect(workbench.parameter("temperature")).to_have_value("0.35")
    expect(workbench.parameter("max_tokens")).to_have_value("200")
    assert workbench.run_id is None
    workbench.write_prompt("Now it is short")
    workbench.run()
    workbench.wait_final()
    expect(workbench.notice).to_have_text("")


def test_an_empty_field_is_named_and_given_the_focus(guest: Guest) -> None:
    workbench = guest.open("qa")
    workbench.field("question").fill("")

    with guest.complaints.allow(*REFUSED):
        workbench.run_button.click()
        expect(workbench.notice).to_contain_text("Ask a question.")

    expect(workbench.field("question")).to_be_focused()
    expect(workbench.field("question")).to_have_attribute("aria-invalid", "true")
