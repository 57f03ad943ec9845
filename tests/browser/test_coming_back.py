"""The Back button shows nothing of a person who has left, and otherwise the current state.

Each test runs in a browser that loads the page again, and in one that keeps whole pages in its
back-forward cache although they are `no-store`, as some browsers do.
"""

import re
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, BrowserType, Page, Route, expect

from tests.browser.account import PASSWORD, Account
from tests.browser.conftest import NewGuest
from tests.browser.guest import Guest
from tests.browser.history import History
from tests.browser.library import Library, SavedPrompt
from tests.browser.sharing import ShareDialog
from tests.support.chromium import chromium

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
# Records, during the life of a tab, each page that came back from the cache and what it showed.
NOTE_RETURNS = """
addEventListener('pageshow', ({ persisted }) => {
  if (!persisted) return;
  const isSeen = getComputedStyle(document.body).visibility === 'visible';
  sessionStorage.returned = (sessionStorage.returned ?? '') + (isSeen ? 'seen ' : 'hidden ');
});
"""


@pytest.fixture(scope="module")
def keeping_browser(
    browser_type: BrowserType, browser_type_launch_args: dict[str, Any]
) -> Iterator[Browser]:
    """A browser with the back-forward cache, which Playwright turns off by default, and which the
    headless shell has not."""
    options = {**browser_type_launch_args, "executable_path": chromium()}
    browser = browser_type.launch(**options, ignore_default_args=["--disable-back-forward-cache"])
    yield browser
    browser.close()


@pytest.fixture(params=[False, True], ids=["loads again", "keeps pages"])
def keeps(request: pytest.FixtureRequest) -> bool:
    """Whether the browser keeps pages."""
    return bool(request.param)


@pytest.fixture
def new_context(
    keeps: bool, browser: Browser, request: pytest.FixtureRequest
) -> Iterator[Callable[..., BrowserContext]]:
    """Contexts of either browser, instead of the plugin's."""
    chosen = request.getfixturevalue("keeping_browser") if keeps else browser
    made: list[BrowserContext] = []

    def make(**options: Any) -> BrowserContext:
        context = chosen.new_context(**options)
        context.add_init_script(NOTE_RETURNS)
        if keeps:
            # An intercepted answer has no network, so the browser lets it request nothing local.
            context.grant_permissions(["local-network-access"])
            context.route("**/*", keep_all_the_same)
        made.append(context)
        return context

    yield make
    for context in made:
        context.close()


def keep_all_the_same(route: Route) -> None:
    """Removes a page's `no-store`, so that this browser keeps the page too."""
    if route.request.resource_type != "document":
        route.continue_()
        return
    answer = route.fetch(max_redirects=0)
    headers = {name: value for name, value in answer.headers.items() if name != "cache-control"}
    route.fulfill(response=answer, headers=headers)


def back(page: Page, steps: int = 1) -> None:
    """The browser's button.

    Playwright's own method waits for a load, which a cached page does not have.
    """
    left = page.url
    page.evaluate("(steps) => setTimeout(() => history.go(-steps))", steps)
    page.wait_for_url(lambda url: url != left, wait_until="commit")


def expect_return(page: Page, keeps: bool, *, times: int = 1) -> None:
    """Checks that the browser did what the test is about, and that nothing was visible before the
    check."""
    page.wait_for_function("() => document.readyState === 'complete'")
    noted = page.evaluate("sessionStorage.returned ?? ''")
    assert noted == ("hidden " * times if keeps else "")


def finished_run(guest: Guest, prompt: str) -> str:
    workbench = guest.open("free")
    workbench.write_prompt(prompt)
    run = workbench.run()
    workbench.wait_final()
    # An open page has nothing more to say about its draft.
    workbench.page.close()
    return run


def saved_prompt(guest: Guest, title: str) -> str:
    """The address of a new saved prompt."""
    workbench = guest.open("free")
    saved = SavedPrompt(workbench)
    workbench.write_prompt(f"The text of {title}")
    saved.save(title=title)
    address = workbench.page.url.split("?")[0]
    workbench.page.close()
    return address


