"""The probabilities of the prompt's own tokens: asked for, drawn, outdated by an edit."""

import re

from playwright.sync_api import expect

from tests.browser.axe import violations
from tests.browser.guest import Guest

SHOW, HIDE = "Show for the prompt", "Hide for the prompt"


def test_the_prompt_of_the_free_page_shows_its_probabilities(guest: Guest, axe_source: str) -> None:
    workbench = guest.open("free")
    page = workbench.page
    scored, note = page.locator(".cm-content .scored"), page.locator("#score-note")
    workbench.write_prompt("The ferry leaves at dawn")
    page.get_by_role("button", name=SHOW).click()

    expect(page.get_by_role("button", name=HIDE)).to_be_visible()
    expect(note).to_have_text(re.compile(r"^\d+ tokens, perplexity [\d.,e+]+$"))
    expect(page.locator("#announcer")).to_have_text(re.compile("perplexity"))
    expect(page.get_by_role("list", name="Underlines by probability")).to_be_visible()
    # All but the first token.
    count = int((note.text_content() or "").split()[0])
    expect(scored).to_have_count(count - 1)
    assert "The ferry leaves at dawn".endswith("".join(scored.all_text_contents()))
    card = page.locator(".token-card")
    scored.last.hover()
    expect(card).to_be_in_viewport()
    expect(card).to_contain_text(re.compile(r"\d %"))
    expect(card.get_by_role("list", name="Instead").get_by_role("listitem").first).to_be_visible()
    assert card.get_by_role("button").count() == 0
    page.mouse.move(0, 0)
    expect(card).to_have_count(0)
    workbench.prompt.press("ControlOrMeta+Home")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("End")
    for _ in range(2):
        page.keyboard.press("ArrowLeft")
    expect(card).to_be_visible()
    expect(page.locator("#announcer")).to_have_text(re.compile(r": (< )?[\d.]+ %$"))
    page.keyboard.press("Escape")
    assert violations(page, axe_source) == []

    # What is before an edit stays true; the rest does not.
    workbench.prompt.press("ControlOrMeta+Home")
    for _ in range(len("The ferry leaves")):
        page.keyboard.press("ArrowRight")
    page.keyboard.type(" soon")
    expect(note).to_have_text(re.compile(r"perplexity .* before the edit$"))
    assert "The ferry leaves".endswith("".join(scored.all_text_contents()))
    page.get_by_role("button", name=SHOW).click()
    expect(page.get_by_role("button", name=HIDE)).to_be_visible()
    assert "".join(scored.all_text_contents()).endswith("leaves soon at dawn")
    page.get_by_role("button", name=HIDE).click()
    expect(scored).to_have_count(0)
    expect(note).to_be_hidden()


def test_a_template_shows_the_probabilities_of_its_finished_prompt(guest: Guest) -> None:
    workbench = guest.open("qa")
    page = workbench.page
    page.get_by_role("switch", name="Tokens").check()
    page.get_by_role("button", name=SHOW).click()

    expect(workbench.tab("Prompt")).to_have_attribute("aria-selected", "true")
    scored = page.locator(".cm-content .scored")
    expect(scored.first).to_be_visible()
    # With the tokens, one card tells both.
    scored.first.hover()
    card = page.locator(".token-card")
    expect(card).to_have_count(1)
    expect(card).to_contain_text(re.compile(r" %id \d+"))

    workbench.tab("Fields").click()
    workbench.field("question").fill("Why is the sky blue?")
    expect(page.get_by_role("button", name=SHOW)).to_be_visible()
    expect(page.locator("#score-note")).to_have_text(re.compile("before the edit$"))


def test_a_prompt_that_cannot_be_sent_says_why(guest: Guest) -> None:
    workbench = guest.open("free")
    page = workbench.page
    workbench.write_prompt("To {{city}}")
    expect(page.locator("#variables")).to_contain_text("city")

    with guest.complaints.allow("400"):
        page.get_by_role("button", name=SHOW).click()
        expect(page.locator("#score-note")).to_contain_text("city")

    expect(page.get_by_role("button", name=SHOW)).to_be_visible()
