"""Near misses are pointed out where they are typed, and one click fixes them."""

from playwright.sync_api import Locator, expect

from tests.browser.guest import Guest
from tests.browser.workbench import Workbench
from tests.support.stack import Stack


def hints(workbench: Workbench, part: str = "prompt") -> Locator:
    return workbench.page.locator(f"#{part}-hints .hint")


def test_one_click_removes_a_space_at_the_end_and_undo_restores_it(guest: Guest) -> None:
    workbench = guest.open("free")
    workbench.write_prompt("The capital of France is ")
    expect(hints(workbench)).to_contain_text("ends with a space")
    expect(workbench.page.locator(".cm-content .near-miss")).to_have_text(" ")

    workbench.page.get_by_role("button", name="Remove it").click()

    workbench.expect_document_text("The capital of France is")
    expect(hints(workbench)).to_have_count(0)
    expect(workbench.page.locator("#prompt-text")).to_be_focused()
    workbench.page.keyboard.press("Control+z")
    workbench.expect_document_text("The capital of France is ")
    expect(hints(workbench)).to_have_count(1)


def test_line_breaks_at_the_end_get_no_hint(guest: Guest) -> None:
    workbench = guest.open("free")
    workbench.write_prompt("A list: ")
    expect(hints(workbench)).to_have_count(1)

    workbench.write_prompt("A list:\n\n")

    expect(hints(workbench)).to_have_count(0)


def test_a_name_with_a_dot_becomes_a_variable(guest: Guest) -> None:
    workbench = guest.open("free")
    workbench.write_prompt("Dear {{user.name}},")
    expect(workbench.page.locator(".cm-content .near-miss")).to_have_text("{{user.name}}")

    workbench.page.get_by_role("button", name="Write {{user_name}}").click()

    workbench.expect_document_text("Dear {{user_name}},")
    expect(workbench.page.get_by_label("user_name", exact=True)).to_be_visible()


def test_a_near_miss_in_a_field_is_fixed_there(guest: Guest) -> None:
    workbench = guest.open("translation")
    field = workbench.page.locator("#field-sentence")
    field.fill("Where is {{the place}}?")
    expect(hints(workbench)).to_contain_text("{{the place}} is sent as it is")

    workbench.page.get_by_role("button", name="Write {{the_place}}").click()

    expect(field).to_have_value("Where is {{the_place}}?")
    expect(field).to_be_focused()


def test_a_variable_of_any_script_gets_its_field(guest: Guest) -> None:
    workbench = guest.open("free")

    workbench.write_prompt("{{  हिन्दी  }}")

    expect(workbench.page.get_by_label("हिन्दी", exact=True)).to_be_visible()
    expect(workbench.page.locator(".cm-content .variable-mark")).to_have_text("{{  हिन्दी  }}")


def test_a_stop_in_quotation_marks_is_fixed(stack: Stack, guest: Guest) -> None:
    workbench = guest.open("free")
    workbench.remove_stops()
    adder = workbench.page.get_by_label("Add a stop sequence")
    adder.fill(r'"\n"')
    adder.press("Enter")
    expect(hints(workbench, "stop")).to_contain_text("The quotation marks are part of")

    workbench.page.locator("#stop-hints").get_by_role("button").click()

    expect(workbench.page.locator(".chip")).to_have_text([r"\n"])
    expect(hints(workbench, "stop")).to_have_count(0)


def test_stops_on_one_line_are_separated(guest: Guest) -> None:
    workbench = guest.open("free")
    workbench.remove_stops()
    adder = workbench.page.get_by_label("Add a stop sequence")
    adder.fill("User:, AI:")
    adder.press("Enter")

    workbench.page.get_by_role("button", name="Make it 2").click()

    expect(workbench.page.locator(".chip")).to_have_text(["User:", "AI:"])


def test_a_stop_of_one_space_is_visible_and_counts_as_a_change(guest: Guest) -> None:
    workbench = guest.open("free")
    adder = workbench.page.get_by_label("Add a stop sequence")

    adder.fill(" ")
    adder.press("Enter")

    expect(workbench.parameter_row("stop")).to_have_attribute("data-changed", "")
    expect(workbench.page.locator("#changed-count")).to_have_text("1 changed")
    assert workbench.page.locator(".chip-edge").bounding_box()["width"] > 4  # type: ignore[index]
    expect(hints(workbench, "stop")).to_contain_text("one space")


def test_a_number_that_has_to_change_says_how(guest: Guest) -> None:
    workbench = guest.open("free")
    for name, typed, written, said in (
        ("temperature", "5", "2.00", "2.00 is the most, so 5 became 2.00."),
        ("temperature", "-1", "0.00", "0.00 is the least, so -1 became 0.00."),
        ("temperature", "0.777", "0.78", "0.777 was rounded to 0.78."),
        ("temperature", "warm", "0.70", "“warm” is no number. It is 0.70 again."),
        ("max_tokens", "5000", "2047", "2047 is the most, so 5000 became 2047."),
    ):
        workbench.parameter(name).fill(typed)
        workbench.parameter(name).press("Tab")

        expect(workbench.parameter(name)).to_have_value(written)
        expect(workbench.parameter_row(name).locator(".number-note")).to_have_text(said)

    workbench.parameter("max_tokens").fill("1,024")
    workbench.parameter("max_tokens").press("Tab")
    expect(workbench.parameter("max_tokens")).to_have_value("1024")
    expect(workbench.parameter_row("max_tokens").locator(".number-note")).to_be_hidden()


def test_all_empty_variables_are_named_at_once(guest: Guest) -> None:
    workbench = guest.open("free")
    workbench.write_prompt("{{city}}, {{street}} and {{house}}")
    expect(workbench.page.get_by_label("house", exact=True)).to_be_visible()

    with guest.complaints.allow("400"):
        workbench.run_button.click()

        expect(workbench.notice).to_contain_text("Variables city, street and house are empty.")
