"""Everything important works with forms and links, without a script."""

import re
import uuid

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewGuest
from tests.browser.guest import Guest
from tests.support.stack import Stack


@pytest.fixture
def plain_guest(new_guest: NewGuest) -> Guest:
    """A person whose browser runs no script."""
    return new_guest(java_script_enabled=False)


def test_a_form_runs_and_its_page_refreshes_itself_until_the_text_is_final(
    stack: Stack, plain_guest: Guest
) -> None:
    workbench = plain_guest.open("free", model="slow")
    # More than one refresh, at 20 tokens a second and one refresh in two seconds.
    workbench.set_length(120)
    loads: list[str] = []
    workbench.page.on("load", lambda page: loads.append(page.url))

    run = workbench.run()
    expect(workbench.status).to_have_text("running")
    workbench.wait_final()

    assert workbench.text == stack.row(run)["text"]
    assert len(loads) >= 2
    assert workbench.page.locator("meta[http-equiv=refresh]").count() == 0


def test_stop_and_retry_are_plain_buttons(stack: Stack, plain_guest: Guest) -> None:
    workbench = plain_guest.open("free", model="slow")
    workbench.set_length(400)
    first = workbench.run()
    workbench.wait_for_text()
    shown = workbench.text

    workbench.stop_button.click()
    workbench.wait_final("cancelled")
    assert workbench.text == stack.row(first)["text"]
    assert workbench.text.startswith(shown)
    workbench.retry_button.click()
    second = workbench.wait_for_run(other_than=first)
    expect(workbench.siblings).to_have_text("2 of 2")
    workbench.stop_button.click()
    workbench.page.get_by_role("link", name="Previous sibling").click()
    expect(workbench.siblings).to_have_text("1 of 2")
    assert _siblings(stack, first) == {first, second}


def test_rows_are_added_and_removed_and_no_text_is_lost(stack: Stack, plain_guest: Guest) -> None:
    workbench = plain_guest.open("translation")
    rows = workbench.page.locator(".example:not(.example-head)")
    before = rows.count()
    workbench.field("sentence").fill("The train leaves at nine.")

    workbench.page.get_by_role("button", name="Add an example").click()
    expect(rows).to_have_count(before + 1)
    rows.nth(before).get_by_role("textbox").nth(0).fill("Good evening.")
    rows.nth(before).get_by_role("textbox").nth(1).fill("Bonsoir.")
    workbench.page.get_by_role("button", name="Remove example 1").click()
    expect(rows).to_have_count(before)
    run = workbench.run()

    prompt = stack.row(run)["prompt"]
    assert "English: Good evening.\nFrench: Bonsoir." in prompt
    assert prompt.endswith("English: The train leaves at nine.\nFrench:")
    assert "station" not in prompt


def test_an_edited_prompt_is_used_and_can_be_taken_to_the_free_page(
    stack: Stack, plain_guest: Guest
) -> None:
    workbench = plain_guest.open("qa")
    workbench.prompt.fill("Question: Is this my own prompt?\nAnswer:")
    workbench.page.get_by_label("Use this text instead of the fields").check()

    run = workbench.run()
    assert stack.row(run)["prompt"] == "Question: Is this my own prompt?\nAnswer:"
    workbench.page.get_by_role("button", name="Open on the free page").click()

    workbench.page.wait_for_url("**/free/")
    expect(workbench.prompt).to_have_value("Question: Is this my own prompt?\nAnswer:")


def test_a_refused_form_keeps_all_typed_text(plain_guest: Guest) -> None:
    workbench = plain_guest.open("qa")
    long = "a word and another " * 900
    workbench.field("knowledge").fill(long)
    workbench.set(max_tokens=200, temperature=0.35)

    with plain_guest.complaints.allow("status of 400"):
        workbench.run_button.click()
        expect(workbench.notice).to_contain_text(re.compile("tokens.*2,048"))

    expect(workbench.field("knowledge")).to_have_value(long)
    expect(workbench.parameter("temperature")).to_have_value("0.35")
    expect(workbench.parameter("max_tokens")).to_have_value("200")


def _siblings(stack: Stack, run: str) -> set[str]:
    """The ids of a run and its retries."""
    key = run.replace("-", "")
    rows = stack.query("SELECT id FROM runs_run WHERE id = ? OR origin_id = ?", key, key)
    return {str(uuid.UUID(row["id"])) for row in rows}
