"""No header, cookie, parameter or address causes a server error, on either database."""

import http.client
import json
import random
import re
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest

from playground.datasets.uploads.protocol import CHUNK_TYPE
from tests.security.conftest import TIMEOUT_SECONDS
from tests.security.nasty import (
    COOKIES,
    HEADER_VALUES,
    HEADERS,
    TEXT_VALUES,
    parameter_names,
)
from tests.security.routes import Route, all_routes
from tests.support.postgres import TemporaryPostgres
from tests.support.raw import RawConnection
from tests.support.stack import Stack
from tests.support.visitor import Visitor

ROUTES = all_routes()
# Pages that read many values: all values of all headers are tried on them.
READERS = (
    "/",
    "/free/",
    "/history/",
    "/gallery/",
    "/datasets/",
    "/account/sign-in/",
    "/static/nothing.css",
)
SEARCHES = {
    "/history/": ("q", "model", "template", "status", "from", "to", "starred", "before"),
    "/history/export/": ("format", "run", "q", "from"),
    "/history/compare/": ("a", "b"),
    "/gallery/": ("q", "page", "template", "sort", "tag"),
    "/prompts/": ("q", "tag", "template", "sort", "show", "page", "deleted", "archived"),
    "/palette/": ("q",),
    "/datasets/": ("page",),
    "/models/tokens/": ("ids", "model"),
    "/models/menu/": ("model", "seen"),
    "/free/": ("state", "model", "discarded"),
}
# Parameters of inputs whose names the templates fill in.
MORE_NAMES = ("state", "max_tokens", "temperature", "top_p", "top_k", "min_p")
TARGETS = (
    *("*", "?", "/;", "/\x01", "/%", "/%ff", "/%00", "/?\xff", "/?%ff", "/..%2f..%2f"),
    *("http://[", "http://evil.example/", "//evil.example//"),
    *("/static/..%2f..%2fmanage.py", "/static/%00", "/static/%ff.css"),
    "/static/" + "a/" * 3_000,
)
# The server accepts heads of up to 16 KiB.
LONGEST = 15_000


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def nasty_site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    env = {"REQUEST_TIMEOUT_SECONDS": str(TIMEOUT_SECONDS), "LIMIT_SIGN_IN_FAILURES": "100000"}
    with ExitStack() as stack:
        if request.param == "postgresql":
            # Short, and accessible to the user that PostgreSQL runs as.
            folder = Path(
                stack.enter_context(tempfile.TemporaryDirectory(prefix="pg-", dir="/tmp"))
            )
            folder.chmod(0o755)
            env["DATABASE_URL"] = stack.enter_context(TemporaryPostgres(folder / "server")).url
        site = stack.enter_context(Stack(tmp_path_factory.mktemp("nasty"), env=env))
        yield site.start(workers=[])


class Owner:
    """A guest with one row of each kind, who sends requests without a client's checks."""

    def __init__(self, site: Stack) -> None:
        self.site = site
        self.visitor: Visitor = site.visitor()
        self.visitor.cookies["csrftoken"] = "a" * 32
        run = self.visitor.run(model="demo")
        saved = self.visitor.post("/free/save/", {"prompt": "Once {{a}}", "save_title": "One"})
        prompt = re.search(r"/prompts/([0-9a-f-]{36})/", saved.headers.get("Location", ""))
        assert prompt, (saved.status, saved.text[:500])
        rows = self.visitor.post(f"/prompts/{prompt[1]}/rows/", {"table": "a\nb"})
        example = self.visitor.post("/datasets/examples/blog-ideas/").headers["Location"]
        token = {"X-CSRFToken": self.visitor.cookies["csrftoken"], "Upload-Length": "1000000"}
        upload = self.visitor.request("POST", "/datasets/uploads/", b"", token).headers["Location"]
        rated = self.visitor.post(
            "/free/score/", {"prompt": "Once", "model": "demo"}, Accept="application/json"
        )
        self.values = {
            "score_id": json.loads(rated.text)["url"].split("/")[2],
            "batch_id": rows.headers["Location"].split("/")[2],
            "dataset_id": example.split("/")[2],
            "upload_id": upload.split("/")[3],
            "example": "blog-ideas",
            "fix": "leave_out_rows",
            "dtype": "float16",
            "run_id": run,
            "prompt_id": prompt[1],
            "draft_id": str(uuid.uuid4()),
            "share_id": str(uuid.uuid4()),
            "adapter_id": str(uuid.uuid4()),
            "finetune_id": str(uuid.uuid4()),
            "published_id": str(uuid.uuid4()),
            "token": "t" * 22,
            "number": "1",
            "template": "free",
        }
        self.connection: RawConnection | None = None
        self.asked = 0
        self.broken: list[str] = []

    def path(self, route: Route) -> str:
        return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda part: self.values[part[1]], route.pattern)

    def ask(self, method: str, target: str, headers: dict[str, str], body: bytes = b"") -> int:
        """The answer's status. A 500, or no answer at all, is recorded in `broken`."""
        sent = {
            "Host": f"{self.site.listener.getsockname()[0]}:{self.site.port}",
            "Cookie": self.visitor.cookie_header,
            "Content-Type": "application/x-www-form-urlencoded",
            **headers,
            "Content-Length": str(len(body)),
        }
        lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {one}" for name, one in sent.items())]
        self.asked += 1
        status = self._send(lines, body)
        if status in (0, 500):
            self.broken.append(
                f"{status} {method} {target[:200]} {str(headers)[:300]} {body[:200]!r}"
            )
        return status

    def post(self, target: str, fields: dict[str, str], headers: dict[str, str]) -> int:
        return self.ask(
            "POST", target, headers, query({"csrfmiddlewaretoken": "a" * 32, **fields}).encode()
        )

    def _send(self, lines: list[str], body: bytes) -> int:
        for _ in range(2):
            if self.connection is None:
                self.connection = RawConnection("127.0.0.1", self.site.port)
            try:
                self.connection.send(*lines, body=body)
                answer = self.connection.answer()
            except (OSError, http.client.HTTPException):
                # The connection was closed since the last request; the request is sent once more on
                # a new one.
                self._close()
                continue
            if answer.headers.get("Connection", "").lower() == "close" or lines[0][:5] == "HEAD ":
                self._close()
            return answer.status
        return 0

    def _close(self) -> None:
        if self.connection:
            self.connection.socket.close()
        self.connection = None


