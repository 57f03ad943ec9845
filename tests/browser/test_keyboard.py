"""Everything works with keys alone."""

import uuid

import pytest
from playwright.sync_api import FloatRect, Page, expect

from tests.browser.account import PASSWORD
from tests.browser.guest import Guest
from tests.browser.palette import Palette
from tests.browser.sharing import ShareDialog
from tests.browser.whole_page import evaluate
from tests.support.stack import Stack

FOCUSED = """
() => {
  const element = document.activeElement;
  return element.dataset.testid ?? (element.id || element.name || element.className);
}
"""
WORDS = """
() => {
  const element = document.activeElement;
  if (element === document.body) return '';
  return element.ariaLabel ?? (element.labels?.[0] ?? element).textContent;
}
"""
KIND = """
() => `${document.activeElement.tagName} ${document.activeElement.type ?? ''}`
  + ` ${document.activeElement.className}`
"""


def tab_until(page: Page, name: str, *, most: int = 80) -> list[str]:
    """Presses Tab until ``name`` has the focus; returns what had the focus on the way."""
    passed: list[str] = []
    for _ in range(most):
        page.keyboard.press("Tab")
        passed.append(evaluate(page, FOCUSED))
        if passed[-1] == name:
            return passed
    raise AssertionError(f"{name} was not reached by Tab: {passed}")


