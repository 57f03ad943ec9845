"""A tuned model, chosen by keyboard alone and run: its name, and room for it on a phone."""

import uuid

from playwright.sync_api import expect

from tests.browser.axe import violations
from tests.browser.conftest import NewGuest
from tests.browser.guest import Guest
from tests.browser.test_phone import phone
from tests.browser.whole_page import assert_fits, too_wide
from tests.support.registering import register_adapter
from tests.support.stack import Stack

WIDTH = 390
TITLE = "Answers for the help desk of a harbour, the second try"


def test_it_is_in_an_open_page_s_menu_and_runs_by_keyboard_alone(
    stack: Stack, guest: Guest, axe_source: str
) -> None:
    workbench = guest.open("free")
    page = workbench.page
    workbench.set(max_tokens=8)
    first = workbench.run()
    workbench.wait_final()
    name = register_adapter(stack, first, base="demo", title=TITLE)
    choice = page.locator(".model-choice", has_text=TITLE)
    # The page was not loaded again: its menu renews itself.
    expect(choice).to_have_count(1)

    workbench.model.focus()
    page.keyboard.press("Enter")
    page.locator("#model-demo").focus()
    page.keyboard.press("ArrowDown")
    expect(workbench.model).to_contain_text(TITLE)
    expect(choice.locator("input")).to_be_checked()
    expect(choice).to_contain_text("tuned from demo")
    assert violations(page, axe_source) == []
    page.keyboard.press("Escape")
    workbench.prompt.focus()
    page.keyboard.press("Control+Enter")
    run = workbench.wait_for_run(other_than=first)
    workbench.wait_final()

    row = stack.row(run)
    assert (row["model"], row["status"]) == ("demo", "succeeded")
    expect(page.locator("#figure-model")).to_have_text(TITLE)
    page.reload()
    expect(workbench.model).to_contain_text(TITLE)
    page.goto(f"{guest.url}/history/?model={name}")
    expect(page.locator(".history-row")).to_have_count(1)
    expect(page.locator(".history-row")).to_contain_text(TITLE)


def test_its_name_has_room_on_a_phone(stack: Stack, new_guest: NewGuest) -> None:
    guest = phone(new_guest, WIDTH)
    first = guest.open("free").run()
    stack.wait_final(first)
    name = register_adapter(stack, first, base="demo", title="W" * 120, seed=2)

    workbench = guest.open("free", model=name)
    run = workbench.run()
    workbench.wait_final()

    assert run != first
    assert too_wide(workbench.page, WIDTH) == ""
    expect(workbench.page.locator("#figure-model")).to_be_visible()
    workbench.model.tap()
    expect(workbench.page.locator(".model-choice")).to_have_count(5)
    assert too_wide(workbench.page, WIDTH) == ""


def test_the_pages_of_its_link_fit_a_phone(
    stack: Stack, new_guest: NewGuest, axe_source: str
) -> None:
    guest = phone(new_guest, WIDTH)
    first = guest.open("free").run()
    stack.wait_final(first)
    name = register_adapter(stack, first, base="demo", title="W" * 120, seed=3)
    (row,) = stack.query("SELECT id FROM checkpoints_adapter WHERE name = ?", name)

    page = guest.page(f"/tuned/{uuid.UUID(row['id'])}/share/")
    page.get_by_role("button", name="Create link").tap()
    expect(page.get_by_text("Nobody else has it in the menu.")).to_be_visible()
    assert_fits(page, WIDTH)
    found = violations(page, axe_source)
    link = page.get_by_label("the link of the model").input_value().removeprefix(guest.url)

    reader = phone(new_guest, WIDTH).page(link)
    expect(reader.get_by_text("It joins your menu of models")).to_be_visible()
    assert_fits(reader, WIDTH)
    found += violations(reader, axe_source)
    assert found == []
