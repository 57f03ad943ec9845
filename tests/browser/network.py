"""A slow network: answers wait until a test releases them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, Route

from tests.support.part import wait_until


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


def wait_for_held(page: Page, held: list[Route]) -> Route:
    """The first held request, as soon as there is one."""
    # The page knows of a request before this process does; asking it lets its events come in.
    wait_until(lambda: page.evaluate("true") and held, what="a request on its way")
    return held[0]
