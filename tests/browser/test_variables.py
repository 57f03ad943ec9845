"""Variables and rows of examples, as a person writes and fills them."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.axe import violations
from tests.browser.conftest import NewGuest
from tests.browser.guest import Guest
from tests.browser.library import SavedPrompt
from tests.browser.test_phone import phone
from tests.browser.variable_fields import ExampleRows, VariableFields
from tests.browser.whole_page import assert_fits
from tests.browser.workbench import Workbench
from tests.support.stack import Stack

STATION, COFFEE, GIRL = (
    "Where is the station?",
    "We would like two coffees, please.",
    "The little girl is reading a book in the garden.",
)
EVIL = "<img src=x onerror=alert(1)>"


def free_page_with(guest: Guest, text: str) -> tuple[Workbench, VariableFields]:
    """The free page with ``text`` typed into it."""
    workbench = guest.open("free")
    workbench.prompt.press("ControlOrMeta+a")
    workbench.prompt.press("Delete")
    workbench.prompt.press_sequentially(text)
    return workbench, VariableFields(workbench.page)


def test_a_typed_name_gets_a_field_and_its_value_is_sent(stack: Stack, guest: Guest) -> None:
    workbench, variables = free_page_with(guest, "A postcard from {{city}}:")

    expect(variables.names).to_have_text(["city"])
    expect(variables.finished_prompt.locator("[data-open]")).to_have_text("{{city}}")
    variables.field("city").fill("Lisbon {{city}}")
    expect(variables.finished_prompt).to_have_text("A postcard from Lisbon {{city}}:")
    expect(workbench.page.locator(".cm-content .variable-mark")).to_have_text("{{city}}")
    counted = workbench.counted_tokens
    run = workbench.run()
    workbench.wait_final()

    row = stack.row(run)
    assert row["prompt"] == "A postcard from Lisbon {{city}}:"
    assert row["prompt_tokens"] == counted
    again = guest.open_run(run)
    expect(again.prompt).to_contain_text("A postcard from {{city}}:")
    expect(VariableFields(again.page).field("city")).to_have_value("Lisbon {{city}}")


def test_the_value_shows_where_the_pointer_rests(guest: Guest) -> None:
    workbench, variables = free_page_with(guest, "From {{city}}")
    variables.field("city").fill("Lisbon")

    workbench.page.locator(".cm-content .variable-mark").hover()

    expect(workbench.page.locator(".variable-card")).to_have_text("Lisbon")


def test_an_empty_variable_is_refused_at_its_field_until_it_has_a_default(
    stack: Stack, guest: Guest
) -> None:
    workbench, variables = free_page_with(guest, "From {{city}}")
    expect(variables.field("city")).to_be_visible()

    with guest.complaints.allow("status of 400", "Error Code 400"):
        workbench.run_button.click()
        expect(workbench.notice).to_contain_text("Variable city is empty")
    expect(variables.field("city")).to_be_focused()
    expect(variables.field("city")).to_have_attribute("aria-invalid", "true")

    variables.open_settings("city")
    variables.field("city", "default").press_sequentially("Rome")
    expect(variables.field("city")).to_have_attribute("placeholder", "Rome")
    expect(variables.field("city", "default")).to_be_focused()
    run = workbench.run()
    assert stack.row(run)["prompt"] == "From Rome"


def test_a_choice_and_a_number(stack: Stack, guest: Guest) -> None:
    workbench, variables = free_page_with(guest, "{{tone}} {{words}}")
    variables.set_kind("tone", "choice")
    variables.field("tone", "options").fill("warm\nfunny")
    expect(variables.field("tone").locator("option")).to_have_text(["Choose…", "warm", "funny"])
    variables.field("tone").select_option("funny")
    variables.set_kind("words", "number")
    variables.field("words", "min").fill("10")
    variables.field("words", "max").fill("80")
    variables.field("words", "step").fill("5")
    expect(variables.row("words")).to_contain_text("Between 10 and 80, in steps of 5.")
    variables.field("words").fill("12")

    with guest.complaints.allow("status of 400", "Error Code 400"):
        workbench.run_button.click()
        expect(workbench.notice).to_contain_text("Variable words goes in steps of 5 from 10.")
    variables.field("words").fill("15")
    run = workbench.run()

    assert stack.row(run)["prompt"] == "funny 15"


def test_an_unused_variable_stays_until_it_is_removed(guest: Guest) -> None:
    workbench, variables = free_page_with(guest, "{{city}} {{day}}")
    variables.field("city").fill("Rome")
    expect(variables.finished_prompt).to_contain_text("Rome")

    workbench.write_prompt("{{day}}")

    expect(variables.row("city")).to_contain_text("not used")
    expect(variables.field("city")).to_have_value("Rome")
    variables.row("city").get_by_role("button", name="Remove").click()
    expect(variables.names).to_have_text(["day"])
    workbench.write_prompt("{{day}} {{city}}")
    expect(variables.field("city")).to_have_value("")


def test_a_field_keeps_its_text_while_others_appear_and_disappear(guest: Guest) -> None:
    workbench = guest.open("qa")
    variables = VariableFields(workbench.page)
    workbench.field("knowledge").fill("{{shop}} opens at {{hour}}.")
    variables.field("hour").press_sequentially("half past nine", delay=30)
    workbench.field("question").fill("When does {{shop}} open on {{day}}?")

    expect(variables.names).to_have_text(["shop", "hour", "day"])
    expect(variables.field("hour")).to_have_value("half past nine")
    expect(variables.finished_prompt).to_contain_text("opens at half past nine.")


def test_examples_of_the_free_page_are_inserted_at_their_variable(
    stack: Stack, guest: Guest
) -> None:
    workbench, variables = free_page_with(guest, "{{shots}}Q: Four?")
    variables.set_kind("shots", "examples")
    variables.field("shots", "columns").fill("question, answer")
    expect(variables.row("shots").locator(".example-head")).to_contain_text("question")
    variables.field("shots", "format").fill(r"Q: {question}\nA: {answer}\n\n")
    rows = ExampleRows(workbench.page, "var.shots")

    rows.paste(0, 'One?\t1\n"Two,\nor three?"\t{answer}')
    rows.expect_order("One?", "Two,\nor three?")
    variables.row("shots").get_by_role("button", name="Add a row").click()
    expect(rows.rows).to_have_count(3)
    expect(rows.cell(2)).to_be_focused()
    rows.cell(2).press_sequentially("Three?")
    expect(variables.finished_prompt).to_contain_text("Three?")
    rows.cell(2).press("Alt+ArrowUp")
    rows.expect_order("One?", "Three?", "Two,\nor three?")
    run = workbench.run()

    assert stack.row(run)["prompt"] == (
        "Q: One?\nA: 1\n\nQ: Three?\nA: \n\nQ: Two,\nor three?\nA: {answer}\n\nQ: Four?"
    )


def test_a_saved_prompt_opens_with_its_variables(guest: Guest) -> None:
    workbench, variables = free_page_with(guest, "{{city}} {{tone}}")
    variables.field("city").fill("Oslo")
    variables.set_kind("tone", "choice")
    variables.field("tone", "options").fill("warm\nfunny")
    variables.field("tone", "default").fill("warm")
    expect(variables.finished_prompt).to_have_text("Oslo warm")
    saved = SavedPrompt(workbench)
    saved.save(title="Postcards")

    page = guest.page(workbench.page.url.removeprefix(guest.url))

    again = VariableFields(page)
    expect(again.field("city")).to_have_value("Oslo")
    expect(again.field("tone").locator("option")).to_have_text(["warm (default)", "warm", "funny"])
    expect(again.finished_prompt).to_have_text("Oslo warm")


def test_rows_move_by_keys_by_buttons_and_by_dragging(guest: Guest) -> None:
    workbench = guest.open("translation")
    page, rows = workbench.page, ExampleRows(workbench.page)
    rows.expect_order(STATION, COFFEE, GIRL)

    rows.cell(0).click()
    page.keyboard.press("End")
    page.keyboard.press("Alt+ArrowDown")
    rows.expect_order(COFFEE, STATION, GIRL)
    expect(rows.cell(1)).to_be_focused()
    expect(page.locator("#announcer")).to_have_text("Row 1 is now row 2 of 3.")
    expect(workbench.prompt).to_contain_text(re.compile("coffees.*station", re.DOTALL))
    page.keyboard.type("!")
    expect(rows.cell(1)).to_have_value(f"{STATION}!")

    rows.grip(2).click()
    page.get_by_role("button", name="Move up").click()
    rows.expect_order(COFFEE, GIRL, f"{STATION}!")
    expect(rows.grip(1)).to_be_focused()

    start, end = rows.grip(2).bounding_box(), rows.grip(0).bounding_box()
    assert start and end
    page.mouse.move(start["x"] + 8, start["y"] + 12)
    page.mouse.down()
    page.mouse.move(start["x"] + 8, start["y"] - 20)
    page.mouse.move(end["x"] + 8, end["y"] + 4)
    expect(page.locator("[data-drop-before]")).to_have_count(1)
    page.mouse.up()
    rows.expect_order(f"{STATION}!", COFFEE, GIRL)
    expect(rows.open_menu).to_have_count(0)
    expect(rows.cell(0, 1)).to_have_value("Où est la gare ?")


def test_a_row_is_duplicated_and_many_are_pasted(guest: Guest) -> None:
    workbench = guest.open("translation")
    page, rows = workbench.page, ExampleRows(workbench.page)

    rows.grip(0).click()
    page.get_by_role("button", name="Duplicate", exact=True).click()
    rows.expect_order(STATION, STATION, COFFEE, GIRL)
    expect(rows.cell(1)).to_be_focused()

    rows.paste(3, "Yes\tOui\nNo\tNon\n")
    rows.expect_order(STATION, STATION, COFFEE, GIRL, "Yes", "No")
    expect(workbench.prompt).to_contain_text("French: Non")
    with guest.complaints.allow("status of 400", "Error Code 400"):
        rows.paste(0, "a\tb\n" * 40)
        expect(workbench.notice).to_contain_text("at most 24 examples")


def test_rows_can_be_shown_as_a_table(guest: Guest) -> None:
    workbench = guest.open("translation")
    toggle = workbench.page.get_by_role("button", name="As a table")
    rows = ExampleRows(workbench.page)
    before = rows.rows.first.bounding_box()

    toggle.click()

    expect(toggle).to_have_attribute("aria-pressed", "true")
    after = rows.rows.first.bounding_box()
    assert before and after and after["height"] < before["height"]
    workbench.page.reload()
    expect(toggle).to_have_attribute("aria-pressed", "true")


def test_markup_in_values_and_rows_is_text(guest: Guest) -> None:
    workbench, variables = free_page_with(guest, "{{city}} {{<b>}} {{shots}}")
    variables.field("city").fill(EVIL)
    variables.set_kind("shots", "examples")
    ExampleRows(workbench.page, "var.shots").cell(0).fill(EVIL)
    variables.field("shots", "columns").fill(EVIL)

    expect(variables.finished_prompt).to_contain_text(f"{EVIL} {{{{<b>}}}}")
    expect(variables.row("shots").locator(".example-head")).to_contain_text(EVIL)
    workbench.page.locator(".cm-content .variable-mark").first.hover()
    expect(workbench.page.locator(".variable-card")).to_have_text(EVIL)
    expect(workbench.page.locator("#editor img, #editor .finished_prompt b")).to_have_count(0)


def test_without_scripts_update_shows_the_fields(stack: Stack, new_guest: NewGuest) -> None:
    guest = new_guest(java_script_enabled=False)
    workbench = guest.open("free")
    variables = VariableFields(workbench.page)
    workbench.write_prompt("From {{city}}, {{shots}}")

    workbench.page.get_by_role("button", name="Update the variables").click()
    variables.field("city").fill("Rome")
    variables.open_settings("shots")
    variables.field("shots", "kind").select_option("examples")
    workbench.page.get_by_role("button", name="Update the variables").click()
    rows = ExampleRows(workbench.page, "var.shots")
    rows.cell(0).fill("one")
    workbench.page.get_by_role("button", name="Add a row").click()
    rows.cell(1).fill("two")
    rows.grip(1).click()
    workbench.page.get_by_role("button", name="Move up").click()
    rows.expect_order("two", "one")
    run = workbench.run()

    assert stack.row(run)["prompt"].startswith("From Rome, Input: two\nOutput: \n\nInput: one")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(guest: Guest, axe_source: str, scheme: str) -> None:
    workbench, variables = free_page_with(guest, "{{tone}} {{words}} {{shots}} {{gone}}")
    variables.set_kind("tone", "choice")
    variables.field("tone", "help").fill("How it sounds")
    variables.set_kind("words", "number")
    variables.set_kind("shots", "examples")
    variables.field("gone").fill("x")
    workbench.write_prompt("{{tone}} {{words}} {{shots}}")
    expect(variables.row("gone")).to_contain_text("not used")
    workbench.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]

    found = violations(workbench.page, axe_source)
    rows = ExampleRows(workbench.page, "var.shots")
    rows.grip(0).click()
    found += violations(workbench.page, axe_source)

    assert not found, "\n".join(found)


def test_the_fields_fit_a_phone(new_guest: NewGuest) -> None:
    guest = phone(new_guest, 360)
    workbench = guest.open("translation")
    variables = VariableFields(workbench.page)
    workbench.field("sentence").fill("I live in {{a_rather_long_name_for_a_city_of_ours}}.")
    expect(variables.names).to_have_count(1)
    variables.set_kind("a_rather_long_name_for_a_city_of_ours", "number")

    assert_fits(workbench.page, 360)
    rows = ExampleRows(workbench.page)
    rows.grip(0).tap()
    grip, menu = rows.grip(0).bounding_box(), rows.open_menu.bounding_box()
    assert grip and menu
    assert abs(menu["y"] - grip["y"]) < grip["height"] + menu["height"] + 8
    workbench.page.get_by_role("button", name="Move down").tap()
    rows.expect_order(COFFEE, STATION, GIRL)
