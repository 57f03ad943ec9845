"""The site as a part of a host: behind a real nginx, under /playground/, with a neighbour at /.

Proxies pass the prefix on or remove it; everything here is tested with both.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urldefrag, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Error, Page, expect

from tests.browser.account import PASSWORD, Account
from tests.browser.conftest import EVENT_MS
from tests.browser.guest import Complaints, Guest
from tests.browser.library import SavedPrompt
from tests.browser.sharing import ShareDialog, SharedPage
from tests.browser.whole_page import evaluate
from tests.support.nginx import Nginx, site_under_prefix
from tests.support.stack import Stack

PREFIX = "/playground/"
OURS = ("sessionid_playground", "csrftoken_playground", "person_playground", "messages_playground")
# Every address on a page, in any attribute.
ADDRESSES = """
() => {
  const names = ['href', 'src', 'action', 'formaction', 'content', 'value'];
  const found = [];
  for (const element of document.querySelectorAll('*'))
    for (const { name, value } of element.attributes)
      if (names.includes(name) || name.startsWith('hx-') || name.startsWith('data-'))
        if (/^\\/[^/]|^https?:/.test(value)) found.push(value);
  return found;
}
"""


@dataclass
class Traffic:
    """The browser's requests and their answers."""

    asked: set[str] = field(default_factory=set)
    sockets: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def listen(self, context: BrowserContext) -> None:
        context.on("request", lambda request: self.asked.add(request.url))
        context.on("response", lambda response: self._record_answer(response.status, response.url))
        context.on("page", self._record_page)

    def outside(self, origin: str) -> list[str]:
        """Addresses that do not belong to the site."""
        sites = (f"{origin}{PREFIX}", f"{origin.replace('https', 'wss')}{PREFIX}", "data:", "blob:")
        return [url for url in [*self.asked, *self.sockets] if not url.startswith(sites)]

    def _record_answer(self, status: int, url: str) -> None:
        if status >= 400:
            self.refused.append(f"{status} {url}")

    def _record_page(self, page: Page) -> None:
        page.on("websocket", lambda socket: self.sockets.append(socket.url))


@dataclass(frozen=True)
class Visit:
    """A person in front of the proxy."""

    guest: Guest
    traffic: Traffic
    origin: str

    def account(self, page: Page) -> Account:
        return Account(page, self.guest.url)


@pytest.fixture(scope="module")
def prefix_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    env = {
        "PATH_PREFIX": PREFIX,
        "SECURE_SITE": "true",
        "TRUSTED_PROXIES": "1",
        "ALLOWED_HOSTS": "localhost,127.0.0.1",
    }
    with Stack(tmp_path_factory.mktemp("prefixed"), env=env) as stack:
        stack.start(workers=["demo"])
        yield stack


@pytest.fixture(scope="module", params=[False, True], ids=["passed-on", "cut-off"])
def proxy(
    request: pytest.FixtureRequest, prefix_stack: Stack, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Nginx]:
    folder = tmp_path_factory.mktemp("proxy") / "nginx"
    with Nginx(folder, site_under_prefix(strips=request.param), prefix_stack.port) as nginx:
        yield nginx


@pytest.fixture
def visit(proxy: Nginx, new_context: Callable[..., BrowserContext]) -> Iterator[Visit]:
    """A person who never leaves the prefix and gets no refusal; the browser never complains."""
    expect.set_options(timeout=EVENT_MS)
    options: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}}
    context = new_context(**options, ignore_https_errors=True)
    context.set_default_timeout(EVENT_MS)
    complaints, traffic = Complaints(proxy.url), Traffic()
    complaints.listen(context)
    traffic.listen(context)
    yield Visit(Guest(context, proxy.url + PREFIX.rstrip("/"), complaints), traffic, proxy.url)
    assert complaints.heard == []
    assert traffic.outside(proxy.url) == []
    assert traffic.refused == []


def paths_on(page: Page) -> set[str]:
    """The paths of all addresses on the page."""
    return {urlsplit(address).path for address in evaluate(page, ADDRESSES)}


def opens(page: Page, address: str) -> bool:
    """Goes there. False where the browser makes a download of it."""
    try:
        answer = page.goto(address)
    except Error as error:
        if "Download is starting" not in error.message:
            raise
        return False
    assert answer is not None
    assert answer.status == 200, f"{answer.status} from {address}"
    return True


