"""Several outputs of one prompt beside each other."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.axe import violations
from tests.browser.conftest import NewGuest
from tests.browser.guest import Guest
from tests.browser.workbench import Workbench
from tests.support.stack import Stack

TWO = re.compile(r"^\s*Run for .2 outputs\s*$")


def cards(page: Page) -> Locator:
    return page.locator("output-card")


def press_several(workbench: Workbench) -> list[str]:
    """Asks for three outputs; returns the ids of the runs, in the order of their cards."""
    workbench.page.get_by_test_id("run-several").click()
    expect(cards(workbench.page)).to_have_count(3)
    return [str(card.get_attribute("data-run")) for card in cards(workbench.page).all()]


def wait_all(workbench: Workbench) -> None:
    workbench.page.locator("#run-panel[data-live=no]").wait_for(state="attached")


def test_three_outputs_stream_beside_each_other_and_each_is_a_sibling(
    stack: Stack, guest: Guest, axe_source: str
) -> None:
    workbench = guest.open("free", model="slow")
    workbench.set_length(40)
    workbench.set(temperature=1)
    workbench.parameter("logprobs").check()

    runs = press_several(workbench)
    for number in range(3):
        expect(cards(workbench.page).nth(number).locator(".output .body")).not_to_be_empty()
    expect(workbench.panel).to_have_attribute("data-live", "yes")
    expect(workbench.stop_button).to_be_enabled()
    wait_all(workbench)

    rows = [stack.row(run) for run in runs]
    shown = [card.locator(".output").text_content() for card in cards(workbench.page).all()]
    assert shown == [row["text"] for row in rows]
    assert [row["status"] for row in rows] == ["succeeded"] * 3
    first = runs[0].replace("-", "")
    assert [row["origin_id"] for row in rows] == [None, first, first]
    assert len({row["seed"] for row in rows}) == 3
    expect(workbench.page.get_by_role("treeitem")).to_have_count(3)
    expect(workbench.stop_button).to_be_disabled()
    # The first one is in the text already.
    expect(workbench.page.locator("#append-output")).to_be_hidden()
    found = violations(workbench.page, axe_source)
    assert not found, "\n".join(found)
    workbench.page.reload()
    expect(cards(workbench.page)).to_have_count(3)
    texts = cards(workbench.page).locator(".output").all_text_contents()
    assert texts == shown


def test_one_is_kept_by_a_press_or_a_key_and_the_others_stay_its_siblings(
    stack: Stack, guest: Guest
) -> None:
    workbench = guest.open("free")
    workbench.set(max_tokens=12, temperature=1)
    runs = press_several(workbench)
    wait_all(workbench)
    rows = [stack.row(run) for run in runs]

    workbench.page.keyboard.press("Alt+2")
    expect(cards(workbench.page)).to_have_count(0)
    expect(workbench.siblings).to_have_text("2 of 3")
    workbench.expect_document_text(re.compile(re.escape(rows[1]["text"]) + "$"))
    workbench.page.get_by_role("link", name="Side by side").click()
    expect(cards(workbench.page)).to_have_count(3)
    cards(workbench.page).nth(2).get_by_role("link", name="Keep output 3").click()

    expect(workbench.siblings).to_have_text("3 of 3")
    workbench.expect_document_text(re.compile(re.escape(rows[2]["text"]) + "$"))
    assert workbench.page.url.endswith(f"/runs/{runs[2]}/")


def test_continue_keeps_an_output_and_runs_from_its_end(stack: Stack, guest: Guest) -> None:
    workbench = guest.open("free")
    workbench.set_length(8)
    runs = press_several(workbench)
    wait_all(workbench)

    cards(workbench.page).nth(1).get_by_role("link", name="Continue").click()
    others = "".join(f":not([data-run='{run}'])" for run in runs)
    workbench.page.locator(f"#run-panel[data-final=yes]{others}").wait_for(state="attached")

    row, kept = stack.row(str(workbench.run_id)), stack.row(runs[1])
    assert row["parent_id"] == runs[1].replace("-", "")
    assert row["prompt"] == kept["prompt"] + kept["text"]


def test_stop_stops_all_of_them_and_a_cards_own_button_only_one(stack: Stack, guest: Guest) -> None:
    workbench = guest.open("free", model="slow")
    workbench.set_length(400)
    runs = press_several(workbench)
    second = cards(workbench.page).nth(1)
    expect(second.locator(".output .body")).not_to_be_empty()

    second.get_by_role("button", name="Stop output 2").click()
    expect(cards(workbench.page).nth(1)).to_have_attribute("data-final", "yes")
    expect(cards(workbench.page).nth(1)).to_have_attribute("data-status", "cancelled")
    expect(workbench.panel).to_have_attribute("data-live", "yes")
    workbench.page.keyboard.press("Escape")
    wait_all(workbench)

    assert [stack.row(run)["status"] for run in runs] == ["cancelled"] * 3
    shown = cards(workbench.page).locator(".output").all_text_contents()
    assert shown == [stack.row(run)["text"] for run in runs]


def test_their_number_is_chosen_and_a_pinned_seed_counts_up(stack: Stack, guest: Guest) -> None:
    workbench = guest.open("qa")
    workbench.set(seed=41, max_tokens=6)
    workbench.page.get_by_label("Outputs at once", exact=True).select_option("2")

    expect(workbench.page.get_by_test_id("run-several")).to_have_text(
        re.compile(r"^\s*Run for .2 outputs\s*$")
    )
    workbench.page.get_by_test_id("run-several").click()
    expect(cards(workbench.page)).to_have_count(2)
    wait_all(workbench)

    runs = [str(card.get_attribute("data-run")) for card in cards(workbench.page).all()]
    assert [stack.row(run)["seed"] for run in runs] == [41, 42]
    workbench.page.reload()
    expect(workbench.page.get_by_test_id("run-several")).to_have_text(
        re.compile(r"^\s*Run for .2 outputs\s*$")
    )


def test_they_are_plain_pages_without_scripts(stack: Stack, new_guest: NewGuest) -> None:
    workbench = new_guest(java_script_enabled=False).open("free")
    workbench.set(max_tokens=6)

    workbench.page.get_by_test_id("run-several").click()
    expect(cards(workbench.page)).to_have_count(3)
    workbench.page.locator("#run-panel[data-live=no]").wait_for(state="attached")
    cards(workbench.page).nth(2).get_by_role("link", name="Keep").click()

    expect(workbench.siblings).to_have_text("3 of 3")


def test_they_are_below_each_other_on_a_phone(new_guest: NewGuest) -> None:
    phone = new_guest(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    workbench = phone.open("chat")
    workbench.page.get_by_test_id("run-several").tap()
    wait_all(workbench)

    boxes = [card.bounding_box() for card in cards(workbench.page).all()]
    lefts = {round(box["x"]) for box in boxes if box}
    assert len(boxes) == 3
    assert len(lefts) == 1
    width = workbench.page.evaluate("document.documentElement.scrollWidth")
    assert width == 390
    dock = workbench.page.locator(".controls").evaluate(
        "(dock) => [dock.scrollWidth, dock.clientWidth]"
    )
    assert dock[0] <= dock[1]
