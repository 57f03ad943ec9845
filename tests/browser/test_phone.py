"""Pages on a phone: nothing is too wide, and the dock and the sheet work by touch."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewGuest
from tests.browser.guest import Guest
from tests.browser.test_templates import SLUGS
from tests.browser.whole_page import assert_fits
from tests.support.stack import Stack

WIDTHS = (390, 360)


def phone(new_guest: NewGuest, width: int) -> Guest:
    return new_guest(
        viewport={"width": width, "height": 844},
        is_mobile=True,
        has_touch=True,
        device_scale_factor=2,
    )


@pytest.mark.parametrize("width", WIDTHS)
def test_no_page_is_wider_than_the_screen(new_guest: NewGuest, width: int) -> None:
    guest = phone(new_guest, width)
    page = guest.page("/")
    assert_fits(page, width)

    for slug in SLUGS:
        page.goto(f"{guest.url}/{slug}/")
        assert_fits(page, width)
        workbench = guest.workbench(page)
        if slug != "free":
            workbench.tab("Prompt").tap()
            assert_fits(page, width)

    with guest.complaints.allow("status of 404"):
        page.goto(f"{guest.url}/nowhere/")
    assert_fits(page, width)


@pytest.mark.parametrize("width", WIDTHS)
def test_the_dock_runs_with_the_sheets_parameters_and_everything_fits(
    stack: Stack, new_guest: NewGuest, width: int
) -> None:
    workbench = phone(new_guest, width).open("table")
    sheet = workbench.page.locator("#parameter-sheet")
    expect(workbench.run_button).to_be_in_viewport()
    expect(workbench.parameter("max_tokens")).to_be_hidden()

    workbench.page.get_by_role("button", name="Parameters").tap()
    expect(sheet).to_be_visible()
    assert_fits(workbench.page, width)
    workbench.set(max_tokens=99)
    sheet.get_by_role("button", name="Close").tap()
    expect(sheet).to_be_hidden()
    workbench.run_button.tap()
    run = workbench.wait_for_run()
    workbench.wait_final()

    assert stack.row(run)["parameters"]["max_tokens"] == 99
    assert workbench.text == stack.row(run)["text"]
    expect(workbench.page.get_by_role("table")).to_be_visible()
    expect(workbench.run_button).to_be_in_viewport()
    assert_fits(workbench.page, width)
    workbench.retry_button.tap()
    workbench.wait_for_run(other_than=run)
    workbench.wait_final()
    expect(workbench.siblings).to_have_text("2 of 2")
    assert_fits(workbench.page, width)


def test_a_very_long_word_wraps(stack: Stack, new_guest: NewGuest) -> None:
    workbench = phone(new_guest, 360).open("free")
    run = workbench.run()
    workbench.wait_final()
    stack.query("UPDATE runs_run SET text = ? WHERE id = ?", " " + "w" * 900, run.replace("-", ""))

    workbench.page.reload()
    workbench.write_prompt("p" * 900)

    assert_fits(workbench.page, 360)


def test_templates_are_reached_from_the_menu_of_the_top_bar(new_guest: NewGuest) -> None:
    workbench = phone(new_guest, 390).open("free")
    link = workbench.page.get_by_test_id("template-chat")
    expect(link).to_be_hidden()

    workbench.page.get_by_role("button", name="Templates").tap()
    link.tap()

    workbench.page.wait_for_url("**/chat/**")
    expect(workbench.page.get_by_role("heading", level=1)).to_be_visible()
