"""Saved prompts and drafts as a person sees them."""

from dataclasses import dataclass

from playwright.sync_api import Locator, Page, Response, expect

from tests.browser.workbench import Workbench


@dataclass(slots=True)
class SavedPrompt:
    """The page of a template or of a saved prompt, with its saving controls."""

    workbench: Workbench

    @property
    def page(self) -> Page:
        return self.workbench.page

    @property
    def dialog(self) -> Locator:
        return self.page.get_by_role("dialog", name="Save")

    @property
    def heading(self) -> Locator:
        return self.page.get_by_role("heading", level=1)

    @property
    def note(self) -> Locator:
        """The note that says whose text is on the page, when it is a draft."""
        return self.page.locator("#draft-note")

    @property
    def toast(self) -> Locator:
        return self.page.locator("#toast")

    def open_save(self) -> None:
        self.page.get_by_role("button", name="Save", exact=True).click()
        expect(self.dialog).to_be_visible()

    def save(self, **details: str) -> None:
        """Saves with ``details`` (title, tags, message, ...); waits for the prompt's page."""
        self.open_save()
        labels = {"title": "Title", "tags": "Tags", "description": "Description"}
        for name, text in details.items():
            label = labels.get(name) or (
                "What changed" if self._is_saved else "Note on this version"
            )
            self.dialog.get_by_label(label, exact=True).fill(text)
        with self.page.expect_navigation(url="**/prompts/**"):
            self.dialog.locator("#save-submit").click()
        expect(self.toast).to_contain_text("Saved")

    def write(self, text: str) -> Response:
        """Types a raw prompt; returns the answer to the page's own save of it."""
        with self.page.expect_response("**/draft/") as answer:
            self.workbench.write_prompt(text)
        return answer.value

    @property
    def _is_saved(self) -> bool:
        return "/prompts/" in self.page.url


@dataclass(slots=True)
class Library:
    """The list of saved prompts."""

    page: Page

    @property
    def titles(self) -> Locator:
        return self.page.locator(".row-title a")

    @property
    def toast(self) -> Locator:
        return self.page.locator("#toast")

    def row(self, title: str) -> Locator:
        return self.page.locator(".prompt-row").filter(
            has=self.page.get_by_role("link", name=title, exact=True)
        )

    def search(self, words: str) -> None:
        self.page.get_by_role("searchbox").fill(words)
