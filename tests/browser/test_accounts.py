"""Accounts as people use them: a guest's data are kept, and nobody else can read them."""

import json
import re
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.account import PASSWORD, Account
from tests.browser.axe import violations
from tests.browser.conftest import NewGuest
from tests.browser.guest import Guest
from tests.browser.whole_page import assert_fits
from tests.browser.workbench import Workbench
from tests.support.stack import Stack

NOT_FOUND = "status of 404"


def new_name() -> str:
    return f"ann-{uuid.uuid4().hex[:8]}"


def account_of(workbench: Workbench, guest: Guest) -> Account:
    return Account(workbench.page, guest.url)


def run_of(guest: Guest, prompt: str = "Once upon a time") -> tuple[Workbench, str]:
    """The guest's finished run."""
    workbench = guest.open("free")
    workbench.write_prompt(prompt)
    run = workbench.run()
    workbench.wait_final()
    return workbench, run


def test_a_guest_signs_up_and_keeps_everything_here_and_in_another_browser(
    guest: Guest, new_guest: NewGuest
) -> None:
    workbench, run = run_of(guest)
    text = workbench.text
    account, name = account_of(workbench, guest), new_name()

    account.sign_up(name)

    assert re.search(rf"/runs/{run}/$", workbench.page.url)
    assert workbench.text == text
    expect(guest.page("/history/").get_by_role("main")).to_contain_text("Once upon a time")
    account.sign_out()
    with guest.complaints.allow(NOT_FOUND):
        page = guest.page(f"/runs/{run}/")
        expect(page.get_by_role("heading", level=1)).to_have_text("Nothing here")

    other = new_guest()
    mine = account_of(other.workbench(other.page("/")), other)
    mine.sign_in(name)
    mine.page.goto(f"{other.url}/runs/{run}/")
    assert other.workbench(mine.page).text == text


def test_data_of_a_guest_in_two_browsers_come_together(
    stack: Stack, guest: Guest, new_guest: NewGuest
) -> None:
    workbench, first = run_of(guest, "The first")
    name = new_name()
    account_of(workbench, guest).sign_up(name)
    other = new_guest()
    workbench, second = run_of(other, "The second")

    account_of(workbench, other).sign_in(name)

    for someone in (guest, other):
        for run in (first, second):
            expect(someone.open_run(run).status).to_have_text("succeeded")
    assert stack.row(first)["person_id"] == stack.row(second)["person_id"]
    cookies = {cookie["name"] for cookie in other.context.cookies()}
    assert "person" not in cookies


def test_wrong_passwords_lock_the_name_for_the_right_one_too(guest: Guest) -> None:
    page, name = guest.page("/"), new_name()
    account = Account(page, guest.url)
    account.sign_up(name)
    account.sign_out()
    account.choose("Sign in")

    for _ in range(4):
        account.try_to_sign_in(name, "wrong")
        expect(account.error).to_have_text(
            re.compile(r"\s*The name and the password do not belong together\.\s*")
        )
    with guest.complaints.allow("status of 429"):
        account.try_to_sign_in(name, "wrong")
        expect(page.get_by_role("heading", level=1)).to_have_text("A moment, please")
        expect(page.get_by_role("main")).to_contain_text("Try again in 15 minutes")
        page.goto(f"{guest.url}/account/sign-in/")
        account.try_to_sign_in(name, PASSWORD)
        expect(page.get_by_role("heading", level=1)).to_have_text("A moment, please")


SEND_AT_ONCE = """async () => {
  const form = document.getElementById('editor');
  const post = () => fetch(form.action, { method: 'POST', body: new FormData(form) });
  const runs = await Promise.all([post(), post()]);
  const answers = await Promise.all(runs.map(({ url }) => fetch(url)));
  return answers.map(({ url, status }) => `${new URL(url).pathname} ${status}`);
}"""


def test_simultaneous_requests_of_a_new_page_belong_to_one_guest(guest: Guest) -> None:
    page = guest.open("qa").page

    answers = page.evaluate(SEND_AT_ONCE)

    runs = {answer.removesuffix(" 200") for answer in answers}
    assert len(runs) == 2
    assert all(re.fullmatch(r"/runs/[\w-]{36}/", run) for run in runs), answers