def test_nothing_of_a_signed_out_user_is_shown(guest: Guest, keeps: bool) -> None:
    name, secret = f"ann-{uuid.uuid4().hex[:8]}", f"Secret {uuid.uuid4().hex}"
    page = guest.page("/")
    account = Account(page, guest.url)
    account.sign_up(name)
    run = finished_run(guest, secret)
    paths = ("/history/", f"/runs/{run}/", "/account/", "/?q=1", "/free/")
    for path in paths:
        # A page that picks up unsent text of another page loads once more.
        page.goto(guest.url + path, wait_until="networkidle")
        expect(page.locator("body")).to_contain_text(name)

    # A request that the previous page had begun is refused.
    with guest.complaints.allow("404", "403"):
        account.choose("Sign out")
        page.wait_for_url(f"{guest.url}/")
        for times, _path in enumerate(reversed(paths), start=1):
            expect(account.name).to_have_count(0)
            back(page)

            expect(account.name).to_have_count(0)
            expect(page.locator("body")).to_be_visible()
            expect_return(page, keeps, times=times)
            for private in (name, secret):
                assert private not in page.content()


def test_nothing_of_a_signed_out_user_is_shown_on_a_phone(new_guest: NewGuest, keeps: bool) -> None:
    guest = new_guest(**PHONE)
    name = f"ann-{uuid.uuid4().hex[:8]}"
    page = guest.page("/")
    account = Account(page, guest.url, is_phone=True)
    account.sign_up(name)
    page.goto(f"{guest.url}/history/")
    account.choose("Sign out")
    page.wait_for_url(f"{guest.url}/")

    back(page)

    expect(account.name).to_have_count(0)
    expect_return(page, keeps)
    assert name not in page.content()


def test_the_next_account_in_this_browser_sees_its_own_data(guest: Guest, keeps: bool) -> None:
    page = guest.page("/")
    account = Account(page, guest.url)
    account.sign_up(f"ann-{uuid.uuid4().hex[:8]}")
    finished_run(guest, "Of the first")
    history = History(page)
    page.goto(f"{guest.url}/history/")
    expect(history.rows).to_have_count(1)
    second = f"bob-{uuid.uuid4().hex[:8]}"
    account.sign_out()
    account.sign_up(second)

    # The sign-up form and the start page are in between.
    back(page, steps=3)

    expect(page).to_have_url(f"{guest.url}/history/")
    expect(account.name).to_have_text(second)
    expect(history.rows).to_have_count(0)


def test_nothing_of_a_guest_is_shown_after_deletion(guest: Guest, keeps: bool) -> None:
    finished_run(guest, "What I deleted")
    page = guest.page("/history/")
    expect(page.get_by_role("main")).to_contain_text("What I deleted")
    page.goto(f"{guest.url}/account/delete/")
    page.get_by_label("Delete everything that I have made here").check()
    page.get_by_role("button", name="Delete everything").click()
    expect(page.get_by_role("status")).to_contain_text("Everything is deleted.")

    back(page, steps=2)
    expect(page).to_have_url(f"{guest.url}/history/")

    expect(page.locator(".history-row")).to_have_count(0)
    expect(page.locator("body")).to_be_visible()
    assert "What I deleted" not in page.content()


def test_a_revoked_link_shows_nothing(new_guest: NewGuest, keeps: bool) -> None:
    owner, reader = new_guest(), new_guest()
    prompt = owner.page(saved_prompt(owner, "Shown for a while").removeprefix(owner.url))
    dialog = ShareDialog(prompt)
    dialog.open()
    page = reader.page(dialog.make_link().removeprefix(reader.url))
    expect(page.get_by_role("heading", level=1)).to_have_text("Shown for a while")
    page.goto(f"{reader.url}/gallery/")

    dialog.revoke()
    with reader.complaints.allow("404"):
        back(page)

        expect(page.get_by_role("heading", level=1)).to_have_text("Nothing here")
    expect_return(page, keeps)


@pytest.mark.parametrize("device", [{}, PHONE], ids=["desk", "phone"])
def test_a_new_star_is_shown(new_guest: NewGuest, keeps: bool, device: dict[str, Any]) -> None:
    guest = new_guest(**device)
    run = finished_run(guest, "Once upon a time")
    history = History(guest.page("/history/"))
    history.star(run).click()
    expect(history.star(run)).to_have_attribute("aria-pressed", "true")
    history.row(run).locator(".history-link").click()
    history.page.wait_for_url("**/runs/**")

    back(history.page)

    expect(history.star(run)).to_have_attribute("aria-pressed", "true")
    expect_return(history.page, keeps)
    # The button works as on a new page.
    history.star(run).click()
    expect(history.star(run)).to_have_attribute("aria-pressed", "false")


