"""Sharing as people do it: the dialog of a saved prompt, and the shared page."""

from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect


@dataclass(slots=True)
class ShareDialog:
    """The dialog on the page of a saved prompt."""

    page: Page

    @property
    def dialog(self) -> Locator:
        return self.page.get_by_role("dialog", name="Share")

    @property
    def state(self) -> Locator:
        """Who may read the prompt, in words."""
        return self.dialog.locator(".share-state")

    @property
    def links(self) -> Locator:
        """The open links."""
        return self.dialog.locator(".share-link:not([data-closed])")

    def open(self) -> None:
        self.page.locator("#open-share").click()
        expect(self.dialog).to_be_visible()

    def choose(self, name: str) -> None:
        """Private, Link or Gallery."""
        self.dialog.locator(f"#share-as-{name.lower()}").check(force=True)

    def make_link(self, *outputs: str, **choices: str) -> str:
        """Makes a link that shows these outputs; returns its address."""
        self.choose("Link")
        part = self.dialog.get_by_role("region", name="Link")
        for name, value in choices.items():
            part.locator(f"#share-{name}").select_option(value)
        for text in outputs:
            part.get_by_role("checkbox", name=text).check()
        before = self.links.count()
        part.get_by_role("button", name="Create link").click()
        expect(self.links).to_have_count(before + 1)
        return self.links.first.locator("copy-text input").input_value()

    def revoke(self) -> None:
        """Revokes the newest open link."""
        before = self.links.count()
        self.links.first.get_by_text("Revoke", exact=True).click()
        self.links.first.get_by_role("button", name="Revoke this link").click()
        expect(self.links).to_have_count(before - 1)


@dataclass(slots=True)
class SharedPage:
    """The page of a link or of a prompt in the gallery."""

    page: Page

    @property
    def title(self) -> Locator:
        return self.page.get_by_role("heading", level=1)

    @property
    def prompt(self) -> Locator:
        return self.page.get_by_test_id("shared-prompt")

    @property
    def outputs(self) -> Locator:
        return self.page.get_by_test_id("shared-output")

    @property
    def fork_button(self) -> Locator:
        return self.page.get_by_role("link", name="Fork")

    @property
    def open_button(self) -> Locator:
        return self.page.get_by_role("link", name="Open in playground")
