"""A person with a separate browser, and everything that the browser complained about."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import (
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Page,
    Request,
    Response,
    WebError,
)

from tests.browser.workbench import Workbench

# Console messages do not say which directive was violated by what; the event does.
REPORT_VIOLATIONS = """
document.addEventListener('securitypolicyviolation', (event) => {
  window.reportViolation?.(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
});
"""


# htmx says so of a request that the browser ended because the person went to another page.
LEFT_PAGE = re.compile(r"^console error: htmx:(sendAbort|afterRequest), ")


@dataclass
class Complaints:
    """Events that none of our pages may cause, in order.

    Errors on the console and uncaught errors, violations of the content security
    policy, dialogs, requests to other hosts, answers with a server error.
    """

    origin: str
    heard: list[str] = field(default_factory=list)
    _allowed: list[re.Pattern[str]] = field(default_factory=list)

    def listen(self, context: BrowserContext) -> None:
        context.on("console", self._console)
        context.on("weberror", self._error)
        context.on("dialog", self._dialog)
        context.on("request", self._request)
        context.on("response", self._response)
        context.expose_function("reportViolation", self._violation)
        context.add_init_script(REPORT_VIOLATIONS)

    @contextmanager
    def allow(self, *patterns: str) -> Iterator[None]:
        """Accepts, inside the block, what a test provokes, such as a refusal's status."""
        self._allowed = [re.compile(pattern) for pattern in patterns]
        try:
            yield
        finally:
            self._allowed = []

    def _hear(self, complaint: str) -> None:
        allowed = [LEFT_PAGE, *self._allowed]
        if not any(pattern.search(complaint) for pattern in allowed):
            self.heard.append(complaint)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning", "assert"):
            where = message.location
            self._hear(f"console {message.type}: {message.text} ({where['url']})")

    def _error(self, error: WebError) -> None:
        self._hear(f"uncaught: {error.error}")

    def _violation(self, violation: str) -> None:
        self._hear(f"policy: {violation}")

    def _dialog(self, dialog: Dialog) -> None:
        self._hear(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https") and parts.netloc != urlsplit(self.origin).netloc:
            self._hear(f"request to another host: {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 500:
            self._hear(f"{response.status} from {response.url}")


@dataclass(slots=True)
class Guest:
    """A person with a browser: the pages they open share only cookies."""

    context: BrowserContext
    url: str
    complaints: Complaints

    def page(self, path: str = "/") -> Page:
        """A new tab at ``path``."""
        page = self.context.new_page()
        page.goto(self.url + path)
        return page

    def open(self, slug: str, *, model: str = "demo") -> Workbench:
        """A new tab at a template's page, with ``model`` chosen."""
        return self.workbench(self.page(f"/{slug}/?model={model}"))

    def workbench(self, page: Page) -> Workbench:
        """A tab that shows a template or a run."""
        return Workbench(page)

    def open_run(self, run: str) -> Workbench:
        """A new tab at a run's page."""
        return self.workbench(self.page(f"/runs/{run}/"))
