"""The command palette as a person uses it: keys, a few letters, Enter."""

import re
from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect


@dataclass(slots=True)
class Palette:
    """The palette on the open page."""

    page: Page

    @property
    def dialog(self) -> Locator:
        return self.page.get_by_role("dialog", name="Search and commands")

    @property
    def field(self) -> Locator:
        return self.dialog.get_by_role("combobox")

    @property
    def options(self) -> Locator:
        return self.dialog.get_by_role("option")

    @property
    def selected_option(self) -> Locator:
        return self.dialog.get_by_role("option", selected=True)

    def group(self, name: str) -> Locator:
        return self.dialog.get_by_role("group", name=name)

    def option(self, name: str) -> Locator:
        """The option whose name is exactly this, whatever else is in its row."""
        names = self.page.locator(".palette-name", has_text=re.compile(f"^{re.escape(name)}$"))
        return self.options.filter(has=names)

    def open(self) -> None:
        self.page.keyboard.press("Control+k")
        expect(self.field).to_be_focused()

    def choose(self, name: str) -> None:
        """Opens the palette, types ``name``, and presses Enter on the option with that name."""
        self.open()
        self.page.keyboard.type(name)
        expect(self.option(name).first).to_be_visible()
        for _ in range(self.options.count()):
            if self.selected_option.locator(".palette-name").text_content() == name:
                break
            self.page.keyboard.press("ArrowDown")
        expect(self.selected_option.locator(".palette-name")).to_have_text(name)
        self.page.keyboard.press("Enter")
        expect(self.dialog).to_be_hidden()
