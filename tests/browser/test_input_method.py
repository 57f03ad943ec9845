"""The keys of an input method are its own: nothing runs, saves, is chosen, closed or stopped by
them. The same key without an input method does it, so a test that sees nothing would fail."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewGuest
from tests.browser.guest import Guest
from tests.browser.library import SavedPrompt
from tests.browser.palette import Palette

CODES = {"Enter": 13, "Escape": 27, "Tab": 9, "ArrowDown": 40, "ArrowUp": 38, "Backspace": 8}
SAFARI = """
Object.defineProperty(Navigator.prototype, 'vendor', { get: () => 'Apple Computer, Inc.' });
"""

# The word ends, and then its key arrives like any other key.
ENDS_FIRST = """
([key, keyCode, ctrlKey]) => {
  const place = document.activeElement;
  place.dispatchEvent(new CompositionEvent('compositionend', { bubbles: true, data: 'に' }));
  const options = { key, keyCode, ctrlKey, bubbles: true, cancelable: true };
  place.dispatchEvent(new KeyboardEvent('keydown', options));
  place.dispatchEvent(new KeyboardEvent('keyup', options));
}
"""


class Keys:
    """A person who writes with an input method, and the events of its keys."""

    def __init__(self, page: Page, way: str) -> None:
        self._page = page
        self._cdp = page.context.new_cdp_session(page)
        self._way = way

    def press(self, key: str, *, modifiers: int = 0) -> None:
        """A key that the input method uses for the word in progress."""
        if self._way == "composing":
            self._cdp.send(
                "Input.imeSetComposition", {"text": "に", "selectionStart": 1, "selectionEnd": 1}
            )
            self._send(key, 229, modifiers)
            self._cdp.send("Input.imeSetComposition", _EMPTY)
        elif self._way == "229":
            self._send(key, 229, modifiers)
        else:
            self._page.evaluate(ENDS_FIRST, [key, CODES[key], modifiers == _CONTROL])

    def _send(self, key: str, code: int, modifiers: int) -> None:
        for kind in ("rawKeyDown", "keyUp"):
            self._cdp.send(
                "Input.dispatchKeyEvent",
                {
                    "type": kind,
                    "key": key,
                    "code": key,
                    "windowsVirtualKeyCode": code,
                    "modifiers": modifiers,
                },
            )


_EMPTY = {"text": "", "selectionStart": 0, "selectionEnd": 0}
_CONTROL = 2

WAYS = ["composing", "229", "Safari"]


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def writer(new_guest: NewGuest, way: str) -> Guest:
    guest = new_guest()
    if way == "Safari":
        guest.context.add_init_script(SAFARI)
    return guest


def posts(page: Page) -> list[str]:
    """The addresses that are posted to from now on, except drafts."""
    sent: list[str] = []
    page.on(
        "request",
        lambda request: (
            sent.append(request.url)
            if request.method == "POST" and not request.url.endswith(("/draft/", "/preview/"))
            else None
        ),
    )
    return sent


def test_no_run_is_made(writer: Guest, way: str) -> None:
    workbench = writer.open("chat")
    sent = posts(workbench.page)
    message = workbench.field("message")
    message.fill("Where is my parcel?")
    keys = Keys(workbench.page, way)

    keys.press("Enter")
    keys.press("Enter", modifiers=_CONTROL)
    expect(message).to_have_value("Where is my parcel?")
    assert not sent

    message.press("Enter")
    workbench.wait_for_run()
    assert len(sent) == 1


def test_no_chip_is_made_or_removed(writer: Guest, way: str) -> None:
    workbench = writer.open("free")
    workbench.remove_stops()
    page = workbench.page
    chips, field = page.locator("#stop-chips .chip"), page.locator(".chip-input")
    field.fill("END")
    field.press("Enter")
    expect(chips).to_have_count(1)
    keys = Keys(page, way)

    if way != "Safari":
        # In an empty field Backspace removes the last chip.
        field.focus()
        keys.press("Backspace")
    field.fill("STOP")
    keys.press("Enter")
    expect(field).to_have_value("STOP")
    expect(chips).to_have_count(1)

    field.press("Enter")
    expect(chips).to_have_count(2)
    field.press("Backspace")
    expect(chips).to_have_count(1)


def test_the_palette_chooses_nothing(writer: Guest, way: str) -> None:
    page = writer.page("/")
    palette = Palette(page)
    palette.open()
    page.keyboard.type("history")
    first = palette.dialog.get_by_role("option").first
    expect(first).to_have_attribute("aria-selected", "true")
    keys = Keys(page, way)

    if way != "Safari":
        keys.press("ArrowDown")
    keys.press("Enter")
    expect(first).to_have_attribute("aria-selected", "true")
    expect(palette.dialog).to_be_visible()
    page.keyboard.press("Enter")

    page.wait_for_url("**/history/")


def test_nothing_is_saved(writer: Guest, way: str) -> None:
    prompt = SavedPrompt(writer.open("qa"))
    page = prompt.page
    sent = posts(page)
    page.get_by_role("button", name="Save", exact=True).click()
    title = page.get_by_label("Title")
    title.fill("Fahrräder")
    keys = Keys(page, way)

    keys.press("Enter")
    keys.press("Enter", modifiers=_CONTROL)
    expect(page.get_by_role("dialog", name="Save")).to_be_visible()
    assert not sent
    title.press("Enter")

    page.wait_for_url("**/prompts/*/**")
    assert len(sent) == 1


def test_nothing_is_stopped_and_no_line_begins(writer: Guest, way: str) -> None:
    workbench = writer.open("free", model="slow")
    workbench.write_prompt("One line")
    keys = Keys(workbench.page, way)
    keys.press("Enter")
    workbench.expect_document_text("One line")
    workbench.run_long(tokens=200)
    workbench.wait_for_text(5)
    sent = posts(workbench.page)
    workbench.parameter("seed").focus()

    keys.press("Escape")
    assert not sent
    workbench.parameter("seed").press("Escape")

    workbench.wait_final("cancelled")
    assert len(sent) == 1


def test_an_edit_in_a_list_stays_open(writer: Guest, way: str) -> None:
    prompt = SavedPrompt(writer.open("qa"))
    prompt.save(title="Bicycles")
    page = writer.page("/prompts/")
    page.get_by_role("link", name="Edit Bicycles").click()
    title = page.locator(".edit-form").get_by_label("Title")
    title.fill("自転車")
    title.focus()

    Keys(page, way).press("Escape")
    expect(title).to_have_value("自転車")
    title.press("Escape")

    expect(page.locator(".edit-form")).to_have_count(0)
