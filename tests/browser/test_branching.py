"""A text goes on with another token than the model chose."""

import re

from playwright.sync_api import Locator, expect

from tests.browser.axe import violations
from tests.browser.conftest import NewGuest
from tests.browser.guest import Guest
from tests.browser.workbench import Workbench
from tests.support.stack import Stack


def run_with_probabilities(workbench: Workbench) -> str:
    workbench.set(max_tokens=12, temperature=1, seed=5)
    workbench.parameter("logprobs").check()
    run = workbench.run()
    workbench.wait_final()
    return run


def alternatives(workbench: Workbench) -> Locator:
    return workbench.page.get_by_role("list", name="Continue with").get_by_role("button")


def token(workbench: Workbench, position: int) -> Locator:
    """The run's token in the document, from 1. The first one is drawn as its space and its word."""
    return workbench.page.locator(".cm-content .token").nth(position)


def expect_branch(stack: Stack, workbench: Workbench, run: str, *, position: int) -> None:
    """The run on the page is a branch of ``run`` at the token of that position, from 1."""
    new = workbench.wait_for_run(other_than=run)
    workbench.wait_final()
    before, branch = stack.row(run), stack.row(new)
    kept = before["tokens"][: position - 1]
    assert [token[:2] for token in branch["tokens"][: position - 1]] == [t[:2] for t in kept]
    replaced, chosen = before["tokens"][position - 1], branch["tokens"][position - 1]
    assert chosen[0] != replaced[0]
    assert chosen[0] in [token for token, _share in replaced[3]]
    assert len(branch["tokens"]) > position
    assert branch["text"] == "".join(token[1] for token in branch["tokens"])
    assert branch["origin_id"] == run.replace("-", "")
    assert branch["prompt"] == before["prompt"]
    expect(workbench.page.get_by_role("treeitem")).to_have_count(2)


def test_a_press_on_a_token_and_one_on_an_alternative_make_a_branch(
    stack: Stack, guest: Guest, axe_source: str
) -> None:
    workbench = guest.open("free")
    written = workbench.document_text
    run = run_with_probabilities(workbench)

    token(workbench, 4).click()
    expect(workbench.page.locator(".token-card")).to_have_count(1)
    expect(alternatives(workbench).first).to_have_accessible_name(re.compile("^Continue with .+%$"))
    found = violations(workbench.page, axe_source)
    alternatives(workbench).first.click()

    expect_branch(stack, workbench, run, position=4)
    assert not found, "\n".join(found)
    branch = stack.row(str(workbench.run_id))
    workbench.expect_document_text(written + branch["text"])
    # The branch is one step: Undo shows the text that it branched off.
    workbench.undo_button.click()
    workbench.expect_document_text(written + stack.row(run)["text"])
    expect(workbench.panel).to_have_attribute("data-run", run)


def test_keys_go_through_the_alternatives_at_the_caret(stack: Stack, guest: Guest) -> None:
    workbench = guest.open("free")
    run = run_with_probabilities(workbench)
    workbench.prompt.focus()
    workbench.page.keyboard.press("ControlOrMeta+End")
    workbench.page.keyboard.press("ArrowLeft")

    workbench.page.keyboard.press("Alt+.")
    expect(alternatives(workbench).nth(0)).to_have_attribute("data-picked", "")
    workbench.page.keyboard.press("Alt+.")
    expect(alternatives(workbench).nth(1)).to_have_attribute("data-picked", "")
    expect(workbench.page.locator("#announcer")).to_have_text(re.compile("^Continue with"))
    workbench.page.keyboard.press("Alt+,")
    expect(alternatives(workbench).nth(0)).to_have_attribute("data-picked", "")
    workbench.page.keyboard.press("Enter")

    expect_branch(stack, workbench, run, position=len(stack.row(run)["tokens"]))


def test_a_separate_completion_branches_by_pointer_and_by_keys(stack: Stack, guest: Guest) -> None:
    workbench = guest.open("qa")
    run = run_with_probabilities(workbench)
    tokens = workbench.output.locator(".token")

    tokens.nth(1).click()
    # The pointer crosses other text on its way to the card.
    workbench.page.mouse.move(5, 5)
    alternatives(workbench).first.click()
    expect_branch(stack, workbench, run, position=2)

    branch = str(workbench.run_id)
    workbench.output.focus()
    workbench.page.keyboard.press("ArrowRight")
    workbench.page.keyboard.press("Alt+.")
    workbench.page.keyboard.press("Enter")
    third = workbench.wait_for_run(other_than=branch)
    workbench.wait_final()
    assert stack.row(third)["tokens"][0][0] != stack.row(branch)["tokens"][0][0]


def test_a_touch_opens_the_card_and_another_branches(stack: Stack, new_guest: NewGuest) -> None:
    phone = new_guest(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    workbench = phone.open("qa")
    workbench.page.locator("#open-parameters").tap()
    workbench.set(max_tokens=12, temperature=1)
    workbench.parameter("logprobs").check()
    workbench.page.get_by_role("button", name="Close").tap()
    run = workbench.run()
    workbench.wait_final()

    workbench.output.locator(".token").nth(1).tap()
    alternatives(workbench).first.tap()

    expect_branch(stack, workbench, run, position=2)


def test_after_an_edit_the_document_itself_goes_on(stack: Stack, guest: Guest) -> None:
    workbench = guest.open("free")
    run = run_with_probabilities(workbench)
    workbench.prompt.press("ControlOrMeta+Home")
    workbench.page.keyboard.type("NEW ")

    token(workbench, 4).click()
    alternatives(workbench).first.click()
    new = workbench.wait_for_run(other_than=run)
    workbench.wait_final()

    before, row = stack.row(run), stack.row(new)
    kept = "".join(token[1] for token in before["tokens"][:3])
    assert row["prompt"].startswith("NEW ")
    assert kept in row["prompt"]
    assert row["parent_id"] == run.replace("-", "")
    assert row["given"] == "[]"


def test_a_retry_of_a_branch_begins_with_the_same_tokens(stack: Stack, guest: Guest) -> None:
    workbench = guest.open("qa")
    run = run_with_probabilities(workbench)
    workbench.output.locator(".token").nth(1).click()
    alternatives(workbench).first.click()
    branch = workbench.wait_for_run(other_than=run)
    workbench.wait_final()

    workbench.retry_button.click()
    again = workbench.wait_for_run(other_than=branch)
    workbench.wait_final()

    begin = [token[0] for token in stack.row(branch)["tokens"][:2]]
    assert [token[0] for token in stack.row(again)["tokens"][:2]] == begin
