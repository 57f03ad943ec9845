"""The state of the models, live on the page."""

from playwright.sync_api import expect

from tests.browser.guest import Guest
from tests.support.stack import Stack


def test_a_page_without_a_worker_says_so_and_continues_when_one_starts(
    stack: Stack, guest: Guest
) -> None:
    workbench = guest.open("free", model="spare")
    notice = workbench.page.locator("#model-notice")
    expect(notice).to_contain_text("No worker serves spare right now")
    expect(workbench.model).to_contain_text("no worker")
    workbench.set(max_tokens=8)
    run = workbench.run()
    expect(workbench.status).to_have_text("queued")
    expect(workbench.panel).to_contain_text("next in line")

    stack.start_worker("spare")
    try:
        workbench.wait_final()
        expect(workbench.model).to_contain_text("ready")
        expect(notice).to_have_text("")
    finally:
        stack.stop("spare")

    assert workbench.text == stack.row(run)["text"] != ""


def test_the_menu_lists_every_model_and_the_choice_is_kept(stack: Stack, guest: Guest) -> None:
    workbench = guest.open("free")
    workbench.model.click()
    choices = workbench.page.locator(".model-choice")
    expect(choices).to_have_count(4)
    expect(choices.filter(has_text="spare")).to_contain_text("no worker")
    expect(choices.filter(has_text="slow")).to_contain_text("ready")

    choices.filter(has_text="slow").click()
    expect(workbench.model).to_contain_text("slow")
    workbench.page.get_by_test_id("template-qa").click()
    workbench.page.wait_for_url("**/qa/?model=slow")
    expect(workbench.model).to_contain_text("slow")
    workbench.set(max_tokens=3)
    run = workbench.run()
    workbench.wait_final()

    assert stack.row(run)["model"] == "slow"
