"""Text arrives as it is generated, and is the same wherever and whenever a page shows it."""

import re

from playwright.sync_api import expect

from tests.browser.guest import Guest
from tests.support.stack import Stack


def test_text_arrives_in_many_steps_and_ends_equal_to_the_row(stack: Stack, guest: Guest) -> None:
    workbench = guest.open("free", model="slow")
    workbench.record_steps()

    run = workbench.run_long(tokens=40)
    expect(workbench.run_button).to_have_attribute("aria-disabled", "true")
    workbench.run_button.click(force=True)
    workbench.wait_final()

    assert workbench.run_id == run
    expect(workbench.run_button).not_to_have_attribute("aria-disabled", "true")
    text = stack.row(run)["text"]
    assert workbench.text == text
    assert len([length for length in workbench.steps if 0 < length < len(text)]) >= 5
    assert workbench.steps == sorted(workbench.steps)


def test_a_reload_in_mid_stream_and_a_second_tab_show_the_same_text(
    stack: Stack, guest: Guest
) -> None:
    workbench = guest.open("free", model="slow")
    run = workbench.run_long(tokens=50)
    workbench.wait_for_text()

    second = guest.open_run(run)
    workbench.page.reload()

    expect(second.status).to_have_text("running")
    expect(workbench.status).to_have_text("running")
    second.wait_for_text()
    workbench.wait_final()
    second.wait_final()
    text = stack.row(run)["text"]
    assert workbench.text == text
    assert second.text == text


def test_closing_the_page_does_not_end_the_run(stack: Stack, guest: Guest) -> None:
    workbench = guest.open("free", model="slow")
    run = workbench.run_long(tokens=40)
    workbench.wait_for_text()

    workbench.page.close()

    row = stack.wait_final(run)
    assert (row["status"], row["completion_tokens"]) == ("succeeded", 40)
    later = guest.open_run(run)
    assert later.text == row["text"]


def test_going_back_and_forth_in_the_history_shows_each_run(stack: Stack, guest: Guest) -> None:
    workbench = guest.open("translation")
    first = workbench.run()
    workbench.wait_final()
    workbench.field("sentence").fill("The train leaves at nine.")
    second = workbench.run()
    workbench.wait_final()
    page = workbench.page

    page.go_back()
    page.wait_for_url(f"**/runs/{first}/")
    expect(workbench.field("sentence")).to_have_value(re.compile("My brother"))
    expect(workbench.output).to_have_text(stack.row(first)["text"].strip())
    page.go_back()
    page.wait_for_url("**/translation/?model=demo")
    # The template's own page opens with the last work on it.
    expect(workbench.output).to_have_text(stack.row(second)["text"].strip())
    page.go_forward()
    expect(workbench.output).to_have_text(stack.row(first)["text"].strip())
    page.go_forward()
    page.wait_for_url(f"**/runs/{second}/")

    expect(workbench.field("sentence")).to_have_value("The train leaves at nine.")
    expect(workbench.output).to_have_text(stack.row(second)["text"].strip())


def test_two_pages_of_one_person_stream_side_by_side(stack: Stack, guest: Guest) -> None:
    one = guest.open("free", model="slow")
    other = guest.open("qa", model="slow")

    first = one.run_long(tokens=40)
    second = other.run_long(tokens=40)
    other.wait_for_text()
    expect(one.status).to_have_text("running")
    one.wait_final()
    other.wait_final()

    assert one.text == stack.row(first)["text"]
    assert other.text == stack.row(second)["text"]
