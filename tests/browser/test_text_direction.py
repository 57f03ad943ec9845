"""Texts of people and of the model run in the direction of their first letter, and a translation of
the page does not change them."""

import pytest
from playwright.sync_api import expect

from tests.browser.furnished import Texts, furnish, furnish_finetune, furnish_prompt
from tests.browser.guest import Guest
from tests.browser.palette import Palette
from tests.browser.whole_page import evaluate
from tests.support.stack import Stack

HEBREW = Texts(title="המנורה הכחולה", text="שלום עולם, מה נשמע היום?", word="מנורה")

# Every place that shows or accepts such text, with what is wrong about it.
FAULTS = r"""
() => {
  const letters = /[\u0590-\u05ff]/;
  const faults = [];
  const where = (element) => element.outerHTML.slice(0, 120).replace(/\s+/g, ' ');
  const isPlain = (element) =>
    getComputedStyle(element).unicodeBidi === 'plaintext' ||
    getComputedStyle(element.parentElement).unicodeBidi === 'plaintext';
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!letters.test(node.data) || element.closest('script, style')) continue;
    if (!element.closest('[translate=no]')) faults.push(`translated: ${where(element)}`);
    if (element.closest('option, textarea')) continue;
    // A line that begins with our own English words runs from the left all the same.
    if (!element.closest('[dir=auto], bdi')) faults.push(`no direction: ${where(element)}`);
    else if (!element.matches(':dir(rtl)') && !isPlain(element) && /^\s*[\u0590-\u05ff]/.test(
      element.closest('[dir=auto], bdi').textContent))
      faults.push(`from the left: ${where(element)}`);
  }
  for (const input of document.querySelectorAll('input:not([type=hidden]), textarea')) {
    if (!letters.test(input.value) || !input.checkVisibility() || input.readOnly) continue;
    if (!input.matches(':dir(rtl)')) faults.push(`typed from the left: ${where(input)}`);
  }
  return faults;
}
"""


@pytest.mark.usefixtures("checker")
def test_every_page_shows_hebrew_from_right_to_left_and_untranslated(
    stack: Stack, guest: Guest
) -> None:
    paths = [*furnish(stack, guest, HEBREW), *furnish_finetune(stack, guest, HEBREW)]
    page = guest.page("/")
    found = []
    for path in paths:
        page.goto(guest.url + path)
        assert evaluate(page, r"/[\u0590-\u05ff]/.test(document.body.innerHTML)"), path
        found += [f"{path} {fault}" for fault in evaluate(page, FAULTS)]

    assert not found, "\n".join(found)


def test_text_that_arrives_later_does_so_too(guest: Guest) -> None:
    page = furnish_prompt(guest, HEBREW).page
    palette = Palette(page)
    palette.open()
    page.keyboard.type(HEBREW.title)
    expect(palette.dialog.get_by_role("option").first).to_contain_text(HEBREW.title)
    found = evaluate(page, FAULTS)
    page.keyboard.press("Escape")
    chip = page.locator(".chip-input")
    chip.fill(HEBREW.word)
    chip.press("Enter")
    page.locator(".variable-mark").first.hover()
    expect(page.locator(".variable-card")).to_contain_text(HEBREW.text)
    found += evaluate(page, FAULTS)

    assert not found, "\n".join(found)


def test_each_line_of_the_editor_has_its_own_direction(guest: Guest) -> None:
    workbench = guest.open("free")
    workbench.write_prompt(f"{HEBREW.text}\nAn English line.\n")
    lines = workbench.page.locator(".cm-line")
    for number, direction in ((0, "rtl"), (1, "ltr")):
        expect(lines.nth(number)).to_have_css("direction", direction)

    workbench.type_at_end(HEBREW.word)
    expect(lines.nth(2)).to_have_css("direction", "rtl")
    # At the end of a Hebrew line, Left moves on and not back.
    workbench.page.keyboard.press("Home")
    workbench.page.keyboard.press("ArrowLeft")
    workbench.page.keyboard.type("x")

    last_line = f"{HEBREW.word[0]}x{HEBREW.word[1:]}"
    workbench.expect_document_text(f"{HEBREW.text}\nAn English line.\n{last_line}")


@pytest.mark.parametrize("slug", ["free", "chat", "translation", "table"])
def test_the_model_s_text_is_not_translated(guest: Guest, slug: str) -> None:
    workbench = guest.open(slug)
    workbench.run()
    workbench.wait_final()

    assert workbench.output.evaluate("(element) => element.closest('[translate=no]') !== null")
    assert workbench.prompt.evaluate("(element) => element.closest('[translate=no]') !== null")
