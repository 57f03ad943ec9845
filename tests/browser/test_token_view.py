"""The view of tokens: borders in prompt and output, numbers at pointer and caret."""

import re

from playwright.sync_api import expect

from tests.browser.axe import violations
from tests.browser.guest import Guest
from tests.support.part import wait_until
from tests.support.stack import Stack


def test_the_prompt_and_the_output_show_their_tokens(
    stack: Stack, guest: Guest, axe_source: str
) -> None:
    workbench = guest.open("free")
    page = workbench.page
    pieces, tokens = page.locator(".cm-content .piece"), page.locator(".cm-content .token")
    workbench.write_prompt("The ferry leaves at dawn")
    expect(pieces).to_have_count(0)

    page.get_by_role("switch", name="Tokens").check()
    expect(pieces.first).to_be_visible()
    count = pieces.count()
    assert "".join(pieces.all_text_contents()) == "The ferry leaves at dawn"
    expect(workbench.tokens).to_have_text(re.compile(rf"^{count} /"))
    pieces.last.hover()
    expect(page.locator(".token-card")).to_be_in_viewport()
    expect(page.locator(".token-card")).to_have_text(re.compile(r"^␣?\w+id \d+$"))
    workbench.type_at_end(" over")
    expect(workbench.tokens).not_to_have_text(re.compile(rf"^{count} /"))
    expect(pieces.last).to_have_text(re.compile("over|er|ver$"))

    # The ids of the output are known: they come with the tokens, and with an opened run.
    workbench.set(max_tokens=8)
    run = workbench.run()
    workbench.wait_final()
    written = [text for _, text, *_ in stack.row(run)["tokens"] if text]
    shown = "".join(written).replace("\n", "")

    def are_all_marked() -> bool:
        # The lines of a token, and a space that the text begins with, are elements of their own.
        return "".join(tokens.all_text_contents()) == shown

    wait_until(are_all_marked, what=f"tokens of {shown!r}")
    page.reload()
    wait_until(are_all_marked, what=f"tokens of {shown!r} after a reload")

    assert violations(page, axe_source) == []
    page.get_by_role("switch", name="Tokens").uncheck()
    expect(pieces).to_have_count(0)


def test_keys_go_through_the_tokens_of_a_separate_output(stack: Stack, guest: Guest) -> None:
    workbench = guest.open("qa")
    page = workbench.page
    run = workbench.run()
    workbench.wait_final()

    page.get_by_role("switch", name="Tokens").check()
    tokens = [(number, text) for number, text, *_ in stack.row(run)["tokens"] if text.strip()]
    expect(workbench.output.locator(".token").first).to_be_visible()
    workbench.output.focus()
    page.keyboard.press("ArrowRight")
    card = page.locator(".token-card")
    expect(card).to_contain_text(f"id {tokens[0][0]}")
    page.keyboard.press("ArrowRight")
    expect(card).to_contain_text(f"id {tokens[1][0]}")
    expect(page.locator("#announcer")).to_have_text(re.compile(rf", id {tokens[1][0]}$"))

    # The raw prompt shows its tokens too, and the caret tells the one after it.
    workbench.tab("Prompt").click()
    expect(page.locator(".cm-content .piece").first).to_be_visible()
    workbench.prompt.press("ControlOrMeta+Home")
    page.keyboard.press("ArrowRight")
    expect(card.last).to_contain_text("Text")
    expect(card.last).to_contain_text(re.compile(r"id \d+"))


def test_sql_has_its_colours_again_without_the_tokens(guest: Guest) -> None:
    workbench = guest.open("sql")
    page = workbench.page
    workbench.run()
    workbench.wait_final()
    keywords = workbench.output.locator(".hljs-keyword")
    expect(keywords.first).to_be_visible()
    text = workbench.text

    page.get_by_role("switch", name="Tokens").check()
    expect(workbench.output.locator(".token").first).to_be_visible()
    expect(keywords).to_have_count(0)
    page.get_by_role("switch", name="Tokens").uncheck()

    expect(keywords.first).to_be_visible()
    assert workbench.text == text
