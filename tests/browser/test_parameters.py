"""The parameter panel: changed values are marked, counted, reset, sent and remembered."""

import re

from playwright.sync_api import Locator, expect

from tests.browser.axe import violations
from tests.browser.guest import Guest
from tests.support.stack import Stack


def test_changed_parameters_are_marked_counted_and_reset(guest: Guest) -> None:
    workbench = guest.open("free")
    count = workbench.page.locator("#changed-count")
    reset = workbench.page.locator("#parameters").get_by_role("button", name="Reset")
    begun = workbench.parameter("temperature").input_value()
    expect(reset).to_be_hidden()

    workbench.set(temperature=1.25, top_k=40)

    expect(count).to_have_text("2 changed")
    for name in ("temperature", "top_k"):
        expect(workbench.parameter_row(name)).to_have_attribute("data-changed", "")
    expect(workbench.parameter_row("top_p")).not_to_have_attribute("data-changed", "")
    reset.click()
    expect(workbench.parameter("temperature")).to_have_value(begun)
    expect(workbench.parameter("top_k")).to_have_value("off")
    expect(workbench.page.locator("#parameters [data-changed]")).to_have_count(0)
    expect(reset).to_be_hidden()


def test_slider_and_number_show_the_same_value(guest: Guest) -> None:
    workbench = guest.open("free")
    slider = workbench.page.get_by_role("slider", name="Temperature")

    slider.focus()
    slider.press("Home")
    expect(workbench.parameter("temperature")).to_have_value("0.00")
    workbench.set(temperature=1.5)
    expect(slider).to_have_value("1.5")
    workbench.set(temperature=9)
    expect(workbench.parameter("temperature")).to_have_value("2.00")


def test_parameters_reach_the_row_and_are_back_after_a_reload(stack: Stack, guest: Guest) -> None:
    workbench = guest.open("free")
    typed = {
        "temperature": "0.85",
        "top_p": "0.91",
        "top_k": "33",
        "min_p": "0.04",
        "max_tokens": "21",
        "repetition_penalty": "1.15",
        "frequency_penalty": "0.25",
        "presence_penalty": "-0.30",
        "seed": "12345",
    }
    workbench.remove_stops()
    _add_stop(workbench.page.locator("#stop-chips input"), r"END\n")
    workbench.set(**typed)

    run = workbench.run()
    workbench.wait_final()

    stored = stack.row(run)["parameters"]
    assert {name: float(stored[name]) for name in typed} == {
        name: float(value) for name, value in typed.items()
    }
    assert stored["stop"] == ["END\n"]
    workbench.page.reload()
    for name, value in typed.items():
        expect(workbench.parameter(name)).to_have_value(value)
    expect(workbench.page.locator(".chip")).to_have_text([r"END\n"])
    expect(workbench.page.locator("#changed-count")).to_have_text("10 changed")


def test_stop_sequences_are_chips_that_show_line_breaks(stack: Stack, guest: Guest) -> None:
    workbench = guest.open("chat")
    chips = workbench.page.locator(".chip")
    expect(chips).to_have_text([r"\nCustomer:", r"\n\n"])
    adder = workbench.page.get_by_label("Add a stop sequence")

    _add_stop(adder, "Goodbye")
    expect(chips).to_have_text([r"\nCustomer:", r"\n\n", "Goodbye"])
    expect(workbench.parameter_row("stop")).to_have_attribute("data-changed", "")
    workbench.page.get_by_role("button", name=r"Remove \nCustomer:").click()
    expect(chips).to_have_text([r"\n\n", "Goodbye"])
    adder.press("Backspace")
    expect(chips).to_have_text([r"\n\n"])
    _add_stop(adder, "Bye")
    run = workbench.run()
    workbench.wait_final()

    assert stack.row(run)["parameters"]["stop"] == ["\n\n", "Bye"]


def test_a_stop_sequence_ends_the_text_and_is_not_shown(stack: Stack, guest: Guest) -> None:
    workbench = guest.open("code")
    run = workbench.run()
    workbench.wait_final()
    word = next(word for word in workbench.text.split()[1:] if len(word) > 2)

    _add_stop(workbench.page.get_by_label("Add a stop sequence"), word)
    shorter = workbench.run()
    workbench.wait_final()

    whole, cut = stack.row(run)["text"], stack.row(shorter)
    assert cut["text"] == whole[: whole.index(word)]
    assert workbench.text == cut["text"]
    expect(workbench.panel).to_contain_text(f"ended at the stop sequence {word}")


def _add_stop(adder: Locator, text: str) -> None:
    adder.fill(text)
    adder.press("Enter")


def test_a_token_that_is_ruled_out_is_chosen_by_its_text_and_never_comes(
    stack: Stack, guest: Guest
) -> None:
    workbench = guest.open("free")
    page = workbench.page
    workbench.write_prompt("Product: Alba travel mug\nFeatures: keeps drinks hot\nDescription:")
    workbench.set(temperature=0, max_tokens=6)
    first = workbench.run()
    workbench.wait_final()
    word = stack.row(first)["tokens"][0][1].strip()

    page.locator("#token-bias > summary").click()
    typed = page.get_by_label("Text to add")
    typed.fill(word)
    # With the space before it, which the model wrote too.
    expect(page.locator("#bias-choices li").first).to_have_text(re.compile(rf"␣{word} id \d+"))
    typed.press("Enter")
    expect(page.get_by_label(f"Bias of ␣{word}", exact=True)).to_have_value("-100")
    expect(page.locator("#changed-count")).to_have_text("3 changed")
    second = workbench.run()
    workbench.wait_final()

    assert stack.row(second)["parameters"]["token_bias"] == [[f" {word}", -100]]
    assert word not in workbench.text
    page.reload()
    expect(page.get_by_label(f"Bias of ␣{word}", exact=True)).to_have_value("-100")
    page.get_by_role("button", name=f"Remove ␣{word}").click()
    expect(page.locator("#bias-rows")).to_be_hidden()
    expect(typed).to_be_focused()


def test_a_text_of_several_tokens_says_so_and_can_be_changed_with_the_keyboard(
    guest: Guest, axe_source: str
) -> None:
    workbench = guest.open("qa")
    page = workbench.page
    page.locator("#token-bias > summary").click()
    typed = page.get_by_label("Text to add")

    typed.fill("unbelievable")
    choices = page.locator("#bias-choices li")
    expect(choices).to_have_text([re.compile(r"^␣un.* \d tokens$"), re.compile(r"^un")])
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    number = page.get_by_label("Bias of ␣unbelievable", exact=True)
    expect(number).to_be_focused()
    expect(page.locator(".bias-detail")).to_have_text(re.compile(r"^each of \d tokens$"))
    page.keyboard.type("-2,5")
    page.keyboard.press("Tab")

    expect(number).to_have_value("-2.5")
    expect(page.locator("#parameter-token_bias")).to_have_value('" unbelievable" = -2.5')
    assert violations(page, axe_source) == []
    page.locator("#parameters").get_by_role("button", name="Reset").click()
    expect(page.locator(".bias")).to_have_count(0)
    expect(workbench.parameter_row("token_bias")).not_to_have_attribute("data-changed", "")