def tab_to(page: Page, words: str, *, most: int = 160) -> None:
    """Presses Tab until the focused element contains ``words``."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if words in evaluate(page, WORDS):
            return
    raise AssertionError(f"nothing that says {words!r} was reached by Tab")


def _around_focus(page: Page) -> tuple[FloatRect, bytes]:
    """A picture of the focused element with a little of its surroundings, and its place."""
    box = page.locator(":focus").bounding_box()
    if box is None:
        raise AssertionError(f"{evaluate(page, FOCUSED)} has the focus and no place on the page")
    margin = 8
    left, top = max(0.0, box["x"] - margin), max(0.0, box["y"] - margin)
    clip: FloatRect = {
        "x": left,
        "y": top,
        "width": box["x"] + box["width"] + margin - left,
        "height": box["y"] + box["height"] + margin - top,
    }
    return clip, page.screenshot(clip=clip)


def test_tab_goes_through_fields_to_run_and_then_to_stop(stack: Stack, guest: Guest) -> None:
    workbench = guest.open("sql", model="slow")
    page = workbench.page

    passed = tab_until(page, "run")
    assert passed.index("field-schema") < passed.index("field-request") < passed.index("run")
    assert passed.index("tab-fields") < passed.index("field-schema")
    assert "skip-link" in passed[0]
    assert "prompt" not in passed
    page.keyboard.press("Enter")
    run = workbench.wait_for_run()
    workbench.wait_final()

    assert stack.row(run)["status"] == "succeeded"


def test_a_stream_is_stopped_by_keys_and_the_focus_is_not_lost(stack: Stack, guest: Guest) -> None:
    workbench = guest.open("free", model="slow")
    workbench.set_length(400)
    workbench.prompt.focus()
    tab_until(workbench.page, "run")

    workbench.page.keyboard.press("Enter")
    run = workbench.wait_for_run()
    workbench.wait_for_text()
    expect(workbench.run_button).to_be_focused()
    tab_until(workbench.page, "stop", most=3)
    workbench.page.keyboard.press("Enter")
    workbench.wait_final("cancelled")

    assert workbench.text == stack.row(run)["text"]
    assert workbench.page.evaluate("document.activeElement !== document.body")


def test_the_focused_element_is_visibly_marked(guest: Guest) -> None:
    page = guest.open("qa").page
    seen: dict[str, bool] = {}

    for _ in range(45):
        page.keyboard.press("Tab")
        kind = evaluate(page, KIND)
        if kind not in seen:
            clip, focused = _around_focus(page)
            left = page.evaluate_handle("document.activeElement").as_element()
            page.evaluate("document.activeElement.blur()")
            seen[kind] = page.screenshot(clip=clip) != focused
            if left is not None:
                left.focus()

    assert len(seen) > 8
    assert [kind for kind, visible in seen.items() if not visible] == []


def test_arrows_change_the_tab_of_fields_and_prompt(guest: Guest) -> None:
    workbench = guest.open("translation")
    workbench.tab("Fields").focus()

    workbench.page.keyboard.press("ArrowRight")

    expect(workbench.tab("Prompt")).to_be_focused()
    expect(workbench.tab("Prompt")).to_have_attribute("aria-selected", "true")
    expect(workbench.prompt).to_be_visible()
    expect(workbench.field("sentence")).to_be_hidden()
    workbench.page.keyboard.press("ArrowLeft")
    expect(workbench.tab("Fields")).to_be_focused()
    expect(workbench.field("sentence")).to_be_visible()


PAGES = (
    *("/", "/qa/", "/prompts/", "/history/", "/gallery/", "/datasets/", "/finetunes/new/"),
    *("/account/", "/account/sign-in/"),
)


def test_a_question_mark_shows_the_keys_on_every_page_and_escape_hides_them(guest: Guest) -> None:
    page = guest.page()
    keys = page.get_by_role("dialog", name="Keys")

    for path in PAGES:
        page.goto(guest.url + path)
        page.get_by_role("heading", level=1).click()
        page.keyboard.press("?")
        expect(keys).to_be_visible()
        expect(keys).to_contain_text("Search commands, pages and prompts")
        page.keyboard.press("Escape")
        expect(keys).to_be_hidden()


def test_a_question_mark_that_is_typed_is_text(guest: Guest) -> None:
    workbench = guest.open("qa")
    question = workbench.field("question")
    question.fill("Where is it")
    question.press("End")

    question.press("?")

    expect(question).to_have_value("Where is it?")
    expect(workbench.page.get_by_role("dialog", name="Keys")).to_be_hidden()


@pytest.mark.parametrize("path", ["/prompts/", "/history/", "/gallery/"])
def test_a_slash_goes_to_the_search_box_of_a_list(guest: Guest, path: str) -> None:
    page = guest.page(path)

    page.keyboard.press("/")
    page.keyboard.type("a/b")

    expect(page.get_by_role("searchbox")).to_be_focused()
    expect(page.get_by_role("searchbox")).to_have_value("a/b")


def test_running_and_the_tree_by_keys_alone(stack: Stack, guest: Guest) -> None:
    page = guest.page()
    keyboard, palette, workbench = page.keyboard, Palette(page), guest.workbench(page)
    tab_until(page, "template-free")
    keyboard.press("Enter")
    page.wait_for_url("**/free/**")
    palette.choose("slow")
    tab_until(page, "prompt")
    keyboard.press("ControlOrMeta+a")
    keyboard.type("The red fox")
    for name, value in (("temperature", "0"), ("max_tokens", "400"), ("frequency_penalty", "-2")):
        tab_until(page, f"parameter-{name}", most=160)
        keyboard.press("ControlOrMeta+a")
        keyboard.type(value)

    keyboard.press("ControlOrMeta+Enter")
    first = workbench.wait_for_run()
    workbench.wait_for_text()
    keyboard.press("Escape")
    workbench.wait_final("cancelled")
    palette.choose("Retry")
    second = workbench.wait_for_run(other_than=first)
    workbench.wait_for_text()
    palette.choose("Stop")
    workbench.wait_final("cancelled")
    tab_until(page, "previous-sibling", most=160)
    keyboard.press("Enter")
    page.wait_for_url(f"**/runs/{first}/")
    expect(workbench.siblings).to_have_text("1 of 2")
    tab_until(page, f"node-{first}", most=160)
    keyboard.press("ArrowDown")
    expect(page.locator(f"#node-{second}")).to_be_focused()
    keyboard.press("Enter")
    page.wait_for_url(f"**/runs/{second}/")

    assert stack.row(first)["prompt"] == "The red fox"
    assert stack.row(first)["model"] == "slow"


def test_saving_comparing_and_sharing_by_keys_alone(guest: Guest) -> None:
    page = guest.page("/free/")
    keyboard, palette = page.keyboard, Palette(page)
    tab_until(page, "prompt")
    keyboard.press("ControlOrMeta+a")
    keyboard.type("A red fox")
    palette.choose("Save")
    keyboard.type("Animals")
    keyboard.press("Enter")
    page.wait_for_url("**/prompts/*/**")
    expect(page.get_by_role("heading", level=1)).to_have_text("Animals")
    tab_until(page, "prompt")
    keyboard.press("ControlOrMeta+a")
    keyboard.type("A blue fox")
    palette.choose("Save")
    keyboard.type("Another colour")
    keyboard.press("Enter")
    expect(page.get_by_text("Version 2 · ")).to_be_visible()

    palette.choose("Versions")
    expect(page.locator("#version-2")).to_contain_text("Another colour")
    tab_to(page, "Compare the two marked versions")
    keyboard.press("Enter")
    expect(page.get_by_test_id("diff").locator("ins")).to_have_text("blue")

    palette.choose("Animals")
    expect(page.get_by_role("heading", level=1)).to_have_text("Animals")
    palette.choose("Share")
    share = ShareDialog(page)
    expect(share.dialog).to_be_visible()
    tab_until(page, "make-link")
    keyboard.press("Enter")
    expect(share.links).to_have_count(1)
    keyboard.press("Escape")
    expect(share.dialog).to_be_hidden()


def test_the_history_and_an_account_by_keys_alone(guest: Guest) -> None:
    workbench = guest.open("free")
    page, keyboard, palette = workbench.page, workbench.page.keyboard, Palette(workbench.page)
    runs: list[str] = []
    for text in ("A red fox", "A blue fox"):
        tab_until(page, "prompt", most=160)
        keyboard.press("ControlOrMeta+a")
        keyboard.type(text)
        keyboard.press("ControlOrMeta+Enter")
        runs.append(workbench.wait_for_run(other_than=runs[-1] if runs else None))
        workbench.wait_final()

    palette.choose("History")
    page.wait_for_url("**/history/")
    for text in ("A blue fox", "A red fox"):
        tab_to(page, f"Select the run “{text}”")
        keyboard.press("Space")
    tab_until(page, "compare-selected", most=160)
    keyboard.press("Enter")
    page.wait_for_url("**/history/compare/**")
    expect(page.locator("#prompt-B mark")).to_have_text("blue")

    name = f"ann-{uuid.uuid4().hex[:8]}"
    palette.choose("Sign up")
    page.wait_for_url("**/sign-up/**")
    for box, value in (
        ("id_username", name),
        ("id_password1", PASSWORD),
        ("id_password2", PASSWORD),
    ):
        if evaluate(page, FOCUSED) != box:
            tab_until(page, box)
        keyboard.type(value)
    keyboard.press("Enter")
    expect(page.locator(".account-name")).to_have_text(name)
    palette.choose("Sign out")
    expect(page.locator(".account-name")).to_have_count(0)
    palette.choose("Sign in")
    page.wait_for_url("**/sign-in/**")
    for box, value in (("id_login", name), ("id_password", PASSWORD)):
        if evaluate(page, FOCUSED) != box:
            tab_until(page, box)
        keyboard.type(value)
    keyboard.press("Enter")
    expect(page.locator(".account-name")).to_have_text(name)


def test_a_model_is_chosen_by_keys(stack: Stack, guest: Guest) -> None:
    workbench = guest.open("free")
    workbench.model.focus()

    workbench.page.keyboard.press("Enter")
    workbench.page.get_by_role("radio", name="demo").focus()
    workbench.page.keyboard.press("ArrowDown")
    expect(workbench.model).to_contain_text("slow")
    workbench.page.keyboard.press("Escape")
    expect(workbench.page.get_by_role("radio", name="slow")).to_be_hidden()
    expect(workbench.model).to_be_focused()
    workbench.set(max_tokens=4)
    run = workbench.run()
    workbench.wait_final()

    assert stack.row(run)["model"] == "slow"
