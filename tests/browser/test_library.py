"""Saving, versions and the list of prompts, as a person uses them."""

import re

from playwright.sync_api import Page, expect

from tests.browser.axe import violations
from tests.browser.conftest import NewGuest
from tests.browser.guest import Guest
from tests.browser.library import Library, SavedPrompt
from tests.browser.test_phone import phone
from tests.browser.whole_page import assert_fits
from tests.support.stack import Stack


def open_prompt(guest: Guest, slug: str = "free") -> SavedPrompt:
    return SavedPrompt(guest.open(slug))


def save_prompt(guest: Guest, title: str, text: str, **details: str) -> SavedPrompt:
    """Saves a prompt of the free page."""
    prompt = open_prompt(guest)
    prompt.write(text)
    prompt.save(title=title, **details)
    return prompt


def library_of(guest: Guest, query: str = "") -> Library:
    return Library(guest.page(f"/prompts/{query}"))


def test_save_change_save_again_see_what_changed_and_restore(guest: Guest) -> None:
    prompt = open_prompt(guest, "qa")
    prompt.workbench.field("question").fill("Who owns the red bicycle?")
    prompt.open_save()
    expect(prompt.dialog.get_by_label("Title", exact=True)).to_have_value(
        "Q&A: Who owns the red bicycle?"
    )
    prompt.page.keyboard.press("Escape")
    prompt.save(title="Bicycles", tags="Reading, demo")
    expect(prompt.heading).to_have_text("Bicycles")
    expect(prompt.page.get_by_text("Version 1 · Q&A")).to_be_visible()

    prompt.workbench.field("question").fill("Who owns the blue bicycle?")
    prompt.workbench.set(temperature=0.25)
    prompt.save(message="Another colour")
    expect(prompt.page.get_by_text("Version 2 · Q&A")).to_be_visible()

    prompt.page.get_by_role("link", name="Versions").click()
    newest = prompt.page.locator("#version-2")
    expect(newest).to_contain_text("Another colour")
    expect(newest).to_contain_text("1 word added")
    expect(newest).to_contain_text("Temperature 0.00 → 0.25")
    prompt.page.get_by_role("button", name="Compare the two marked versions").click()
    diff = prompt.page.get_by_test_id("diff")
    expect(diff.locator("del")).to_have_text("red")
    expect(diff.locator("ins")).to_have_text("blue")
    expect(prompt.page.get_by_role("row", name="Temperature")).to_contain_text("0.25")

    prompt.page.get_by_role("button", name="Restore version 1").click()
    expect(prompt.page.locator("#version-3")).to_contain_text("Restored version 1")
    prompt.page.get_by_role("link", name="Open the prompt").click()
    expect(prompt.workbench.field("question")).to_have_value("Who owns the red bicycle?")
    expect(prompt.workbench.parameter("temperature")).to_have_value("0.00")


def test_an_unchanged_version_is_refused_in_the_dialog(guest: Guest) -> None:
    prompt = save_prompt(guest, "Same", "The same text")

    with guest.complaints.allow("status of 400", "Error Code 400"):
        prompt.open_save()
        prompt.page.keyboard.press("Enter")
        expect(prompt.dialog).to_contain_text("Nothing has changed since version 1.")

    prompt.page.keyboard.press("Escape")
    expect(prompt.dialog).to_be_hidden()


def test_a_version_shows_its_run_and_the_run_its_prompt(stack: Stack, guest: Guest) -> None:
    prompt = open_prompt(guest, "qa")
    prompt.save(title="Runs")
    address = prompt.page.url
    run = prompt.workbench.run()
    prompt.workbench.wait_final()

    prompt.page.reload()
    expect(prompt.heading).to_have_text("Runs")
    prompt.page.get_by_role("link", name="Versions").click()
    expect(prompt.page.locator("#version-1")).to_contain_text("1 run")

    prompt.page.goto(address)
    assert prompt.workbench.run_id == run
    assert stack.row(run)["version_id"] is not None


def test_the_run_on_the_page_is_still_there_after_saving(guest: Guest) -> None:
    prompt = open_prompt(guest, "translation")
    run = prompt.workbench.run()
    prompt.workbench.wait_final()

    prompt.save(title="With its run")

    assert prompt.workbench.run_id == run