def test_signing_out_closes_the_stream_of_another_tab(stack: Stack, guest: Guest) -> None:
    first = guest.page("/")
    account = Account(first, guest.url)
    account.sign_up(new_name())
    workbench = guest.open("free", model="slow")
    run = workbench.run_long(tokens=96)
    workbench.wait_for_text()

    with guest.complaints.allow("403", "WebSocket"):
        account.sign_out()
        expect(workbench.panel).to_contain_text("You have signed out.", timeout=5_000)
        length = len(workbench.text)

        # The run continues for its owner, and this page receives no more of it.
        stack.wait_final(run, timeout=60)
        assert len(workbench.text) == length
        assert len(stack.row(run)["text"]) > length
        # The page tries once more to save its text as a draft, and the server refuses.
        workbench.page.close(run_before_unload=True)


def test_a_text_left_at_sign_out_waits_for_its_account(guest: Guest) -> None:
    name = new_name()
    first = guest.page("/")
    account = Account(first, guest.url)
    account.sign_up(name)
    left = guest.open("translation")
    with guest.complaints.allow("403"):
        account.sign_out()
        left.field("sentence").fill("This is of the account.")
        expect(left.page.locator("#draft-state")).to_contain_text("before you signed in or out")
        left.page.close(run_before_unload=True)

        # The next person in this browser does not get it, and neither does another account.
        nobody = guest.open("translation")
        expect(nobody.field("sentence")).not_to_have_value("This is of the account.")
        somebody = account_of(nobody, guest)
        somebody.sign_up(new_name())
        theirs = guest.open("translation")
        expect(theirs.field("sentence")).not_to_have_value("This is of the account.")
        theirs.page.close()
        somebody.sign_out()
        somebody.sign_in(name)

    again = guest.open("translation")
    expect(again.field("sentence")).to_have_value("This is of the account.")


def test_a_password_changed_here_signs_out_there_and_not_here(
    guest: Guest, new_guest: NewGuest
) -> None:
    name = new_name()
    here = Account(guest.page("/"), guest.url)
    here.sign_up(name)
    other = new_guest()
    there = Account(other.page("/"), other.url)
    there.sign_in(name)
    workbench = other.open("free", model="slow")
    # Longer than the change takes, even on a busy machine.
    workbench.run_long(tokens=300)
    workbench.wait_for_text()

    with other.complaints.allow("403", "WebSocket"):
        here.change_password(PASSWORD, "another good one")
        expect(workbench.panel).to_contain_text("You have signed out.", timeout=5_000)

    # The form belongs to the session that ended.
    workbench.page.close()
    there.page.reload()
    expect(there.name).to_have_count(0)
    here.page.reload()
    expect(here.name).to_have_text(name)
    there.sign_in(name, "another good one")


