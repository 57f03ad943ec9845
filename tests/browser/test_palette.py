"""The command palette: the page's commands and links, found by a few letters."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewGuest
from tests.browser.guest import Guest
from tests.browser.library import SavedPrompt
from tests.browser.palette import Palette
from tests.browser.test_phone import phone
from tests.browser.whole_page import assert_fits
from tests.support.stack import Stack

PAGES = ("/", "/sql/", "/prompts/", "/history/", "/gallery/", "/account/", "/account/sign-up/")


def save_prompt(guest: Guest, title: str, text: str) -> Page:
    """The page of a prompt that ``guest`` has just saved."""
    prompt = SavedPrompt(guest.open("free"))
    prompt.write(text)
    prompt.save(title=title)
    return prompt.page


def test_it_opens_on_every_page_and_escape_gives_the_focus_back(guest: Guest) -> None:
    page = guest.page()
    palette = Palette(page)

    for path in (*PAGES, "/nowhere/"):
        with guest.complaints.allow("status of 404"):
            page.goto(guest.url + path)
        page.get_by_role("button", name="Keyboard shortcuts").focus()
        palette.open()
        expect(palette.option("SQL").first).to_be_visible()
        page.keyboard.press("Escape")
        expect(palette.dialog).to_be_hidden()
        expect(page.get_by_role("button", name="Keyboard shortcuts")).to_be_focused()

    page.get_by_role("button", name="Search and commands").click()
    expect(palette.field).to_be_focused()
    # The same key closes it.
    page.keyboard.press("Control+k")
    expect(palette.dialog).to_be_hidden()


def test_it_is_a_combobox_with_a_list(guest: Guest) -> None:
    page = guest.page("/gallery/")
    palette = Palette(page)
    palette.open()
    expect(palette.group("Templates").get_by_role("option")).to_have_count(7)
    expect(palette.field).to_have_attribute("aria-controls", "palette-list")
    expect(palette.field).to_have_attribute("aria-expanded", "true")

    def selected_name() -> str | None:
        expect(palette.selected_option).to_have_count(1)
        at = palette.selected_option.get_attribute("id")
        expect(palette.field).to_have_attribute("aria-activedescendant", at or "")
        return palette.selected_option.locator(".palette-name").text_content()

    names = palette.options.locator(".palette-name").all_text_contents()
    assert selected_name() == names[0]
    page.keyboard.press("ArrowDown")
    assert selected_name() == names[1]
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    assert selected_name() == names[-1]
    expect(palette.selected_option).to_be_in_viewport()
    page.keyboard.press("ArrowDown")
    assert selected_name() == names[0]

    page.keyboard.type("xyzzy")
    expect(palette.dialog.get_by_text("No results for").first).to_be_visible()
    expect(palette.field).to_have_attribute("aria-expanded", "false")
    expect(palette.field).not_to_have_attribute("aria-activedescendant", re.compile("."))
    page.keyboard.press("Enter")
    expect(palette.dialog).to_be_visible()


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("hist", "History"),
        ("sch col", "Colour scheme: as the system (now)"),
        ("trnsl", "Translation"),
    ],
)
def test_a_few_letters_find_an_option(guest: Guest, typed: str, name: str) -> None:
    palette = Palette(guest.page("/gallery/"))
    palette.open()
    expect(palette.group("Templates")).to_be_visible()

    palette.page.keyboard.type(typed)

    expect(palette.selected_option.locator(".palette-name")).to_have_text(name)


def test_it_opens_pages_templates_and_own_prompts(guest: Guest, new_guest: NewGuest) -> None:
    page = save_prompt(guest, "Bicycles", "Who owns the velocipede?")
    address, palette = page.url, Palette(page)

    palette.choose("History")
    page.wait_for_url("**/history/")
    palette.choose("Table")
    page.wait_for_url("**/table/**")
    palette.open()
    page.keyboard.type("velocip")
    expect(palette.selected_option.locator(".palette-name")).to_have_text("Bicycles")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(re.escape(address.split("?")[0])))

    # The most recently used option is first the next time.
    page.goto(f"{guest.url}/gallery/")
    palette.open()
    expect(palette.group("Recent").get_by_role("option")).to_have_count(3)
    expect(palette.options.first).to_contain_text("Bicycles")
    other = Palette(new_guest().page("/gallery/"))
    other.open()
    other.page.keyboard.type("velocip")
    expect(other.dialog.get_by_text("No results for").first).to_be_visible()


def test_it_presses_the_pages_own_buttons(stack: Stack, guest: Guest) -> None:
    workbench = guest.open("free")
    page, palette = workbench.page, Palette(workbench.page)
    palette.open()
    expect(palette.option("Stop")).to_have_count(0)
    expect(palette.option("Retry")).to_have_count(0)
    expect(palette.option("Run")).to_contain_text("Ctrl")
    page.keyboard.press("Escape")
    palette.choose("slow")
    expect(workbench.model).to_contain_text("slow")
    palette.choose("Probabilities: turn on")
    expect(workbench.parameter("logprobs")).to_be_checked()
    palette.choose("Reset the parameters")
    expect(workbench.parameter("logprobs")).not_to_be_checked()
    workbench.set_length(400)

    palette.choose("Run")
    run = workbench.wait_for_run()
    workbench.wait_for_text()
    palette.choose("Stop")
    workbench.wait_final("cancelled")

    assert stack.row(run)["model"] == "slow"
    palette.choose("Star this run")
    expect(workbench.panel.get_by_role("button", name="Star this run")).to_have_attribute(
        "aria-pressed", "true"
    )
    palette.open()
    page.keyboard.type("undo")
    expect(palette.selected_option).to_contain_text(re.compile("removes .* generated token"))
    page.keyboard.press("Enter")
    expect(workbench.redo_button).to_be_visible()
    palette.choose("Colour scheme: light")
    expect(page.locator("html")).to_have_attribute("data-scheme", "light")


def test_it_neither_opens_over_another_dialog_nor_stops_a_run(guest: Guest) -> None:
    workbench = guest.open("free", model="slow")
    page, palette = workbench.page, Palette(workbench.page)
    workbench.run_long(400)
    workbench.wait_for_text()
    palette.open()
    page.keyboard.press("Escape")
    expect(palette.dialog).to_be_hidden()
    expect(workbench.stop_button).to_be_enabled()
    page.keyboard.press("Escape")
    workbench.wait_final("cancelled")

    palette.choose("Save")
    expect(page.get_by_role("dialog", name="Save")).to_be_visible()
    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog", name="Save")).to_be_visible()
    expect(palette.dialog).to_be_hidden()


def test_it_links_to_the_state_of_a_saved_prompt(guest: Guest) -> None:
    page = save_prompt(guest, "Boats", "A boat on the")

    Palette(page).choose("Link to this state")

    dialog = page.get_by_role("dialog", name="Share")
    expect(dialog.get_by_role("textbox", name="Link to this state")).to_have_value(
        re.compile(r"/free/\?")
    )


def test_on_a_phone_it_opens_from_the_menu_and_fits(new_guest: NewGuest) -> None:
    page = phone(new_guest, 360).page("/qa/")
    palette = Palette(page)

    page.get_by_role("button", name="Menu", exact=True).tap()
    page.get_by_role("button", name="Search and commands").tap()
    expect(palette.group("Templates")).to_be_visible()
    assert_fits(page, 360)
    palette.option("Gallery").tap()

    page.wait_for_url("**/gallery/")