def test_search_filters_and_order(stack: Stack, guest: Guest) -> None:
    bird = save_prompt(guest, "Birds", "Name a bird", tags="nature, short")
    run = bird.workbench.run()
    bird.workbench.wait_final()
    save_prompt(guest, "Apples", "Name a fruit", tags="nature")
    library = library_of(guest)
    expect(library.titles).to_have_text(["Apples", "Birds"])

    library.search("fruit")
    expect(library.titles).to_have_text(["Apples"])
    expect(library.page).to_have_url(re.compile(r"\?q=fruit$"))
    word = max(re.findall(r"[a-z]+", stack.row(run)["text"].lower()), key=len)
    library.search(word)
    expect(library.titles).to_have_text(["Birds"])
    library.search("")
    expect(library.titles).to_have_text(["Apples", "Birds"])

    library.page.get_by_label("Tag", exact=True).select_option("short")
    expect(library.titles).to_have_text(["Birds"])
    library.page.get_by_label("Tag", exact=True).select_option("")
    expect(library.titles).to_have_count(2)
    star = library.row("Birds").get_by_role("button", name="Star Birds")
    star.click()
    expect(star).to_have_attribute("aria-pressed", "true")
    library.page.get_by_label("Starred").check()
    expect(library.titles).to_have_text(["Birds"])
    library.page.reload()
    expect(library.titles).to_have_text(["Birds"])
    library.page.goto(f"{guest.url}/prompts/?sort=title")
    expect(library.titles).to_have_text(["Apples", "Birds"])


def test_archiving_is_undone_and_deleting_asks(guest: Guest) -> None:
    save_prompt(guest, "Going", "A text to put away")
    library = library_of(guest)

    library.page.get_by_role("button", name="Archive Going").click()
    expect(library.toast).to_contain_text("Archived.")
    expect(library.titles).to_have_count(0)
    library.toast.get_by_role("button", name="Undo").click()
    expect(library.titles).to_have_text(["Going"])

    library.page.get_by_role("button", name="Archive Going").click()
    library.page.get_by_role("link", name="Archive 1").click()
    expect(library.titles).to_have_text(["Going"])
    library.page.get_by_role("link", name="Delete Going").click()
    expect(library.page.get_by_role("heading", level=1)).to_have_text("Delete “Going”?")
    library.page.get_by_role("button", name="Delete for good").click()
    expect(library.toast).to_contain_text("Deleted for good.")
    expect(library.page.get_by_text("The archive is empty")).to_be_visible()


def test_a_prompt_is_duplicated_in_the_list_and_its_copy_opens(guest: Guest) -> None:
    save_prompt(guest, "Letter", "Dear reader,", tags="post")
    library = library_of(guest)

    library.page.get_by_role("button", name="Duplicate Letter").click()
    expect(library.titles).to_have_text(["Copy of Letter", "Letter"])
    expect(library.toast).to_contain_text("Duplicated as “Copy of Letter”.")
    library.titles.first.click()

    expect(library.page.get_by_role("heading", level=1)).to_have_text("Copy of Letter")
    expect(library.page.get_by_test_id("prompt")).to_have_text("Dear reader,")


def test_title_and_tags_are_edited_in_the_list(guest: Guest) -> None:
    save_prompt(guest, "Old name", "A text", tags="first")
    library = library_of(guest)

    library.page.get_by_role("link", name="Edit Old name").click()
    expect(library.page.get_by_label("Title", exact=True)).to_be_focused()
    library.page.get_by_label("Title", exact=True).fill("New name")
    library.page.get_by_label("Tags", exact=True).fill("second, third")
    library.page.keyboard.press("Enter")

    expect(library.titles).to_have_text(["New name"])
    expect(library.titles.first).to_be_focused()
    library.page.get_by_role("link", name="third").click()
    expect(library.titles).to_have_text(["New name"])


def press_to(page: Page, name: str, key: str = "Tab") -> None:
    """Presses ``key`` until an element with the name ``name`` has the focus."""
    for _ in range(80):
        focused = page.locator(":focus")
        if focused.count() and re.fullmatch(name, " ".join(focused.inner_text().split())):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{name} is not reached by {key}")