def test_a_changed_title_is_shown(guest: Guest, keeps: bool) -> None:
    address = saved_prompt(guest, "The old title")
    page = guest.page("/prompts/")
    library = Library(page)
    page.get_by_role("link", name="The old title", exact=True).click()
    page.wait_for_url(address)
    saved = SavedPrompt(guest.workbench(page))
    other = guest.page("/prompts/")
    other.get_by_role("link", name="The old title", exact=True).click()
    other.wait_for_url(address)
    again = SavedPrompt(guest.workbench(other))
    other.goto(f"{guest.url}/gallery/")
    saved.open_save()
    saved.dialog.get_by_label("Title").fill("The new title")
    with page.expect_navigation(url="**/prompts/**"):
        saved.dialog.locator("#save-submit").click()
    expect(saved.heading).to_have_text("The new title")

    # In the list, on the prompt's own page, and in the field of the save dialog.
    page.goto(f"{guest.url}/prompts/")
    expect(library.titles).to_have_text(["The new title"])
    back(other)
    expect(again.heading).to_have_text("The new title")
    expect(other.locator("#save-name")).to_have_value("The new title")
    back(other)
    expect(Library(other).titles).to_have_text(["The new title"])
    expect_return(other, keeps, times=2)


def test_text_typed_a_moment_ago_is_still_there(guest: Guest, keeps: bool) -> None:
    workbench = guest.open("translation")
    page = workbench.page
    workbench.field("sentence").fill("Typed and left at once")
    page.get_by_role("link", name="History", exact=True).click()
    page.wait_for_url("**/history/")

    back(page)

    expect(workbench.field("sentence")).to_have_value("Typed and left at once")


def test_a_cached_page_keeps_text_that_the_server_refuses(guest: Guest, keeps: bool) -> None:
    workbench = guest.open("translation")
    page = workbench.page
    too_long = "a word " * 12_000
    with guest.complaints.allow("status of 400"):
        workbench.field("sentence").fill(too_long)
        expect(page.locator("#draft-state")).to_contain_text("Not kept")
        page.get_by_role("link", name="History", exact=True).click()
        page.wait_for_url("**/history/")

        back(page)

        expect(page.locator("body")).to_be_visible()
    if keeps:
        assert workbench.field("sentence").input_value() == too_long


def test_refused_text_is_not_shown_to_the_next_person(guest: Guest, keeps: bool) -> None:
    account = Account(guest.page("/"), guest.url)
    account.sign_up(f"ann-{uuid.uuid4().hex[:8]}")
    workbench = guest.open("translation")
    page = workbench.page
    too_long = "a secret " * 9_000
    with guest.complaints.allow("status of 400", "status of 403"):
        workbench.field("sentence").fill(too_long)
        expect(page.locator("#draft-state")).to_contain_text("Not kept")
        page.goto(f"{guest.url}/gallery/")
        account.sign_out()

        back(page)

        expect(Account(page, guest.url).name).to_have_count(0)
        expect(page.locator("body")).to_be_visible()
        assert "secret" not in page.content()
        assert "secret" not in workbench.field("sentence").input_value()


def test_back_shows_the_form_and_not_the_browsers_error(guest: Guest, keeps: bool) -> None:
    page = guest.page("/account/sign-in/")
    account = Account(page, guest.url)
    account.try_to_sign_in(f"ann-{uuid.uuid4().hex[:8]}", PASSWORD)
    expect(account.error).to_contain_text("do not belong together")
    page.goto(f"{guest.url}/gallery/")

    back(page)

    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    expect(page.get_by_label("Name")).to_be_visible()


def test_no_copy_of_a_page_is_in_the_browsers_storage(guest: Guest) -> None:
    finished_run(guest, "Once upon a secret")
    page = guest.page("/history/")
    page.locator("#filter-starred").check()
    page.wait_for_url(re.compile("starred=1"))
    page.locator("#filter-starred").uncheck()
    expect(page.locator(".history-row")).to_have_count(1)

    kept = page.evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)]")

    # Unsent text waits for its owner and htmx stores an address, but no page is stored.
    kept = [name for name in kept if not name.startswith("unsent-draft ")]
    assert kept == ["htmx-current-path-for-history"]
    assert page.evaluate("sessionStorage['htmx-current-path-for-history']") == "/history/"
