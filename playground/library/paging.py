"""Pages of a list of prompts, with links to the others."""

from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, Window

from playground.core.lists import ListQuery


class Paged:
    """A list with its ``page``, and the ``query`` that asked for it."""

    query: ListQuery
    page: Page[Any]

    @property
    def next(self) -> str:
        return self._page(self.page.next_page_number()) if self.page.has_next() else ""

    @property
    def previous(self) -> str:
        return self._page(self.page.previous_page_number()) if self.page.has_previous() else ""

    def _page(self, number: int) -> str:
        return self.query.address(page=number)


class SearchPages(Paginator):  # type: ignore[type-arg]
    """Pages of ids that one query finds and counts, for searches that are expensive."""

    def __init__(self, found: Any, per_page: int) -> None:
        super().__init__((), per_page)
        self._found = found.annotate(total=Window(Count("*"))).values_list("pk", "total")

    def get_page(self, number: Any) -> Page[Any]:
        """The page of that number; beyond the last one, that."""
        wanted = max(1, int(number))
        rows = self._rows(wanted)
        if not rows and wanted > 1:
            self.count = self._found.count()
            wanted = self.num_pages
            rows = self._rows(wanted)
        self.count = rows[0][1] if rows else 0
        return Page([pk for pk, _ in rows], wanted, self)

    def _rows(self, number: int) -> list[tuple[Any, int]]:
        begin = (number - 1) * self.per_page
        return list(self._found[begin : begin + self.per_page])
