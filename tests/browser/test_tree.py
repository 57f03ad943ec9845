"""The tree of runs: it grows, and works with the keyboard."""

import re

from playwright.sync_api import Locator, expect

from tests.browser.axe import violations
from tests.browser.guest import Guest
from tests.browser.workbench import Workbench
from tests.support.stack import Stack


def node(workbench: Workbench, run: str) -> Locator:
    return workbench.page.locator(f"#node-{run}")


def grow(workbench: Workbench) -> tuple[str, str, str]:
    """A run, its retry, and a run of an edit that was made while the retry was on the page."""
    workbench.write_prompt("On the island")
    workbench.set(max_tokens=5)
    first = workbench.run()
    workbench.wait_final()
    expect(workbench.page.locator("#tree")).to_be_hidden()
    workbench.retry_button.click()
    retry = workbench.wait_for_run(other_than=first)
    workbench.wait_final()
    workbench.write_prompt("On the mainland")
    edit = workbench.run()
    workbench.wait_final()
    return first, retry, edit


def test_an_edit_is_a_branch_and_a_retry_a_sibling(
    stack: Stack, guest: Guest, axe_source: str
) -> None:
    workbench = guest.open("free")

    first, retry, edit = grow(workbench)

    rows = {run: stack.row(run) for run in (first, retry, edit)}
    assert rows[edit]["parent_id"] == retry.replace("-", "")
    assert rows[retry]["parent_id"] is None
    assert len({row["tree"] for row in rows.values()}) == 1
    items = workbench.page.get_by_role("treeitem")
    expect(items).to_have_count(3)
    expect(node(workbench, edit)).to_have_attribute("aria-current", "true")
    expect(node(workbench, edit)).to_have_attribute("aria-level", "2")
    expect(node(workbench, retry)).to_have_attribute("data-on-path", "")
    found = violations(workbench.page, axe_source)
    assert not found, "\n".join(found)


def test_the_keyboard_moves_in_the_tree_and_opens_the_current_run(guest: Guest) -> None:
    workbench = guest.open("free")
    first, retry, edit = grow(workbench)
    keyboard = workbench.page.keyboard

    node(workbench, edit).focus()
    keyboard.press("ArrowLeft")
    expect(node(workbench, retry)).to_be_focused()
    keyboard.press("ArrowRight")
    expect(node(workbench, edit)).to_be_focused()
    keyboard.press("Home")
    expect(node(workbench, first)).to_be_focused()
    keyboard.press("End")
    expect(node(workbench, edit)).to_be_focused()
    keyboard.press("ArrowUp")
    expect(node(workbench, retry)).to_be_focused()
    # Another prompt opens on its own page, and the focus stays.
    keyboard.press("Enter")
    workbench.page.wait_for_url(f"**/runs/{retry}/")
    expect(node(workbench, retry)).to_be_focused()
    workbench.expect_document_text(re.compile("^On the island"))
    # The same prompt: only the panel changes.
    keyboard.press("ArrowUp")
    workbench.page.evaluate("window.stayed = true")
    keyboard.press("Enter")
    workbench.page.wait_for_url(f"**/runs/{first}/")
    expect(node(workbench, first)).to_have_attribute("aria-current", "true")
    expect(node(workbench, first)).to_be_focused()
    assert workbench.page.evaluate("window.stayed") is True
    workbench.page.keyboard.press("Tab")
    expect(node(workbench, first)).not_to_be_focused()
    expect(node(workbench, retry)).not_to_be_focused()


def test_a_star_is_a_bookmark(guest: Guest) -> None:
    workbench = guest.open("free")
    first, _, edit = grow(workbench)
    tree = workbench.page.locator("#tree")

    workbench.panel.get_by_role("button", name="Star this run").click()
    expect(node(workbench, edit)).to_have_attribute("data-starred", "")
    node(workbench, first).focus()
    workbench.page.keyboard.press("b")
    expect(node(workbench, edit)).to_be_focused()
    tree.get_by_role("button", name="starred").click()
    expect(node(workbench, edit)).to_be_focused()
    workbench.panel.get_by_role("button", name="Star this run").click()
    expect(tree.get_by_role("button", name="starred")).to_have_count(0)


def test_a_deleted_run_leaves_the_runs_that_continued_it(guest: Guest) -> None:
    workbench = guest.open("free")
    first, retry, edit = grow(workbench)
    page = workbench.page
    node(workbench, retry).click()
    page.wait_for_url(f"**/runs/{retry}/")
    expect(workbench.panel.get_by_text("Branches: 1")).to_be_visible()

    workbench.panel.get_by_text("More about this run").locator("xpath=..").click()
    page.get_by_role("link", name="Delete…").click()
    page.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_text("1 run deleted.")).to_be_visible()

    page.goto(f"{guest.url}/runs/{edit}/")
    expect(page.get_by_role("treeitem")).to_have_count(2)
    expect(node(workbench, edit)).to_have_attribute("aria-level", "1")
    expect(node(workbench, first)).to_have_attribute("aria-level", "1")


def test_the_whole_tree_is_a_page_that_compares_and_the_column_grows_and_folds(
    guest: Guest, axe_source: str
) -> None:
    workbench = guest.open("free")
    first, retry, edit = grow(workbench)
    page = workbench.page
    node(workbench, retry).hover()
    expect(page.locator("#tree-facts")).to_contain_text("temperature 0.7 · seed")
    page.get_by_role("button", name="Show the tree").click()
    expect(node(workbench, retry)).to_be_hidden()
    page.reload()
    expect(node(workbench, retry)).to_be_hidden()
    page.get_by_role("button", name="Show the tree").press("Enter")
    expect(node(workbench, retry)).to_be_visible()
    grip = page.get_by_role("separator", name="Width of the column")
    grip.press("End")
    expect(grip).to_have_attribute("aria-valuenow", "32.0")
    page.reload()
    expect(grip).to_have_attribute("aria-valuenow", "32.0")

    page.get_by_role("link", name="The whole tree on a page").click()
    page.wait_for_url(f"**/runs/{edit}/tree/")
    expect(page.locator(".whole-tree-row")).to_have_count(3)
    found = violations(page, axe_source)
    node(workbench, first).focus()
    page.keyboard.press("ArrowDown")
    expect(node(workbench, retry)).to_be_focused()
    for box in page.locator(".whole-tree-row [type=checkbox]").all()[:2]:
        box.check()
    page.get_by_role("button", name="Compare the ticked runs").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("2 runs side by side")
    assert not found, "\n".join(found)
