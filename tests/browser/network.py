"""A slow network: answers wait until a test releases them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, Route


@contextmanager
def hold_requests(
    page: Page, address: re.Pattern[str], *, method: str = ""
) -> Iterator[list[Route]]:
    """Holds requests to ``address`` until the block ends; the list has these requests."""
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
