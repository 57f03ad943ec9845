"""axe-core finds nothing on any page, in any state, in either colour scheme."""

import pytest
from playwright.sync_api import expect

from tests.browser.axe import violations
from tests.browser.conftest import NewGuest
from tests.browser.guest import Guest
from tests.browser.library import SavedPrompt
from tests.browser.palette import Palette
from tests.browser.sharing import ShareDialog
from tests.browser.test_templates import SLUGS
from tests.support.stack import Stack


@pytest.mark.parametrize("slug", SLUGS)
def test_a_template_page_before_and_after_its_run(guest: Guest, axe_source: str, slug: str) -> None:
    workbench = guest.open(slug)
    found = violations(workbench.page, axe_source)
    workbench.run()
    workbench.wait_final()

    found += violations(workbench.page, axe_source)
    assert not found, "\n".join(found)


def test_a_run_with_siblings_in_the_prompt_s_own_text(guest: Guest, axe_source: str) -> None:
    workbench = guest.open("qa")
    workbench.set(seed=7)
    workbench.tab("Prompt").click()
    found = violations(workbench.page, axe_source)
    first = workbench.run()
    workbench.wait_final()
    workbench.retry_button.click()
    workbench.wait_for_run(other_than=first)
    workbench.wait_final()
    expect(workbench.siblings).to_be_visible()

    found += violations(workbench.page, axe_source)

    assert not found, "\n".join(found)


def test_home_and_the_page_of_an_error(guest: Guest, axe_source: str) -> None:
    found = violations(guest.page("/"), axe_source)

    with guest.complaints.allow("status of 404"):
        found += violations(guest.page("/nowhere/"), axe_source)

    assert not found, "\n".join(found)


def test_a_refused_a_waiting_and_a_failed_run(stack: Stack, guest: Guest, axe_source: str) -> None:
    workbench = guest.open("chat", model="spare")
    workbench.field("setting").fill("word " * 3000)
    with guest.complaints.allow("status of 400", "Error Code 400"):
        workbench.run_button.click()
        expect(workbench.notice).to_contain_text("tokens")
    found = violations(workbench.page, axe_source)

    workbench.field("setting").fill("A shop for plants.")
    run = workbench.run()
    expect(workbench.status).to_have_text("queued")
    found += violations(workbench.page, axe_source)

    workbench.stop_button.click()
    workbench.wait_final("cancelled")
    stack.query(
        "UPDATE runs_run SET status = 'failed', error_message = 'It broke.' WHERE id = ?",
        run.replace("-", ""),
    )
    workbench.page.reload()
    expect(workbench.panel).to_contain_text("It broke.")
    found += violations(workbench.page, axe_source)

    assert not found, "\n".join(found)


def test_dialogs_and_menus_over_a_page(guest: Guest, axe_source: str) -> None:
    workbench = guest.open("sql")
    page = workbench.page
    workbench.model.click()
    found = violations(page, axe_source)
    workbench.model.click()
    for name in ("Keyboard shortcuts", "Save", "Share", "Guest"):
        page.get_by_role("button", name=name, exact=True).click()
        if name in ("Save", "Share"):
            expect(page.get_by_role("dialog", name=name)).to_be_visible()
        found += violations(page, axe_source)
        page.keyboard.press("Escape")
    palette = Palette(page)
    palette.open()
    expect(palette.group("Templates")).to_be_visible()
    found += violations(page, axe_source)
    page.keyboard.type("run")
    expect(palette.group("Templates")).to_have_count(0)
    found += violations(page, axe_source)
    page.keyboard.type("xyzzy")
    expect(palette.dialog.get_by_text("No results for").first).to_be_visible()
    found += violations(page, axe_source)

    assert not found, "\n".join(found)


def test_empty_lists(guest: Guest, axe_source: str) -> None:
    page = guest.page("/history/")
    page.get_by_role("button", name="Keyboard shortcuts").click()
    found = violations(page, axe_source)
    page.keyboard.press("Escape")
    Palette(page).open()
    found += violations(page, axe_source)

    for path in (
        "/prompts/",
        "/prompts/?show=drafts",
        "/prompts/?show=archive",
        "/prompts/?q=nothing",
        "/history/",
        "/history/?q=nothing",
        "/history/delete-all/",
        "/gallery/",
    ):
        page.goto(guest.url + path)
        found += violations(page, axe_source)

    assert not found, "\n".join(found)


def test_a_saved_prompt_s_pages_and_those_of_its_runs(guest: Guest, axe_source: str) -> None:
    prompt = SavedPrompt(guest.open("qa"))
    prompt.save(title="Bicycles", tags="demo")
    page, workbench = prompt.page, prompt.workbench
    address = page.url.split("?")[0]
    found = violations(page, axe_source)
    runs = [workbench.run()]
    workbench.wait_final()
    page.goto(address)
    workbench.field("question").fill("Who owns the blue bicycle?")
    prompt.save(message="Another colour")
    runs.append(workbench.run())
    workbench.wait_final()
    shares = ShareDialog(page)
    shares.open()
    found += violations(page, axe_source)
    shared = shares.make_link()
    found += violations(page, axe_source)

    for path in (
        f"{address}versions/",
        f"{address}diff/?a=1&b=2",
        f"{address}v/1/",
        f"{address}edit/",
        f"{address}share/",
        f"{guest.url}/prompts/",
        f"{guest.url}/history/",
        f"{guest.url}/history/compare/?a={runs[0]}&b={runs[1]}",
        f"{guest.url}/runs/{runs[0]}/",
        f"{guest.url}/runs/{runs[0]}/delete/",
        f"{guest.url}/account/",
        f"{guest.url}/account/delete/",
        shared,
        f"{shared}fork/",
    ):
        page.goto(path)
        found += violations(page, axe_source)

    assert not found, "\n".join(found)


def test_a_phone_with_its_sheet_open(new_guest: NewGuest, axe_source: str) -> None:
    workbench = new_guest(
        viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True
    ).open("table")
    found = violations(workbench.page, axe_source)

    workbench.page.get_by_role("button", name="Parameters").tap()
    expect(workbench.page.locator("#parameter-sheet")).to_be_visible()

    found += violations(workbench.page, axe_source)
    assert not found, "\n".join(found)
