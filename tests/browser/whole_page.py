"""Scripts that read a whole page, and whether it fits the screen."""

from typing import Any

from playwright.sync_api import Page

STICKING_OUT = """
(width) => [...document.querySelectorAll('body *')]
  .filter((element) => element.checkVisibility() && !element.closest('.sr-only, .skip-link'))
  .filter((element) => element.getBoundingClientRect().right > width + 0.5)
  .map((element) => `${element.tagName} #${element.id} .${element.className}`)
"""


def evaluate(page: Page, script: str, arg: Any = None) -> Any:
    """What ``script`` returns on the page, once it has loaded.

    A press of a link or of a form's button returns as soon as the browser has begun with the
    next page. That page has no elements yet: `Page.evaluate` would find ``documentElement``
    null, or find nothing wrong with a page that is empty. A locator waits by itself.
    """
    page.wait_for_load_state()
    return page.evaluate(script, arg)


def too_wide(page: Page, width: int) -> str:
    """What sticks out of the page to the side, or nothing."""
    wide = evaluate(page, "document.documentElement.scrollWidth")
    if wide <= width:
        return ""
    return f"{page.url} is {wide} px wide: {page.evaluate(STICKING_OUT, width)[:6]}"


def assert_fits(page: Page, width: int) -> None:
    """Nothing is wider than the screen."""
    assert not too_wide(page, width)
