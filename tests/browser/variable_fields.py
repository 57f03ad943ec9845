"""The variables of a template page, and its rows of examples, as a person sees them."""

from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

# The paste event of a spreadsheet. Only the event is sent, so the test needs no clipboard.
PASTE = """
(cell, text) => {
  const clipboardData = new DataTransfer();
  clipboardData.setData('text/plain', text);
  cell.dispatchEvent(
    new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }),
  );
}
"""


@dataclass(slots=True)
class VariableFields:
    """The section under the fields."""

    page: Page

    @property
    def names(self) -> Locator:
        return self.page.locator(".variable-name")

    @property
    def finished_prompt(self) -> Locator:
        """The finished prompt, with values in it."""
        return self.page.get_by_test_id("finished")

    def field(self, name: str, setting: str = "") -> Locator:
        """The input of a variable, or of one of its settings."""
        dotted = f".{setting}" if setting else ""
        return self.page.locator(f'[id="var.{name}{dotted}"]')

    def row(self, name: str) -> Locator:
        return self.page.locator(f'[data-variable="{name}"]')

    def open_settings(self, name: str) -> None:
        summary = self.row(name).locator("summary")
        if self.row(name).locator("details[open]").count() == 0:
            summary.click()

    def set_kind(self, name: str, kind: str) -> None:
        """Chooses a type; returns when its settings are visible."""
        self.open_settings(name)
        self.field(name, "kind").select_option(kind)
        self.row(name).locator(f'details[data-digest="{kind}"]').wait_for()


@dataclass(slots=True)
class ExampleRows:
    """Rows of examples, of a template or of a variable."""

    page: Page
    name: str = "examples"

    @property
    def fieldset(self) -> Locator:
        return self.page.locator(f'[data-rows="{self.name}"]')

    @property
    def rows(self) -> Locator:
        return self.fieldset.locator(".example:not(.example-head)")

    def cell(self, row: int, column: int = 0) -> Locator:
        return self.rows.nth(row).get_by_role("textbox").nth(column)

    @property
    def first_cells(self) -> list[str]:
        cells = self.rows.all()
        return [row.get_by_role("textbox").first.input_value() for row in cells]

    def grip(self, row: int) -> Locator:
        return self.rows.nth(row).locator(".grip")

    @property
    def open_menu(self) -> Locator:
        """The menu of the pressed grip."""
        return self.fieldset.locator(".row-menu:popover-open")

    def paste(self, row: int, text: str) -> None:
        self.cell(row).evaluate(PASTE, text)

    def expect_order(self, *texts: str) -> None:
        """Waits until these are the first cells."""
        expect(self.rows).to_have_count(len(texts))
        for row, text in enumerate(texts):
            expect(self.cell(row)).to_have_value(text)
