"""A network that is slow on purpose: answers wait until a test lets them come."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, Route


@contextmanager
def held(page: Page, address: re.Pattern[str], *, method: str = "") -> Iterator[list[Route]]:
    """Keeps requests to ``address`` until the block ends; the list has those that were made."""
    waiting: list[Route] = []
    is_open = False

    def take(route: Route) -> None:
        if is_open or (method and route.request.method != method):
            route.continue_()
        else:
            waiting.append(route)

    page.route(address, take)
    try:
        yield waiting
    finally:
        is_open = True
        for route in waiting:
            route.continue_()
        page.unroute(address, take)
