"""Everything by keys alone."""

from playwright.sync_api import FloatRect, Page, expect

from tests.browser.guest import Guest
from tests.support.stack import Stack

FOCUSED = """
() => {
  const element = document.activeElement;
  return element.dataset.testid ?? (element.id || element.name || element.className);
}
"""
KIND = """
() => `${document.activeElement.tagName} ${document.activeElement.type ?? ''}`
  + ` ${document.activeElement.className}`
"""


def tab_until(page: Page, name: str, *, most: int = 80) -> list[str]:
    """Presses Tab until ``name`` has the focus; returns what had it on the way."""
    passed: list[str] = []
    for _ in range(most):
        page.keyboard.press("Tab")
        passed.append(page.evaluate(FOCUSED))
        if passed[-1] == name:
            return passed
    raise AssertionError(f"{name} was not reached by Tab: {passed}")


def _around_focus(page: Page) -> tuple[FloatRect, bytes]:
    """A picture of what has the focus with a little of its surroundings, and where that is."""
    box = page.locator(":focus").bounding_box()
    if box is None:
        raise AssertionError(f"{page.evaluate(FOCUSED)} has the focus and no place on the page")
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
    workbench.set(max_tokens=400, temperature=0, frequency_penalty=-2)
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


def test_what_has_the_focus_can_be_seen(guest: Guest) -> None:
    page = guest.open("qa").page
    seen: dict[str, bool] = {}

    for _ in range(45):
        page.keyboard.press("Tab")
        kind = page.evaluate(KIND)
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


def test_a_question_mark_shows_the_keys_and_escape_hides_them(guest: Guest) -> None:
    workbench = guest.open("qa")
    keys = workbench.page.get_by_role("dialog", name="Keys")
    workbench.page.get_by_role("heading", level=1).click()

    workbench.page.keyboard.press("?")
    expect(keys).to_be_visible()
    workbench.page.keyboard.press("Escape")
    expect(keys).to_be_hidden()

    question = workbench.field("question")
    question.fill("Where is it")
    question.press("End")
    question.press("?")
    expect(question).to_have_value("Where is it?")
    expect(keys).to_be_hidden()


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
