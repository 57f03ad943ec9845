"""The README's pictures: a new playground, three things that people do in it.

    python -m tools.readme_pictures [--url http://127.0.0.1:8000]

They go to docs/images, at a desk (1440 x 900), light. Seeds are fixed, so that a picture changes
only when the page or the demo model does.
"""

import argparse
import os
from contextlib import nullcontext

from playwright.sync_api import Page, sync_playwright

from tools.screenshots import DESK, PATIENCE_MS, ROOT, SETTLED, playground

IMAGES = ROOT / "docs" / "images"
FINAL = "#run-panel[data-live=no][data-final=yes]"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", help="of a playground that runs; default: start one")
    arguments = parser.parse_args()
    with (
        nullcontext(arguments.url.rstrip("/")) if arguments.url else playground() as url,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
            args=["--no-sandbox"] if os.geteuid() == 0 else [],
        )
        for name, scene in SCENES.items():
            # A person for each: a page opens with one's last work.
            page = browser.new_page(viewport=DESK, reduced_motion="reduce")
            page.set_default_timeout(PATIENCE_MS)
            scene(page, url)
            page.evaluate(SETTLED)
            page.screenshot(path=IMAGES / f"{name}.png", animations="disabled")
            page.close()
        browser.close()


def translation(page: Page, url: str) -> None:
    """Fields, examples and the tinted answer."""
    page.goto(f"{url}/translation/")
    page.get_by_test_id("run").click()
    page.locator(FINAL).wait_for(state="attached")


def branch(page: Page, url: str) -> None:
    """The card of a token, with what else the model could have written."""
    page.goto(f"{url}/free/")
    page.locator("#parameter-logprobs").check()
    page.locator("#parameter-seed").fill("12")
    page.get_by_test_id("run").click()
    page.locator(FINAL).wait_for(state="attached")
    # One that was likely below 20 %: there was a choice.
    page.locator(".cm-content").locator(".token-2, .token-1").first.hover()
    page.locator(".token-card").wait_for()


def outputs(page: Page, url: str) -> None:
    """Three outputs of one prompt beside each other."""
    page.goto(f"{url}/free/")
    page.locator("#parameter-temperature").fill("1")
    page.locator("#parameter-seed").fill("5")
    page.get_by_test_id("run-several").click()
    page.locator(FINAL).wait_for(state="attached")
    page.locator("output-card").nth(2).wait_for()


SCENES = {"translation": translation, "branch": branch, "outputs": outputs}


if __name__ == "__main__":
    main()