def test_a_prompt_streams_is_saved_shared_and_moves_into_an_account(visit: Visit) -> None:
    workbench = visit.guest.open("translation")
    workbench.run()
    workbench.wait_final()
    assert visit.traffic.sockets == [f"{visit.origin.replace('https', 'wss')}{PREFIX}ws/"]
    output = workbench.text.strip()
    SavedPrompt(workbench).save(title="To the sea")
    page = workbench.page
    assert urlsplit(page.url).path.startswith(f"{PREFIX}prompts/")

    dialog = ShareDialog(page)
    dialog.open()
    address = dialog.make_link(output[:12])
    assert address.startswith(f"{visit.origin}{PREFIX}s/")
    shared = SharedPage(visit.guest.page(address.removeprefix(visit.guest.url)))
    expect(shared.title).to_have_text("To the sea")
    for name in ("og:url", "og:image"):
        told = shared.page.locator(f"meta[property='{name}']").get_attribute("content") or ""
        assert told.startswith(f"{visit.origin}{PREFIX}s/")
        assert visit.guest.context.request.get(told).status == 200

    account = visit.account(visit.guest.page("/history/"))
    account.sign_up(f"ann-{visit.origin[-5:]}")
    assert urlsplit(account.page.url).path == f"{PREFIX}history/"
    expect(account.page.get_by_role("main")).to_contain_text("My brother lives")
    account.sign_out()
    account.sign_in(f"ann-{visit.origin[-5:]}")


def test_every_page_and_every_address_on_it_is_under_the_prefix(
    visit: Visit, prefix_stack: Stack
) -> None:
    staff = f"staff-{visit.origin[-5:]}"
    prefix_stack.manage(
        *("createsuperuser", "--noinput", "--username", staff, "--email", "staff@example.org"),
        DJANGO_SUPERUSER_PASSWORD=PASSWORD,
    )
    page = visit.guest.page("/")
    visit.account(page).sign_in(staff)
    workbench = visit.guest.open("free")
    workbench.run()
    workbench.wait_final()
    SavedPrompt(workbench).save(title="Once")

    todo, seen = [f"{visit.origin}{PREFIX}", f"{visit.origin}{PREFIX}admin/"], set()
    kinds = set()
    while todo:
        address = todo.pop()
        if not opens(page, address):
            continue
        assert {path for path in paths_on(page) if not path.startswith(PREFIX)} == set()
        # One of each kind is enough: a list has many similar rows, and the admin pages many
        # filters.
        links = page.eval_on_selector_all("a[href]", "links => links.map(link => link.href)")
        for link in (urldefrag(link).url for link in links):
            kind = re.sub(r"[0-9a-f-]{36}|\d+|[A-Za-z0-9_-]{22,}", "#", urlsplit(link).path)
            if link not in seen and kind not in kinds and urlsplit(link).netloc in visit.origin:
                seen.add(link)
                kinds.add(kind)
                todo.append(link)
    for wanted in ("", "prompts/", "history/", "gallery/", "account/", "translation/", "admin/"):
        assert f"{PREFIX}{wanted}" in kinds
    assert f"{PREFIX}admin/accounts/user/" in kinds


def test_an_unknown_address_has_a_page_with_a_link_back(proxy: Nginx, visit: Visit) -> None:
    with visit.guest.complaints.allow("status of 404"):
        page = visit.guest.page("/nothing/")
    assert visit.traffic.refused == [f"404 {visit.origin}{PREFIX}nothing/"]
    visit.traffic.refused.clear()

    page.get_by_role("link", name="Back to the templates").click()

    expect(page).to_have_url(f"{visit.origin}{PREFIX}")
    page.goto(f"{visit.origin}{PREFIX.rstrip('/')}")
    expect(page).to_have_url(f"{visit.origin}{PREFIX}")
    visit.traffic.asked.discard(f"{visit.origin}{PREFIX.rstrip('/')}")


def test_cookies_of_the_site_and_its_neighbour_do_not_mix(visit: Visit) -> None:
    context, name = visit.guest.context, f"bob-{visit.origin[-5:]}"
    page = visit.guest.page("/free/")
    account = visit.account(page)
    account.sign_up(name)
    assert {cookie["path"] for cookie in context.cookies()} == {PREFIX}
    assert all(cookie["secure"] and cookie["name"] in OURS for cookie in context.cookies())

    # The first answer sets the neighbour's cookies, the second shows which cookies it received.
    neighbour = [context.request.get(f"{visit.origin}/").text() for _ in range(2)]

    assert neighbour[0] == "cookies: "
    assert sorted(re.findall(r"(\w+)=", neighbour[1])) == [
        *("csrftoken", "messages", "person", "sessionid"),
    ]
    page.reload()
    expect(account.name).to_have_text(name)
    account.change_password(PASSWORD, f"{PASSWORD} staple")
