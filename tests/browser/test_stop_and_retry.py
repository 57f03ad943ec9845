"""Stop keeps the text; Retry adds a sibling and overwrites nothing."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.guest import Guest
from tests.support.stack import Stack

GREEDY = re.compile("greedy.*repeat")


@pytest.mark.parametrize("by", ["button", "Escape"])
def test_stop_keeps_the_text(stack: Stack, guest: Guest, by: str) -> None:
    workbench = guest.open("free", model="slow")
    run = workbench.run_long(tokens=400)
    workbench.wait_for_text(20)
    shown = workbench.text

    if by == "button":
        workbench.stop_button.click()
    else:
        workbench.page.keyboard.press(by)
    workbench.wait_final("cancelled")

    row = stack.row(run)
    assert row["status"] == "cancelled"
    assert row["completion_tokens"] < 400
    assert row["text"].startswith(shown)
    assert workbench.text == row["text"]
    expect(workbench.stop_button).to_be_disabled()


def test_a_queued_run_can_be_stopped_too(stack: Stack, guest: Guest) -> None:
    workbench = guest.open("free", model="spare")
    run = workbench.run()
    expect(workbench.status).to_have_text("queued")

    workbench.stop_button.click()
    workbench.wait_final("cancelled")

    assert stack.row(run)["status"] == "cancelled"
    assert workbench.text == ""


def test_retry_makes_a_sibling_and_the_arrows_go_back_and_forth(stack: Stack, guest: Guest) -> None:
    workbench = guest.open("free")
    workbench.set(temperature="1.5", max_tokens=30)
    first = workbench.run()
    workbench.wait_final()
    assert not workbench.siblings.count()

    workbench.retry_button.click()
    second = workbench.wait_for_run(other_than=first)
    workbench.wait_final()

    rows = stack.row(first), stack.row(second)
    assert rows[0]["seed"] != rows[1]["seed"]
    assert rows[0]["prompt"] == rows[1]["prompt"]
    expect(workbench.siblings).to_have_text("2 of 2")
    assert workbench.text == rows[1]["text"]
    workbench.page.get_by_role("link", name="Previous sibling").click()
    expect(workbench.siblings).to_have_text("1 of 2")
    assert workbench.text == rows[0]["text"]
    workbench.page.wait_for_url(f"**/runs/{first}/")
    workbench.page.get_by_role("link", name="Next sibling").click()
    expect(workbench.siblings).to_have_text("2 of 2")
    assert workbench.text == rows[1]["text"]
    workbench.page.reload()
    expect(workbench.siblings).to_have_text("2 of 2")


def test_a_greedy_run_says_that_a_retry_will_repeat_and_it_does(stack: Stack, guest: Guest) -> None:
    workbench = guest.open("translation")
    first = workbench.run()
    workbench.wait_final()
    expect(workbench.panel).to_contain_text(GREEDY)

    workbench.retry_button.click()
    second = workbench.wait_for_run(other_than=first)
    workbench.wait_final()

    assert stack.row(first)["text"] == stack.row(second)["text"] != ""


def test_a_pinned_seed_repeats_and_a_fresh_one_does_not(stack: Stack, guest: Guest) -> None:
    workbench = guest.open("translation")
    workbench.set(temperature="2", max_tokens=30)
    first = workbench.run()
    workbench.wait_final()
    expect(workbench.panel).not_to_contain_text(GREEDY)

    workbench.page.get_by_role("button", name="Pin").click()
    expect(workbench.parameter("seed")).to_have_value(str(stack.row(first)["seed"]))
    pinned = workbench.run()
    workbench.wait_final()
    workbench.retry_button.click()
    again = workbench.wait_for_run(other_than=pinned)
    workbench.wait_final()
    workbench.set(seed="")
    fresh = workbench.run()
    workbench.wait_final()

    text = stack.row(first)["text"]
    assert [stack.row(run)["text"] == text for run in (pinned, again, fresh)] == [True, True, False]


def test_control_enter_runs_from_any_field(stack: Stack, guest: Guest) -> None:
    workbench = guest.open("sql")

    workbench.field("request").press("Control+Enter")
    first = workbench.wait_for_run()
    workbench.wait_final()
    workbench.parameter("max_tokens").press("Control+Enter")
    second = workbench.wait_for_run(other_than=first)
    workbench.wait_final()

    assert stack.row(first)["text"] == stack.row(second)["text"]
