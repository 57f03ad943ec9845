"""Pages at 400 % zoom (320 CSS px), with text of double size, and in the system's own colours."""

import io
from collections.abc import Sequence

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewGuest
from tests.browser.furnished import EMPTY_PATHS, Texts, furnish, furnish_finetune
from tests.browser.guest import Guest
from tests.browser.whole_page import assert_fits, too_wide
from tests.support.stack import Stack

NARROW = 320
LONG = Texts(
    title="The blue lamp and the very long title of a prompt that goes on",
    text="A sentence that goes on with Donaudampfschifffahrtsgesellschaftskapitaen at its end.",
    word="a_rather_long_name_of_thirty_chars",
)
TWICE = "() => { document.documentElement.style.fontSize = '200%'; }"


@pytest.mark.usefixtures("checker")
def test_no_page_scrolls_sideways_at_400_percent_or_with_text_twice_as_large(
    stack: Stack, guest: Guest
) -> None:
    page = guest.page("/")
    found = []
    own = [*furnish(stack, guest, LONG), *furnish_finetune(stack, guest, LONG)]
    paths = [*own, *EMPTY_PATHS]
    with guest.complaints.allow("status of 404"):
        for path in paths:
            page.set_viewport_size({"width": NARROW, "height": 640})
            page.goto(guest.url + path)
            found.append(too_wide(page, NARROW))
            page.set_viewport_size({"width": 1280, "height": 900})
            page.evaluate(TWICE)
            found.append(too_wide(page, 1280))

    assert not any(found), "\n".join(filter(None, found))


@pytest.mark.parametrize("name", ["Keyboard shortcuts", "Save", "Share", "Menu", "Templates"])
def test_dialogs_and_menus_fit_too(new_guest: NewGuest, name: str) -> None:
    guest = new_guest(viewport={"width": NARROW, "height": 640})
    page = guest.open("free").page
    if name == "Keyboard shortcuts":
        page.keyboard.press("Tab")
        page.keyboard.press("?")
        expect(page.locator("#keys")).to_be_visible()
    else:
        page.get_by_role("button", name=name, exact=True).click()

    assert_fits(page, NARROW)


REDRAWS = 5
SET_ATTRIBUTE = """
(element, [name, to]) =>
  to === null ? element.removeAttribute(name) : element.setAttribute(name, to)
"""

# A selector, the attribute that carries the meaning, and where the difference must be visible.
STATES = [
    # Not the first one: of that, the space before the word is an element of its own.
    (".token-5 >> nth=1", "class", "token token-4", ".cm-content"),
    (".token-5 >> nth=1", "class", "token token-3", ".cm-content"),
    (".token-5 >> nth=1", "class", "token token-2", ".cm-content"),
    (".token-5 >> nth=1", "class", "token token-1", ".cm-content"),
    ("[data-parameter=max_tokens]", "data-changed", None, ".parameters-body"),
    ("[data-parameter=logprobs]", "data-changed", None, ".parameters-body"),
    (".ring-fill", "stroke-dasharray", "100 100", "#gauge"),
    (".template-link[aria-current]", "aria-current", None, ".templates"),
    (".run-tools .star", "aria-pressed", "true", ".run-tools .star"),
    (".variable-mark", "class", "", ".cm-content"),
]


def test_no_meaning_is_lost_in_forced_colours(stack: Stack, new_guest: NewGuest) -> None:
    guest = new_guest(forced_colors="active")
    workbench = guest.open("free")
    page = workbench.page
    workbench.parameter("logprobs").check()
    workbench.write_prompt("The {{lamp}}")
    page.locator("[id='var.lamp']").fill("blue lamp")
    # Likely tokens, and the same ones each time.
    workbench.set(max_tokens=12, temperature=0)
    workbench.run()
    workbench.wait_final()
    page.mouse.move(0, 0)

    assert indistinct_states(page, STATES) == []
    # The underlines of probabilities would cover this line.
    workbench.parameter("logprobs").uncheck()
    assert indistinct_states(page, [(".cm-generated", "class", "", ".cm-content")]) == []


@pytest.mark.usefixtures("checker")
def test_no_meaning_of_a_dataset_or_a_fine_tune_is_lost_in_forced_colours(
    stack: Stack, new_guest: NewGuest
) -> None:
    guest = new_guest(forced_colors="active")
    paths = furnish_finetune(stack, guest, LONG)
    page = guest.page(paths[1])
    expect(page.locator(".dataset-completion").first).to_be_visible()
    page.mouse.move(0, 0)
    places = [
        (".dataset-example .dataset-completion", "class", "", ".dataset-example"),
        (".library-shows .tab[aria-current]", "aria-current", None, "#examples"),
        (".dataset-versions .tag", "class", "", ".dataset-versions"),
    ]
    assert indistinct_states(page, places) == []
    page.goto(guest.url + paths[8])
    places = [
        (".sample-text", "class", "", ".finetune-sample"),
        (".key--held-out", "class", "key", ".finetune-legend"),
    ]
    assert indistinct_states(page, places) == []


def indistinct_states(page: Page, states: Sequence[tuple[str, str, str | None, str]]) -> list[str]:
    """The ``states`` that look the same without their attribute."""
    missing = []
    for selector, attribute, value, shown in states:
        one, place = page.locator(selector).first, page.locator(shown).first
        page.locator(":focus").evaluate_all("(all) => all.forEach((one) => one.blur())")
        before = place.screenshot(animations="disabled", caret="hide")
        former = one.get_attribute(attribute)
        # The editor may draw the element once more after the run's end, as it was.
        for _ in range(REDRAWS):
            handle = one.element_handle()
            handle.evaluate(SET_ATTRIBUTE, [attribute, value])
            differs = place.screenshot(animations="disabled", caret="hide") != before
            handle.evaluate(SET_ATTRIBUTE, [attribute, former])
            if differs:
                break
        else:
            missing.append(f"{selector} without {attribute}")
    return missing


@pytest.mark.parametrize("value", ["1", "1024"])
def test_a_slider_shows_its_track_in_forced_colours(new_guest: NewGuest, value: str) -> None:
    workbench = new_guest(forced_colors="active").open("free")
    slider = workbench.parameter_row("max_tokens").locator(".slider")
    workbench.set(max_tokens=value)

    assert has_line(slider.screenshot())


def has_line(picture: bytes) -> bool:
    """Whether a line goes through the picture from one side to the other."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    background = image.getpixel((image.width // 2, 0))
    rows = (
        sum(image.getpixel((x, y)) != background for x in range(image.width))
        for y in range(image.height)
    )
    return max(rows) > 0.9 * image.width