def query(fields: dict[str, str]) -> str:
    return urlencode(fields, errors="surrogatepass")


@pytest.fixture
def owner(nasty_site: Stack) -> Iterator[Owner]:
    """Checks at the end that nothing broke and the log shows no traceback."""
    log = nasty_site.logs / "web.log"
    before = log.stat().st_size
    owner = Owner(nasty_site)
    yield owner
    owner._close()
    told = log.read_bytes()[before:].decode(errors="replace")
    assert owner.broken == []
    assert "Traceback" not in told, told[told.index("Traceback") - 500 :][:6000]


# Headers that would hide the effect of others: they are tried one by one.
ALONE = ("Host", "Connection", "Upgrade", "Content-Type", "Content-Encoding", "Cookie", "Origin")
TOGETHER = [name for name in HEADERS if name not in ALONE]


def header_values(start: int) -> dict[str, str]:
    """Each header with a value.

    When ``start`` has gone through all numbers, each had every value.
    """
    return {
        name: HEADER_VALUES[(start + 7 * number) % len(HEADER_VALUES)]
        for number, name in enumerate(TOGETHER)
    }


def test_every_value_of_every_header(owner: Owner) -> None:
    for start in range(len(HEADER_VALUES)):
        headers = header_values(start)
        owner.ask("GET", READERS[start % len(READERS)], headers)
        owner.ask("GET", READERS[(start + 1) % len(READERS)], {**headers, "HX-Request": "true"})
        # The token in the form is right, so the request reaches the view.
        del headers["X-CSRFToken"]
        owner.post("/free/run/", {"prompt": "x", "model": "none"}, headers)


def test_every_value_of_the_headers_that_hide_others(owner: Owner) -> None:
    for name in ALONE:
        for value in HEADER_VALUES:
            owner.ask("GET", "/account/sign-in/", {name: value})
            owner.post("/free/run/", {"prompt": "x", "model": "none"}, {name: value})


def test_headers_on_every_route(owner: Owner) -> None:
    for number, route in enumerate(ROUTES):
        for start in (number, number + 31):
            owner.ask("GET", owner.path(route), {**header_values(start), "HX-Request": "true"})
            if "delete" not in route.name:
                headers = {**header_values(start), "HX-Request": "true", "X-CSRFToken": "a" * 32}
                owner.post(owner.path(route), {}, headers)


def test_headers_on_every_part_of_an_upload(owner: Owner) -> None:
    path = f"/datasets/uploads/{owner.values['upload_id']}/"
    chunk = {"Content-Type": CHUNK_TYPE, "X-CSRFToken": "a" * 32}
    for start in range(len(HEADER_VALUES)):
        headers = {**header_values(start), **chunk}
        owner.ask("PATCH", path, headers, b"x")
        owner.ask("HEAD", path, headers)
        owner.ask("POST", "/datasets/uploads/", headers)


def test_the_requesting_page_may_send_an_invalid_address(owner: Owner) -> None:
    star = f"/runs/{owner.values['run_id']}/star/"
    headers = {"HX-Request": "true", "HX-Current-URL": "http://["}

    assert owner.post(star, {"starred": "1"}, headers) == 200


def test_every_value_of_every_cookie(owner: Owner) -> None:
    for name in COOKIES:
        for value in HEADER_VALUES:
            owner.ask("GET", "/account/", {"Cookie": f"{name}={value}"})
            cookie = f"csrftoken={'a' * 32}; {name}={value}"
            owner.post("/free/run/", {"prompt": "x", "model": "none"}, {"Cookie": cookie})


def test_parameters_of_every_route(owner: Owner) -> None:
    names, chance = [*parameter_names(), *MORE_NAMES], random.Random(2)
    for route in ROUTES:
        path = owner.path(route)
        for value in chance.sample(TEXT_VALUES, 5):
            fields = dict.fromkeys(chance.sample(names, 12), value)
            owner.ask("GET", f"{path}?{query(fields)}"[:LONGEST], {})
            if "delete" not in route.name:
                owner.post(path, fields, {})


def test_each_parameter_by_itself_on_pages_that_search(owner: Owner) -> None:
    chance = random.Random(3)
    for path, names in SEARCHES.items():
        for name in names:
            for value in chance.sample(TEXT_VALUES, 20):
                owner.ask("GET", f"{path}?{query({name: value})}"[:LONGEST], {})


def test_invalid_addresses(owner: Owner) -> None:
    chance = random.Random(4)
    patterns = {re.sub(r"<(?:\w+:)?(\w+)>", "{}", route.pattern) for route in ROUTES if route.names}
    for pattern in sorted(patterns):
        for value in chance.sample(TEXT_VALUES, 10):
            part = quote(value.encode("utf-8", "surrogatepass"))[:4_000]
            owner.ask("GET", "/" + pattern.replace("{}", part), {})
    for target in TARGETS:
        for method in ("GET", "POST", "OPTIONS", "PATCH", "CONNECT", "x" * 300):
            owner.ask(method, target, {})