def test_an_account_is_exported_and_then_deleted(
    stack: Stack, guest: Guest, tmp_path: Path
) -> None:
    workbench, run = run_of(guest, "What I would not lose")
    account, name = account_of(workbench, guest), new_name()
    account.sign_up(name)
    page = account.page
    page.goto(f"{guest.url}/account/")

    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    download.value.save_as(tmp_path / "export.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "export.jsonl").read_text().splitlines()]
    assert lines[0]["name"] == name
    assert [line["id"] for line in lines if line["kind"] == "run"] == [run]

    with guest.complaints.allow("status of 400"):
        account.delete("wrong")
        expect(page.get_by_text("This is not your password.")).to_be_visible()
    account.delete(PASSWORD)

    expect(page.get_by_role("status")).to_contain_text("Everything is deleted.")
    assert not stack.query("SELECT id FROM runs_run WHERE id = ?", run.replace("-", ""))
    assert not stack.query("SELECT id FROM accounts_user WHERE username = ?", name)
    account.try_to_sign_in(name, PASSWORD)
    expect(account.error).to_contain_text("do not belong together")


def test_a_live_run_ends_with_its_account(stack: Stack, guest: Guest) -> None:
    workbench = guest.open("free", model="slow")
    account = account_of(workbench, guest)
    account.sign_up(new_name())
    run = workbench.run_long(tokens=400)
    workbench.wait_for_text()

    idle, listed = guest.open("translation"), guest.page("/history/")
    idle.field("sentence").fill("Typed and never run")
    expect(idle.page.locator("#draft-state")).to_have_text("Draft saved")

    with guest.complaints.allow("403", "404", "WebSocket"):
        deleting = guest.page("/")
        Account(deleting, guest.url).delete(PASSWORD)
        expect(deleting.get_by_role("status")).to_contain_text("Everything is deleted.")

        # Each open tab says so: the one that streams, and the tabs without a socket.
        for page in (workbench.page, idle.page, listed):
            said = page.get_by_role("alert").filter(has_text="Your account and everything in it")
            expect(said).to_be_visible(timeout=5_000)
        expect(workbench.status).to_have_text("deleted")
        expect(workbench.panel).to_contain_text("This run is deleted.")
        expect(workbench.panel).not_to_contain_text("Sign in again")
        expect(workbench.page.locator("#notice")).to_be_empty()
        expect(workbench.page.locator("#all-deleted")).to_be_in_viewport()
        expect(workbench.page.locator(".cursor")).to_have_count(0)
        expect(workbench.page.get_by_test_id("stop")).to_be_disabled()
        # The browser keeps nothing of closed tabs that a later person could restore.
        for page in (workbench.page, idle.page, listed):
            page.close(run_before_unload=True)
        assert not deleting.evaluate("Object.keys(localStorage).filter((k) => /unsent/.test(k))")
        expect(guest.open("translation").field("sentence")).not_to_have_value("Typed and never run")
        expect(guest.page("/prompts/?show=drafts").locator(".prompt-row")).to_have_count(0)

    assert not stack.query("SELECT id FROM runs_run WHERE id = ?", run.replace("-", ""))
    with stack.redis() as redis:
        assert not redis.exists(f"log:{run}:0")


def test_a_guest_deletes_what_they_made(stack: Stack, guest: Guest) -> None:
    workbench, run = run_of(guest)
    page = workbench.page
    account_of(workbench, guest).choose("Your data")
    page.get_by_role("link", name="Delete…").click()

    page.get_by_label("Delete everything that I have made here").check()
    page.get_by_role("button", name="Delete everything").click()

    expect(page.get_by_role("status")).to_contain_text("Everything is deleted.")
    assert not stack.query("SELECT id FROM runs_run WHERE id = ?", run.replace("-", ""))


def test_the_menu_of_a_phone_opens_everything(new_guest: NewGuest) -> None:
    guest = new_guest(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    workbench = guest.open("chat")
    page = workbench.page
    menu = page.locator("#site-menu")
    expect(menu).to_be_hidden()

    page.get_by_role("button", name="Menu", exact=True).tap()

    for entry in ("Playground", "Prompts", "History", "Gallery", "Sign in", "Sign up"):
        expect(menu.get_by_role("link", name=entry, exact=True)).to_be_visible()
    expect(menu).to_contain_text("your work is kept by a cookie in this browser")
    expect(menu.get_by_role("link", name="Playground")).to_have_attribute("aria-current", "true")
    menu.get_by_role("button", name="Colour scheme").tap()
    expect(page.locator("html")).to_have_attribute("data-scheme", "light")
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    Account(page, guest.url, is_phone=True).sign_up(new_name())


def test_the_menu_marks_the_current_page(guest: Guest) -> None:
    nav = '[aria-label="Site"] [aria-current]'
    for path, entry, value in (
        ("/", "Playground", "page"),
        ("/chat/", "Playground", "true"),
        ("/prompts/", "Prompts", "page"),
        ("/history/", "History", "page"),
        ("/gallery/", "Gallery", "page"),
    ):
        marked = guest.page(path).locator(nav)
        expect(marked).to_have_text(entry)
        expect(marked).to_have_attribute("aria-current", value)


def test_every_page_of_an_account_is_accessible(guest: Guest, axe_source: str) -> None:
    page = guest.page("/account/")
    account = Account(page, guest.url)
    found = violations(page, axe_source)
    account.open_menu()
    found += violations(page, axe_source)
    for path in ("/account/sign-in/", "/account/sign-up/", "/account/closed/"):
        page.goto(guest.url + path)
        found += violations(page, axe_source)
    page.goto(f"{guest.url}/account/sign-in/")
    account.try_to_sign_in(new_name(), "wrong")
    expect(account.error).to_be_visible()
    found += violations(page, axe_source)
    page.goto(f"{guest.url}/")
    account.sign_up(new_name())
    account.open_menu()
    found += violations(page, axe_source)
    for path in ("/account/", "/account/password/", "/account/delete/"):
        page.goto(guest.url + path)
        found += violations(page, axe_source)

    assert not found, "\n".join(found)


def test_nothing_sticks_out_on_a_small_phone(new_guest: NewGuest) -> None:
    guest = new_guest(viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True)
    page = guest.page("/")
    Account(page, guest.url, is_phone=True).sign_up("a" * 31 + uuid.uuid4().hex[:8])
    for path in ("/account/", "/account/password/", "/account/delete/", "/chat/"):
        page.goto(guest.url + path)
        page.get_by_role("button", name="Menu", exact=True).tap()
        assert_fits(page, 360)


# --- Staff ----------------------------------------------------------------------


def test_staff_looks_after_everything_under_the_same_policy(stack: Stack, guest: Guest) -> None:
    workbench, _ = run_of(guest)
    # Its form would belong to the guest who no longer exists.
    workbench.page.close()
    page, name = guest.page("/"), new_name()
    account = Account(page, guest.url)
    account.sign_up(name)
    stack.query("UPDATE accounts_user SET is_staff = 1, is_superuser = 1 WHERE username = ?", name)
    page.reload()

    account.choose("Administration")

    expect(page.get_by_role("heading", name="Administration")).to_be_visible()
    for entry in ("Users", "Persons", "Runs", "Prompts", "Shares", "Workers", "Access attempts"):
        page.goto(f"{guest.url}/admin/")
        models = page.locator("#content-main th")
        models.get_by_role("link", name=entry, exact=True).click()
        expect(page.locator("#changelist")).to_be_visible()
    page.goto(f"{guest.url}/admin/accounts/user/?q={name}")
    page.get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_role("heading", name="Change user")).to_be_visible()


# --- Without guests -------------------------------------------------------------


@pytest.fixture(scope="module")
def closed_playground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A playground for people with accounts, which the operator creates."""
    env = {"ALLOW_GUESTS": "false", "ALLOW_SIGN_UP": "false", "ADMIN_PATH": "backstage/"}
    with Stack(tmp_path_factory.mktemp("closed"), env=env) as stack:
        stack.start(workers=())
        yield stack


def test_without_guests_sign_in_leads_to_the_requested_page(
    closed_playground: Stack, new_guest: NewGuest
) -> None:
    closed_playground.manage(
        "createsuperuser",
        "--noinput",
        "--username",
        "ann",
        "--email",
        "",
        DJANGO_SUPERUSER_PASSWORD=PASSWORD,
    )
    guest = new_guest()
    guest.url, guest.complaints.origin = closed_playground.url, closed_playground.url

    page = guest.page("/chat/?model=demo")

    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    expect(page.get_by_role("link", name="Sign up")).to_have_count(0)
    with guest.complaints.allow("status of 403"):
        refused = guest.page("/account/sign-up/")
        expect(refused.get_by_role("heading", level=1)).to_have_text("Sign-up is closed")
    Account(page, closed_playground.url).try_to_sign_in("ann", PASSWORD)
    page.wait_for_url(f"{closed_playground.url}/chat/?model=demo")
    account = Account(page, closed_playground.url)
    account.choose("Administration")
    assert page.url == f"{closed_playground.url}/backstage/"
    page.goto(f"{closed_playground.url}/")
    account.choose("Sign out")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_without_guests_shared_pages_stay_open(
    closed_playground: Stack, new_guest: NewGuest
) -> None:
    guest = new_guest()
    guest.url, guest.complaints.origin = closed_playground.url, closed_playground.url

    expect(guest.page("/gallery/").get_by_role("heading", level=1)).not_to_have_text("Sign in")
    assert closed_playground.visitor().get("/healthz").status == 200
    assert closed_playground.visitor().post("/free/run/", {"prompt": "x"}).status == 403
