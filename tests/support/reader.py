"""A real browser that reads one document and sends its form, without the page's scripts."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Self

from playwright.sync_api import Route, sync_playwright

from tests.support.chromium import headless_chromium

ADDRESS = "http://testserver/"
READ = """
() => ({
  output: document.getElementById('output').textContent,
  tokens: document.getElementById('run-panel').dataset.tokens ?? '',
})
"""


SEND = """
() => document.getElementById('editor').requestSubmit(document.getElementById('run'))
"""


@dataclass(frozen=True, slots=True)
class Posted:
    """A form as the browser encoded it."""

    body: bytes
    content_type: str


class PageReader:
    """Chromium in a separate thread: Playwright's loop must not be the one that tests run in."""

    def __enter__(self) -> Self:
        self._thread = ThreadPoolExecutor(1)
        self._thread.submit(self._start).result()
        return self

    def __exit__(self, *failure: object) -> None:
        self._thread.submit(self._stop).result()
        self._thread.shutdown()

    def open(self, document: bytes) -> dict[str, str]:
        """Reads ``document``; returns the completion's text and its tokens."""
        return self._thread.submit(self._open, document).result()

    def send(self) -> Posted:
        """Sends the page's form, as Run does without scripts."""
        return self._thread.submit(self._send).result()

    def _start(self) -> None:
        self._playwright = sync_playwright().start()
        self._browser = self._playwright.chromium.launch(
            executable_path=headless_chromium(),
            args=["--no-sandbox"] if os.geteuid() == 0 else [],
        )
        self._page = self._browser.new_page()
        self._page.route("**/*", self._answer)

    def _stop(self) -> None:
        self._browser.close()
        self._playwright.stop()

    def _answer(self, route: Route) -> None:
        if route.request.method == "POST":
            headers = route.request.headers
            self._posted = Posted(route.request.post_data_buffer or b"", headers["content-type"])
            route.fulfill(status=204)
        elif route.request.url == ADDRESS:
            route.fulfill(body=self._document, content_type="text/html; charset=utf-8")
        else:
            route.abort()

    def _open(self, document: bytes) -> dict[str, str]:
        self._document = document
        self._page.goto(ADDRESS, wait_until="domcontentloaded")
        read: dict[str, Any] = self._page.evaluate(READ)
        return read

    def _send(self) -> Posted:
        with self._page.expect_request(lambda request: request.method == "POST"):
            self._page.evaluate(SEND)
        self._page.wait_for_timeout(0)
        return self._posted
