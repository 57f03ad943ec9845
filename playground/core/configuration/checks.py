"""Settings that can be read and hardly be meant: Django's system checks say each in a sentence.

`manage.py doctor`, `check` and `migrate` show them, and `remarks` gives them to the commands that
check nothing else.
"""

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Warning, register  # noqa: A004  (Django's own name)
from django.http.request import validate_host
from django.urls import Resolver404, get_resolver

from playground.core.configuration.hosts import allowed_host

_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
# Routes that are none of Django's.
_OTHER_ROUTES = ("static/", "ws/")
MIN_KEY_LENGTH = 32


@register("playground")
def check_settings(app_configs: Any, **_: Any) -> Sequence[CheckMessage]:
    """What `remarks` says, as warnings."""
    return [Warning(sentence, id="playground.W001") for sentence in remarks()]


def remarks() -> Iterator[str]:
    """One sentence for each setting that is probably wrong."""
    yield from settings.MISSPELT
    if settings.DEBUG:
        yield "DEBUG is on, so visitors see tracebacks: turn it off on a site that others use."
    yield from _hosts()
    yield from _proxies()
    yield from _admin_path()
    yield from _mail()
    if len(settings.SECRET_KEY) < MIN_KEY_LENGTH:
        yield f"SECRET_KEY has fewer than {MIN_KEY_LENGTH} characters: make it long and random."


def _hosts() -> Iterator[str]:
    host, allowed = settings.HOST, settings.ALLOWED_HOSTS
    if host in _EVERYWHERE:
        if set(allowed) <= set(_LOOPBACK):
            yield (
                f"HOST is {host}, so that others reach the site, and ALLOWED_HOSTS names only this "
                "machine to itself: add the name or the address that visitors use."
            )
    elif not (_is_behind_proxy() or validate_host(allowed_host(host), [*_LOOPBACK, *allowed])):
        yield f"HOST is {host} and ALLOWED_HOSTS lacks it: who asks for that address is refused."
    for origin in settings.CSRF_TRUSTED_ORIGINS:
        name = str(urlsplit(origin).netloc).removeprefix("*")
        if not validate_host(_without_port(name), allowed):
            yield f"CSRF_TRUSTED_ORIGINS has {origin}, whose host ALLOWED_HOSTS lacks: add it."


def _proxies() -> Iterator[str]:
    if settings.SECURE_SITE and not settings.TRUSTED_PROXIES:
        yield (
            "SECURE_SITE is on and TRUSTED_PROXIES is 0, so that all visitors count as one "
            "address, the proxy's: set it to the number of proxies in front."
        )
    if not settings.SECURE_SITE and any(
        origin.startswith("https://") for origin in settings.CSRF_TRUSTED_ORIGINS
    ):
        yield (
            "CSRF_TRUSTED_ORIGINS has https:// and SECURE_SITE is off, so that cookies may travel "
            "without TLS: set SECURE_SITE=true."
        )


def _mail() -> Iterator[str]:
    if settings.MAIL is None:
        if settings.DEFAULT_FROM_EMAIL:
            yield "EMAIL_FROM is set and EMAIL_URL is not, so that no message is sent: set both."
    elif settings.MAIL.shows_password:
        yield (
            "EMAIL_URL sends its password without TLS: begin it with smtp+tls:// or smtps:// if "
            "the server takes that."
        )


def _admin_path() -> Iterator[str]:
    path = settings.ADMIN_PATH
    others = [route for route in get_resolver().url_patterns if str(route.pattern) != path]
    if path.startswith(_OTHER_ROUTES) or any(_leads_somewhere(route, path) for route in others):
        yield f"ADMIN_PATH is {path}, where the site has another page: choose other words."


def _leads_somewhere(route: Any, path: str) -> bool:
    try:
        return route.resolve(path) is not None
    except Resolver404:
        return False


def _is_behind_proxy() -> bool:
    return bool(settings.TRUSTED_PROXIES or settings.SECURE_SITE)


def _without_port(netloc: str) -> str:
    return netloc if netloc.endswith("]") else netloc.rpartition(":")[0] or netloc
