"""An e-mail address: given and confirmed by its link, then ticked on the form of a fine-tune; by
keyboard alone, on a phone, without scripts."""

import re
import uuid

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.account import Account
from tests.browser.axe import violations
from tests.browser.conftest import NewGuest
from tests.browser.guest import Guest
from tests.browser.test_library import press_to
from tests.browser.whole_page import assert_fits
from tests.support.mail_server import Mailbox
from tests.support.stack import Stack

pytestmark = pytest.mark.usefixtures("checker")
WIDTH = 390
TICK = "Send me an e-mail when it ends"
LONG_PART = "somebody-with-a-long-name-before-the-at-sign"


def new_address() -> str:
    """An address that nobody has."""
    return f"{LONG_PART}-{uuid.uuid4().hex[:8]}@example.org"


def signed_up(guest: Guest, *, is_phone: bool = False) -> Page:
    """The account's page of a new account."""
    page = guest.page("/")
    Account(page, guest.url, is_phone=is_phone).sign_up(f"ann-{uuid.uuid4().hex[:8]}")
    page.goto(f"{guest.url}/account/")
    return page


def link_sent_to(mailbox: Mailbox, address: str) -> str:
    """The link in the one message that went to the address."""
    (message,) = [message for message in mailbox.messages if message["To"] == address]
    found = re.search(r"http://\S+", message.get_content())
    assert found is not None
    return found[0]


def test_by_keyboard_alone_from_an_address_to_a_message_at_the_end(
    stack: Stack, guest: Guest, mailbox: Mailbox, axe_source: str
) -> None:
    address = new_address()
    form = guest.page("/datasets/")
    form.get_by_role("button", name="Blog ideas").click()
    form.get_by_role("link", name="Fine-tune a model on it").click()
    expect(form.get_by_role("link", name="Sign up")).to_be_visible()
    page = signed_up(guest)
    form.reload()
    expect(form.get_by_label(TICK)).to_have_count(0)
    found = violations(form, axe_source)

    press_to(form, "on your account's page")
    form.keyboard.press("Enter")
    form.wait_for_url("**/account/")
    form.close()
    press_to(page, "Change password")
    page.keyboard.press("Tab")
    expect(page.get_by_role("textbox", name="E-mail")).to_be_focused()
    page.keyboard.type(address)
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Open the link that was sent to it.")
    expect(page.get_by_text("The address is not confirmed")).to_be_visible()
    found += violations(page, axe_source)
    page.goto(link_sent_to(mailbox, address))
    found += violations(page, axe_source)
    press_to(page, "Confirm")
    page.keyboard.press("Enter")

    expect(page.get_by_role("status")).to_contain_text("Your e-mail address is confirmed.")
    expect(page.get_by_text("The address is confirmed.")).to_be_visible()
    found += violations(page, axe_source)
    page.goto(f"{guest.url}/finetunes/new/")
    # The form of another base comes after the tick, and keeps it.
    held: list[Route] = []
    page.route("**/finetunes/new/?*", lambda route: held.append(route))
    with page.expect_request("**/finetunes/new/?*"):
        page.get_by_label("Base model").select_option("spare")
    page.get_by_label("Name").fill("With a message")
    page.get_by_label(TICK).focus()
    page.keyboard.press("Space")
    page.locator(".finetune-form").evaluate("(form) => { form.dataset.before = ''; }")
    held[0].continue_()
    expect(page.locator("[data-before]")).to_have_count(0)
    expect(page.get_by_label(TICK)).to_be_checked()
    found += violations(page, axe_source)
    press_to(page, "Start training")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="With a message", level=1)).to_be_visible()
    finetune = page.url.split("/")[-2].replace("-", "")
    asked = stack.query("SELECT id FROM finetunes_finetunemail WHERE finetune_id = ?", finetune)
    assert len(asked) == 1
    assert found == []


def test_a_link_that_no_longer_works_says_what_to_do(
    guest: Guest, mailbox: Mailbox, axe_source: str
) -> None:
    first, second = new_address(), new_address()
    page = signed_up(guest)
    for address in (first, second):
        page.get_by_role("textbox", name="E-mail").fill(address)
        page.get_by_role("button", name="Save and send a link").click()
        expect(page.get_by_role("textbox", name="E-mail")).to_have_value(address)

    page.goto(link_sent_to(mailbox, first))
    with guest.complaints.allow("status of 400"):
        page.get_by_role("button", name="Confirm").click()
        expect(page.get_by_role("heading", name="This link no longer works")).to_be_visible()
    found = violations(page, axe_source)
    page.set_viewport_size({"width": WIDTH, "height": 844})
    assert_fits(page, WIDTH)
    press_to(page, "To the account")
    page.keyboard.press("Enter")

    expect(page.get_by_text("The address is not confirmed")).to_be_visible()
    assert found == []


def test_on_a_phone_and_without_scripts(new_guest: NewGuest, mailbox: Mailbox) -> None:
    address = new_address()
    guest = new_guest(java_script_enabled=False, viewport={"width": WIDTH, "height": 844})
    page = guest.page("/account/sign-up/")
    page.get_by_label("Name").fill(f"ann-{uuid.uuid4().hex[:8]}")
    page.get_by_label("Password", exact=True).fill("correct horse battery")
    page.get_by_label("Password, again").fill("correct horse battery")
    page.get_by_role("main").get_by_role("button", name="Sign up").click()
    page.goto(f"{guest.url}/account/")
    assert_fits(page, WIDTH)
    page.get_by_role("textbox", name="E-mail").fill(address)
    page.get_by_role("button", name="Save and send a link").click()
    expect(page.get_by_role("status")).to_contain_text("Open the link that was sent to it.")
    assert_fits(page, WIDTH)

    page.goto(link_sent_to(mailbox, address))
    assert_fits(page, WIDTH)
    page.get_by_role("button", name="Confirm").click()

    expect(page.get_by_text("The address is confirmed.")).to_be_visible()
    assert_fits(page, WIDTH)
    page.goto(f"{guest.url}/datasets/")
    page.get_by_role("button", name="Blog ideas").click()
    page.get_by_role("link", name="Fine-tune a model on it").click()
    expect(page.get_by_label(TICK)).to_be_visible()
    assert_fits(page, WIDTH)