def test_everything_by_keyboard_alone(guest: Guest) -> None:
    prompt = open_prompt(guest, "translation")
    page = prompt.page
    press_to(page, "Save")
    page.keyboard.press("Enter")
    expect(prompt.dialog.get_by_label("Title", exact=True)).to_be_focused()
    page.keyboard.type("By keys")
    with page.expect_navigation(url="**/prompts/**"):
        page.keyboard.press("Enter")
    expect(prompt.heading).to_have_text("By keys")

    page.goto(f"{guest.url}/prompts/")
    library = Library(page)
    press_to(page, "Archive By keys")
    page.keyboard.press("Enter")
    undo = library.toast.get_by_role("button", name="Undo")
    expect(undo).to_be_focused()
    page.keyboard.press("Enter")
    expect(library.titles).to_have_text(["By keys"])


def test_a_prompt_is_saved_and_found_without_scripts(new_guest: NewGuest) -> None:
    guest = new_guest(java_script_enabled=False)
    prompt = open_prompt(guest)
    prompt.workbench.prompt.fill("A text without a script")
    prompt.page.get_by_role("button", name="Save", exact=True).click()
    prompt.page.get_by_label("Title", exact=True).fill("Plain")
    prompt.page.locator("#save-submit").click()
    expect(prompt.heading).to_have_text("Plain")

    page = guest.page("/prompts/")
    page.get_by_role("searchbox").fill("without script")
    page.get_by_role("button", name="Show").click()
    expect(Library(page).titles).to_have_text(["Plain"])
    page.get_by_role("button", name="Star Plain").click()
    expect(page.get_by_role("button", name="Star Plain")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Archive Plain").click()
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("link", name="Edit Plain").click()
    page.get_by_label("Title", exact=True).fill("Plainer")
    page.get_by_role("button", name="Save").click()
    expect(Library(page).titles).to_have_text(["Plainer"])


def test_axe_finds_nothing_on_the_pages_of_saved_prompts(guest: Guest, axe_source: str) -> None:
    found = violations(guest.page("/prompts/"), axe_source)
    prompt = save_prompt(guest, "Clean", "A text to look at", tags="one, two")
    page = prompt.page
    found += violations(page, axe_source)
    prompt.open_save()
    found += violations(page, axe_source)
    page.keyboard.press("Escape")
    prompt.write("A text to look at again")
    found += violations(page, axe_source)
    prompt.save()
    for path in ("versions/", "diff/", "edit/", "delete/"):
        page.goto(f"{re.split('[?#]', page.url)[0].split('/prompts/')[0]}/prompts/")
        href = page.locator(".row-title a").first.get_attribute("href")
        page.goto(f"{guest.url}{href}{path}")
        found += violations(page, axe_source)
    page.goto(f"{guest.url}/prompts/")
    found += violations(page, axe_source)
    page.get_by_role("button", name="Archive Clean").click()
    expect(page.locator("#toast")).to_be_visible()
    found += violations(page, axe_source)

    assert not found, "\n".join(found)


def test_the_pages_fit_a_phone(new_guest: NewGuest) -> None:
    guest = phone(new_guest, 360)
    page = guest.page("/prompts/")
    assert_fits(page, 360)
    prompt = open_prompt(guest)
    prompt.write("w" * 300)
    prompt.save(title="T" * 110, tags=", ".join("tag" * 8 + str(number) for number in range(6)))
    assert_fits(page := prompt.page, 360)
    prompt.write("w" * 300 + " more")
    prompt.open_save()
    assert_fits(page, 360)
    page.keyboard.press("Escape")
    prompt.save()
    page.get_by_role("link", name="Versions").click()
    assert_fits(page, 360)
    page.get_by_role("link", name="Changes in version 2").click()
    assert_fits(page, 360)
    page.goto(f"{guest.url}/prompts/")
    assert_fits(page, 360)
    page.get_by_role("link", name="Edit TTT").click()
    expect(page.get_by_label("Title", exact=True)).to_be_visible()
    assert_fits(page, 360)
