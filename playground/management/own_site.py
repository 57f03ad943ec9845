"""Asks the site for its own pages: through its handler, and at its address while it runs."""

import contextlib
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.test import Client
from django.urls import reverse

from playground.management.listener import own_host
from playground.prompts.catalog import TEMPLATES

ANSWER_SECONDS = 10.0
MAX_REDIRECTS = 5


@dataclass(frozen=True, slots=True)
class Failure:
    """A page that is finally not answered with 200."""

    page: str
    reason: str


def pages() -> list[str]:
    """The pages that everybody can open, one of each kind."""
    named = ("workbench:home", "sharing:gallery", "library:list", "history:list", "account_login")
    templates = [reverse("workbench:template", args=[template]) for template in TEMPLATES.values()]
    return [*map(reverse, named), *templates]


def failures_inside() -> list[Failure]:
    """Asks this process's own handler, with the middleware and the host of the settings."""
    client = Client(SERVER_NAME=own_host())
    found = []
    with _quiet():
        for page in pages():
            try:
                status = client.get(page, follow=True, secure=settings.SECURE_SITE).status_code
            # Whatever a page raises, a visitor gets 500.
            except Exception as error:
                found.append(Failure(page, f"{type(error).__name__}: {error}".splitlines()[0]))
            else:
                if status != 200:
                    found.append(Failure(page, f"the answer is {status}"))
    return found


def failures_at(host: str, port: int) -> list[Failure]:
    """Asks the running site. Raises `ConnectionError` when nothing of ours answers there."""
    try:
        status, body = _get(host, port, "/healthz")
        ours = status == 200 and json.loads(body).get("status") == "ok"
    except (OSError, HTTPException, ValueError, AttributeError) as error:
        raise ConnectionError(str(error)) from error
    if not ours:
        raise ConnectionError(f"/healthz is answered with {status}")
    found = []
    for page in pages():
        try:
            status, _ = _get(host, port, page)
        except (OSError, HTTPException) as error:
            found.append(Failure(page, f"no answer ({error})"))
        else:
            if status != 200:
                found.append(Failure(page, f"the answer is {status}"))
    return found


def keep_address(host: str, port: int) -> None:
    """Records where `manage.py up` listens, which PORT=0 does not show."""
    _file().write_text(json.dumps([host, port]), encoding="utf-8")


def forget_address() -> None:
    _file().unlink(missing_ok=True)


def address() -> tuple[str, int] | None:
    """Where the site should answer, or None where nobody can know."""
    with contextlib.suppress(OSError, ValueError):
        host, port = json.loads(_file().read_text(encoding="utf-8"))
        return str(host), int(port)
    near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.HOST, settings.HOST)  # noqa: S104
    return (near, settings.PORT) if settings.PORT else None


def _file() -> Path:
    folder: Path = settings.VAR_DIR
    return folder / "listening.json"


def _get(host: str, port: int, page: str) -> tuple[int, bytes]:
    """Status and body, after redirects."""
    headers = {"Host": own_host(), "Accept": "text/html"}
    if settings.SECURE_SITE:
        headers["X-Forwarded-Proto"] = "https"
    for _ in range(MAX_REDIRECTS):
        connection = HTTPConnection(host, port, timeout=ANSWER_SECONDS)
        with contextlib.closing(connection):
            connection.request("GET", page, headers=headers)
            answer: HTTPResponse = connection.getresponse()
            body = answer.read()
        target = answer.getheader("Location")
        if answer.status not in (301, 302, 303, 307, 308) or not target:
            break
        to = urlsplit(urljoin(page, target))
        page = f"{to.path}?{to.query}" if to.query else to.path
    return answer.status, body


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The answer shows the error; its traceback would hide the other findings."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)
