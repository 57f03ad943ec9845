"""The pages of an account and the account menu, as a person sees them."""

import re
from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

PASSWORD = "correct horse battery"


@dataclass(slots=True)
class Account:
    """The person who looks at ``page``; ``is_phone`` when one button opens all menus."""

    page: Page
    url: str
    is_phone: bool = False

    def open_menu(self) -> Locator:
        """The content of the account menu."""
        if self.is_phone:
            self.page.get_by_role("button", name="Menu", exact=True).click()
        else:
            self.page.get_by_test_id("account").click()
        panel = self.page.locator("#account-menu")
        expect(panel).to_be_visible()
        return panel

    def choose(self, name: str) -> None:
        self.open_menu().get_by_text(name, exact=True).click()

    @property
    def name(self) -> Locator:
        """The name of the signed-in user, from the menu."""
        return self.page.locator(".account-name")

    @property
    def error(self) -> Locator:
        return self.page.get_by_role("alert")

    def sign_up(self, name: str, password: str = PASSWORD) -> None:
        self.choose("Sign up")
        self.page.get_by_label("Name").fill(name)
        self.page.get_by_label("Password", exact=True).fill(password)
        self.page.get_by_label("Password, again").fill(password)
        self._submit("Sign up")
        expect(self.name).to_have_text(name)

    def sign_in(self, name: str, password: str = PASSWORD) -> None:
        self.choose("Sign in")
        self.try_to_sign_in(name, password)
        expect(self.name).to_have_text(name)

    def try_to_sign_in(self, name: str, password: str) -> None:
        """On the sign-in page."""
        self.page.get_by_label("Name").fill(name)
        self.page.get_by_label("Password").fill(password)
        self._submit("Sign in")

    def sign_out(self) -> None:
        self.choose("Sign out")
        self.page.wait_for_url(f"{self.url}/")
        expect(self.name).to_have_count(0)

    def change_password(self, old: str, new: str) -> None:
        self.choose("Account")
        self.page.get_by_role("link", name="Change password").click()
        self.page.get_by_label("Password now").fill(old)
        self.page.get_by_label("New password", exact=True).fill(new)
        self.page.get_by_label("New password, again").fill(new)
        self._submit("Change password")
        expect(self.page.get_by_role("status")).to_contain_text("Your password is changed")

    def delete(self, password: str) -> None:
        self.page.goto(f"{self.url}/account/")
        self.page.get_by_role("link", name="Delete…").click()
        self.page.get_by_label("Your password").fill(password)
        self._submit("Delete everything")

    def _submit(self, name: str) -> None:
        button = self.page.get_by_role("main").get_by_role("button", name=re.compile(f"^{name}$"))
        button.click()
