"""A late answer does not override newer input. The network is slow on purpose."""

import re

from playwright.sync_api import expect

from tests.browser.guest import Guest
from tests.browser.network import hold_requests, wait_for_held

MENU = re.compile(r"/models/menu/")
PAGE = re.compile(r"/(translation|chat|free)/$")
RUN = re.compile(r"/run/$")
PREVIEW = re.compile(r"/preview/$")


def test_a_model_chosen_while_the_list_reloads_stays_chosen(guest: Guest) -> None:
    workbench = guest.open("free")
    page = workbench.page
    with hold_requests(page, MENU) as waiting:
        asked = wait_for_held(page, waiting)
        workbench.model.click()
        page.locator("#model-slow").check(force=True)
        expect(page.locator("#model-slow")).to_be_checked()
        # As if the list had changed: the answer is the whole list, with the earlier choice.
        waiting.remove(asked)
        with page.expect_response(MENU):
            asked.continue_(url=re.sub(r"seen=\w*", "seen=", asked.request.url))

    expect(workbench.model).to_contain_text("slow")
    expect(page.locator("#model-slow")).to_be_checked()


def test_text_typed_while_a_row_is_added_stays(guest: Guest) -> None:
    workbench = guest.open("translation")
    rows = workbench.page.locator(".example:not(.example-head)")
    before = rows.count()
    with hold_requests(workbench.page, PAGE, method="POST") as waiting:
        workbench.page.get_by_role("button", name="Add an example").click()
        workbench.field("sentence").fill("Typed while the row was on its way.")
        wait_for_held(workbench.page, waiting)

    expect(rows).to_have_count(before + 1)
    expect(workbench.field("sentence")).to_have_value("Typed while the row was on its way.")
    expect(workbench.field("sentence")).to_be_focused()


def test_a_removed_variable_does_not_come_back_with_a_late_preview(guest: Guest) -> None:
    workbench = guest.open("free")
    page = workbench.page
    workbench.write_prompt("Dear {{name}} in {{city}}")
    expect(page.locator("[data-variable=city]")).to_be_visible()
    page.locator("[id='var.city']").fill("Rome")
    workbench.write_prompt("Dear {{name}}")
    remove = page.locator("[data-variable=city] .variable-remove")
    expect(remove).to_be_visible()
    with hold_requests(page, PREVIEW) as waiting:
        workbench.type_at_end("!")
        wait_for_held(page, waiting)
        remove.click()
    workbench.type_at_end("?")

    expect(page.locator("#finished-prompt")).to_be_visible()
    expect(page.locator(".finished-text")).to_contain_text("!?")
    expect(page.locator("[data-variable=city]")).to_have_count(0)


def test_a_chats_answer_keeps_the_next_message_and_edited_fields(
    guest: Guest,
) -> None:
    workbench = guest.open("chat")
    message = workbench.field("message")
    with hold_requests(workbench.page, RUN) as waiting:
        message.fill("Where is my parcel?")
        message.press("Enter")
        wait_for_held(workbench.page, waiting)
        workbench.field("setting").fill("A shop for lamps.")
        message.focus()
        message.press("End")
        workbench.page.keyboard.type(" And my lamp?")
    workbench.wait_final()

    expect(message).to_have_value(" And my lamp?")
    expect(workbench.field("setting")).to_have_value("A shop for lamps.")
    expect(workbench.page.locator(".turn").last).to_contain_text("Where is my parcel?")


def test_a_late_error_does_not_take_the_focus_from_a_person_who_types(guest: Guest) -> None:
    workbench = guest.open("translation")
    with guest.complaints.allow("status of 400", "Error Code 400"):
        workbench.set(seed="nothing")
        with hold_requests(workbench.page, RUN):
            workbench.run_button.click()
            workbench.field("sentence").fill("Going on.")
        expect(workbench.notice).to_contain_text("Seed")

    expect(workbench.parameter("seed")).to_have_attribute("aria-invalid", "true")
    expect(workbench.field("sentence")).to_be_focused()
