"""What a list of prompts offers around its page: templates to filter by, and the pages beside."""

from typing import Any

from django.core.paginator import Page

from playground.prompts.catalog import TEMPLATES, Template


class Paged:
    """A list with its ``page`` and its ``query``: filters that write themselves as an address."""

    query: Any
    page: Page[Any]

    @property
    def templates(self) -> list[Template]:
        return list(TEMPLATES.values())

    @property
    def next(self) -> str:
        return self._page(self.page.next_page_number()) if self.page.has_next() else ""

    @property
    def previous(self) -> str:
        return self._page(self.page.previous_page_number()) if self.page.has_previous() else ""

    def _page(self, number: int) -> str:
        address: str = self.query.written(page=number if number > 1 else "")
        return address
