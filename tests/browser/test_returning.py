"""Coming back to where one was: the text, its run, siblings and probabilities."""

import re

from playwright.sync_api import expect

from tests.browser.axe import violations
from tests.browser.guest import Guest
from tests.support.stack import Stack


def test_a_template_page_opens_with_the_last_work_on_it(stack: Stack, guest: Guest) -> None:
    workbench = guest.open("free")
    workbench.write_prompt("The ferry leaves")
    workbench.set(max_tokens=8, temperature=1)
    workbench.parameter("logprobs").check()
    first = workbench.run()
    workbench.wait_final()
    workbench.retry_button.click()
    second = workbench.wait_for_run(other_than=first)
    workbench.wait_final()
    with workbench.page.expect_response("**/draft/"):
        pass
    text = workbench.document_text
    workbench.page.close()

    back = guest.workbench(guest.page("/free/"))

    expect(back.panel).to_have_attribute("data-run", second)
    back.expect_document_text(text)
    expect(back.siblings).to_have_text("2 of 2")
    expect(back.page.get_by_role("treeitem")).to_have_count(2)
    marked = back.page.locator(".cm-content .token")
    expect(marked.first).to_be_visible()
    assert "".join(marked.all_text_contents()) == stack.row(second)["text"].replace("\n", "")


def test_a_text_that_was_edited_after_its_run_brings_the_run_too(
    stack: Stack, guest: Guest
) -> None:
    workbench = guest.open("free")
    workbench.write_prompt("The ferry leaves")
    workbench.set(max_tokens=8, temperature=1)
    workbench.parameter("logprobs").check()
    run = workbench.run()
    workbench.wait_final()
    workbench.type_at_end(" And then")
    expect(workbench.page.locator("#draft-state")).to_have_text("Draft saved")
    text = workbench.document_text
    workbench.page.close()

    back = guest.workbench(guest.page("/free/"))

    expect(back.panel).to_have_attribute("data-run", run)
    back.expect_document_text(text)
    marked = back.page.locator(".cm-content .token")
    assert "".join(marked.all_text_contents()) == stack.row(run)["text"].replace("\n", "")
    new = back.run()
    back.wait_final()
    assert stack.row(new)["parent_id"] == run.replace("-", "")


def test_fields_that_were_edited_after_their_run_bring_it_too(stack: Stack, guest: Guest) -> None:
    workbench = guest.open("qa")
    workbench.set(max_tokens=8)
    run = workbench.run()
    workbench.wait_final()
    workbench.field("question").fill("Who are you?")
    expect(workbench.page.locator("#draft-state")).to_have_text("Draft saved")
    workbench.page.close()

    back = guest.workbench(guest.page("/qa/"))

    expect(back.panel).to_have_attribute("data-run", run)
    expect(back.field("question")).to_have_value("Who are you?")
    expect(back.page.locator("#stale-note")).to_be_visible()
    assert back.text == stack.row(run)["text"]


def test_the_example_comes_back_with_its_run(guest: Guest) -> None:
    workbench = guest.open("sql")
    run = workbench.run()
    workbench.wait_final()
    workbench.page.close()

    back = guest.workbench(guest.page("/sql/"))

    expect(back.panel).to_have_attribute("data-run", run)
    expect(back.page.locator("#draft-kept")).to_be_hidden()


def test_any_of_the_last_works_is_one_press_away(guest: Guest, axe_source: str) -> None:
    for slug in ("qa", "sql", "translation"):
        workbench = guest.open(slug)
        workbench.run()
        workbench.wait_final()
        workbench.page.close()
    free = guest.open("free")
    free.write_prompt("A draft about ferries")
    expect(free.page.locator("#draft-state")).to_have_text("Draft saved")
    free.page.close()

    home = guest.page("/")
    offered = home.get_by_test_id("continue")
    expect(offered).to_have_count(4)
    expect(offered.first).to_contain_text("A draft about ferries")
    found = violations(home, axe_source)
    assert not found, "\n".join(found)
    offered.nth(2).click()
    expect(home).to_have_url(re.compile("/runs/"))
    expect(home.locator("#run-panel[data-final=yes]")).to_be_visible()
    home.get_by_role("link", name=re.compile("A draft about ferries")).click()
    expect(home).to_have_url(re.compile("/free/$"))
