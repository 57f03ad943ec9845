"""Sharing between people who each have their own browser."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.account import Account
from tests.browser.axe import violations
from tests.browser.conftest import NewGuest
from tests.browser.guest import Guest
from tests.browser.library import SavedPrompt
from tests.browser.sharing import ShareDialog, SharedPage
from tests.browser.whole_page import assert_fits
from tests.support.stack import Stack

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}


def save_prompt(guest: Guest, title: str, *, run: bool = False, slug: str = "translation") -> Page:
    """The page of a prompt that ``guest`` has just saved, with a run of it."""
    workbench = guest.open(slug)
    if run:
        workbench.run()
        workbench.wait_final()
    prompt = SavedPrompt(workbench)
    prompt.save(title=title)
    return prompt.page


def sign_up(guest: Guest, name: str) -> None:
    Account(guest.page(), guest.url).sign_up(name)


def path_of(address: str) -> str:
    return urlsplit(address).path


def reads(guest: Guest, address: str) -> SharedPage:
    return SharedPage(guest.page(path_of(address)))


def test_two_people_share_read_fork_and_revoke(guest: Guest, new_guest: NewGuest) -> None:
    page = save_prompt(guest, "To the sea", run=True)
    output = page.get_by_test_id("output").inner_text().strip()
    dialog = ShareDialog(page)
    dialog.open()
    expect(dialog.state).to_contain_text("Private")
    address = dialog.make_link(output[:12])
    expect(dialog.state).to_contain_text("1 active link")

    reader = new_guest()
    shared = reads(reader, address)
    expect(shared.title).to_have_text("To the sea")
    expect(shared.prompt).to_contain_text("English: Where is the station?")
    expect(shared.outputs).to_have_text(output)
    assert not [cookie for cookie in reader.context.cookies() if cookie["name"] == "person"]

    shared.fork_button.click()
    reader_page = shared.page
    reader_page.wait_for_url("**/prompts/**")
    expect(reader_page.locator("#fork-note")).to_contain_text("Forked from To the sea by a guest")
    expect(reader_page.locator("#fork-note")).to_contain_text("unchanged since")

    again = reads(reader, address)
    dialog.revoke()
    expect(dialog.state).to_contain_text("Private")
    with reader.complaints.allow("status of 404"):
        again.page.reload()
        expect(again.title).to_have_text("Nothing here")
    reader_page.reload()
    expect(reader_page.locator("#fork-note")).to_contain_text("Forked from “To the sea”")


def test_the_open_pages_fork_is_refused_once_the_link_is_revoked(
    guest: Guest, new_guest: NewGuest
) -> None:
    dialog = ShareDialog(save_prompt(guest, "Closing soon"))
    dialog.open()
    reader = new_guest()
    shared = reads(reader, dialog.make_link())
    dialog.revoke()

    with reader.complaints.allow("status of 404", "Error Code 404"):
        shared.fork_button.click()
        expect(shared.page.locator("#notice")).to_contain_text("There is nothing at this address")


def test_a_fork_says_what_changed_since(guest: Guest, new_guest: NewGuest) -> None:
    dialog = ShareDialog(save_prompt(guest, "A beginning", slug="free"))
    dialog.open()
    reader = new_guest()
    shared = reads(reader, dialog.make_link())
    shared.fork_button.click()
    shared.page.wait_for_url("**/prompts/**")
    prompt = SavedPrompt(reader.workbench(shared.page))
    prompt.write("Something else altogether")
    prompt.save(message="Mine now")

    shared.page.get_by_role("link", name=re.compile(r"\d+ changes? since")).click()

    expect(shared.page.get_by_test_id("diff")).to_contain_text("Something else altogether")


def test_a_link_expires(stack: Stack, guest: Guest, new_guest: NewGuest) -> None:
    dialog = ShareDialog(save_prompt(guest, "For a day"))
    dialog.open()
    address = dialog.make_link(expires="day")
    expect(dialog.links.first).to_contain_text("expires")
    reader = new_guest()
    shared = reads(reader, address)
    expect(shared.title).to_have_text("For a day")

    token = path_of(address).split("/")[2]
    stack.query("UPDATE prompts_share SET expires_at = '2020-01-01' WHERE token = ?", token)

    with reader.complaints.allow("status of 404"):
        shared.page.reload()
        expect(shared.title).to_have_text("Nothing here")


def test_a_shared_prompt_opens_in_the_playground_and_runs(
    stack: Stack, guest: Guest, new_guest: NewGuest
) -> None:
    dialog = ShareDialog(save_prompt(guest, "Try me"))
    dialog.open()
    reader = new_guest()
    shared = reads(reader, dialog.make_link())

    shared.open_button.click()

    workbench = reader.workbench(shared.page)
    expect(workbench.run_button).to_be_enabled()
    workbench.set(max_tokens=8)
    run = workbench.run()
    workbench.wait_final()
    assert stack.row(run)["prompt"].startswith("English: Where is the station?")


def test_a_link_carries_the_pages_state(guest: Guest, new_guest: NewGuest) -> None:
    workbench = guest.open("free")
    workbench.write_prompt("Dear {{name}}, it is {{time}}")
    workbench.set(temperature=0.35, max_tokens=33)
    dialog = ShareDialog(workbench.page)
    dialog.open()
    address = dialog.dialog.locator("copy-text input").input_value()

    parts = urlsplit(address)
    page = new_guest().page(f"{parts.path}?{parts.query}")

    other = guest.workbench(page)
    expect(other.prompt).to_have_text("Dear {{name}}, it is {{time}}")
    expect(other.parameter("temperature")).to_have_value("0.35")
    expect(other.parameter("max_tokens")).to_have_value("33")


def test_a_button_copies_the_address(guest: Guest) -> None:
    guest.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = save_prompt(guest, "Copied")
    dialog = ShareDialog(page)
    dialog.open()
    address = dialog.make_link()

    dialog.links.first.get_by_role("button", name="Copy").click()

    expect(dialog.links.first.get_by_role("button")).to_contain_text(["Copied"])
    assert page.evaluate("navigator.clipboard.readText()") == address


def test_a_user_publishes_and_everybody_finds_it(guest: Guest, new_guest: NewGuest) -> None:
    sign_up(guest, "gallerist")
    page = save_prompt(guest, "Harbour phrases", run=True)
    dialog = ShareDialog(page)
    dialog.open()
    dialog.choose("Gallery")
    dialog.dialog.get_by_role("button", name="Publish").click()
    expect(dialog.state).to_contain_text("In the gallery")

    reader = new_guest()
    gallery = reader.page("/gallery/")
    gallery.get_by_label("Search titles and prompts").fill("harbou")
    expect(gallery.locator(".tile")).to_have_count(1)
    gallery.get_by_role("link", name="Harbour phrases").click()
    shared = SharedPage(gallery)
    expect(shared.title).to_have_text("Harbour phrases")
    expect(gallery.get_by_text("by gallerist")).to_be_visible()

    dialog.dialog.get_by_role("button", name="Remove from the gallery").click()
    expect(dialog.state).to_contain_text("Private")
    with reader.complaints.allow("status of 404"):
        gallery.reload()
        expect(shared.title).to_have_text("Nothing here")
    gallery.goto(f"{reader.url}/gallery/?q=harbour")
    expect(gallery.get_by_role("heading", name="Nothing found")).to_be_visible()


def test_a_guest_is_told_to_sign_up_before_publishing(guest: Guest) -> None:
    dialog = ShareDialog(save_prompt(guest, "Nameless"))
    dialog.open()
    dialog.choose("Gallery")

    expect(dialog.dialog.get_by_role("link", name="Sign up")).to_be_visible()
    expect(dialog.dialog.get_by_role("button", name="Publish")).to_have_count(0)


def test_sharing_works_without_a_script(guest: Guest, new_guest: NewGuest) -> None:
    owner = new_guest(java_script_enabled=False)
    workbench = owner.open("qa")
    page = workbench.page
    page.get_by_role("button", name="Save", exact=True).click()
    page.locator("#save-name").fill("Plain")
    page.locator("#save-submit").click()
    page.wait_for_url("**/prompts/**")
    page.get_by_role("link", name="Share").click()
    page.get_by_text("anyone who has it").click()
    page.get_by_role("button", name="Create link").click()
    address = page.locator("copy-text input").input_value()

    reader = new_guest(java_script_enabled=False)
    shared = reads(reader, address)
    expect(shared.title).to_have_text("Plain")
    shared.fork_button.click()
    reader_page = shared.page
    reader_page.get_by_role("button", name="Fork").click()
    reader_page.wait_for_url("**/prompts/**")
    expect(reader_page.locator("#fork-note")).to_contain_text("Forked from Plain")

    page.get_by_text("Revoke", exact=True).click()
    page.get_by_role("button", name="Revoke this link").click()
    expect(page.locator(".share-state")).to_contain_text("Private")


def test_a_preview_has_a_picture(guest: Guest, new_guest: NewGuest, tmp_path: Path) -> None:
    dialog = ShareDialog(save_prompt(guest, "A picture of it", run=True))
    dialog.open()
    shared = reads(new_guest(), dialog.make_link())

    image = shared.page.locator('meta[property="og:image"]').get_attribute("content")
    answer = shared.page.request.get(image or "")

    assert answer.headers["content-type"] == "image/png"
    assert len(answer.body()) > 10_000


def test_a_phone_shows_and_shares(new_guest: NewGuest, axe_source: str) -> None:
    owner = new_guest(**PHONE)
    dialog = ShareDialog(save_prompt(owner, "On the way", run=True))
    dialog.open()
    address = dialog.make_link()
    assert_fits(dialog.page, 390)
    found = violations(dialog.page, axe_source)

    shared = reads(new_guest(**PHONE), address)
    expect(shared.open_button).to_be_visible()
    assert_fits(shared.page, 390)

    found += violations(shared.page, axe_source)
    assert not found, "\n".join(found)


def test_axe_finds_nothing(guest: Guest, new_guest: NewGuest, axe_source: str) -> None:
    sign_up(guest, "axewoman")
    page = save_prompt(guest, "Accessible to all", run=True)
    output = page.get_by_test_id("output").inner_text().strip()
    dialog = ShareDialog(page)
    dialog.open()
    found = violations(page, axe_source)
    address = dialog.make_link(output[:12])
    dialog.links.first.get_by_text("Revoke", exact=True).click()
    found += violations(page, axe_source)
    dialog.choose("Gallery")
    found += violations(page, axe_source)
    dialog.dialog.get_by_role("button", name="Publish").click()
    expect(dialog.state).to_contain_text("In the gallery")
    found += violations(page, axe_source)

    for path in (path_of(address), f"{path_of(address)}fork/", "/gallery/"):
        found += violations(new_guest().page(path), axe_source)
    found += violations(guest.page(f"{path_of(page.url)}share/"), axe_source)

    assert not found, "\n".join(found)


@pytest.mark.parametrize("path", ["/gallery/", "/gallery/?q=nothing-of-the-kind"])
def test_an_empty_list_says_what_to_do(guest: Guest, path: str) -> None:
    expect(guest.page(path).get_by_role("heading", level=1)).to_have_text("Gallery")
