"""Limits are explained kindly, and nobody sees another person's run."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import MAX_ACTIVE, NewGuest
from tests.browser.guest import Guest
from tests.support.stack import Stack


def test_one_run_too_many_is_refused_and_stopping_one_makes_room(
    stack: Stack, guest: Guest
) -> None:
    waiting = [guest.open("free", model="spare") for _ in range(MAX_ACTIVE)]
    for workbench in waiting:
        workbench.run()
    workbench = guest.open("free", model="slow")
    workbench.write_prompt("A prompt that I would hate to lose")

    with guest.complaints.allow("status of 429", "Error Code 429"):
        with workbench.page.expect_response(re.compile("/run/$")) as refused:
            workbench.run_button.click()
        expect(workbench.notice).to_contain_text(f"You have {MAX_ACTIVE} runs queued or running")

    assert refused.value.status == 429
    seconds = refused.value.headers["retry-after"]
    expect(workbench.notice).to_contain_text(f"Try again in {seconds} s")
    workbench.expect_document_text("A prompt that I would hate to lose")
    waiting[0].stop_button.click()
    waiting[0].wait_final("cancelled")
    run = workbench.run()
    expect(workbench.notice).to_have_text("")
    assert stack.row(run)["prompt"] == "A prompt that I would hate to lose"
    for other in waiting[1:]:
        other.stop_button.click()
        other.wait_final("cancelled")


def test_another_guest_finds_nothing_at_a_runs_address(
    stack: Stack, guest: Guest, new_guest: NewGuest
) -> None:
    workbench = guest.open("free")
    workbench.write_prompt("A private thought")
    run = workbench.run()
    workbench.wait_final()
    stranger = new_guest()
    # A stranger who has runs, not one without a cookie.
    stranger.open("translation").run()

    with stranger.complaints.allow("status of 404"):
        for path in (f"/runs/{run}/", f"/runs/{run}/output/", f"/runs/{run}/table.csv"):
            page = stranger.page(path)
            expect(page.get_by_role("heading", level=1)).to_have_text("Nothing here")
            assert "private thought" not in page.content()

    page.get_by_role("link", name="Back to the templates").click()
    page.wait_for_url(f"{stranger.url}/")
