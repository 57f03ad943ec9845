"""The history page as a person sees it."""

from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect


@dataclass(slots=True)
class History:
    page: Page

    @property
    def rows(self) -> Locator:
        return self.page.locator(".history-row")

    @property
    def search(self) -> Locator:
        return self.page.get_by_role("searchbox")

    @property
    def bar(self) -> Locator:
        """The actions for the selected runs."""
        return self.page.locator("#selection-bar")

    def row(self, run: str) -> Locator:
        return self.page.locator(f"#run-{run}")

    def filter(self, name: str) -> Locator:
        return self.page.locator(f"#filter-{name}")

    def star(self, run: str) -> Locator:
        return self.row(run).get_by_role("button", name="Star this run")

    def select(self, *runs: str) -> None:
        for run in runs:
            self.row(run).get_by_role("checkbox").check()

    def expect_runs(self, *runs: str) -> None:
        """Waits until these runs are listed, in this order."""
        expect(self.rows).to_have_count(len(runs))
        for place, run in enumerate(runs):
            expect(self.rows.nth(place)).to_have_attribute("id", f"run-{run}")
