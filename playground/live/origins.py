"""Refuses sockets that a page of another origin opens.

Browsers send cookies with any page's socket, so the origin decides. Channels'
own validator compares host names only; another port is another origin.
"""

from typing import Any
from urllib.parse import urlsplit

from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.http.request import split_domain_port, validate_host
from django.utils.http import is_same_domain


class SameOrigin:
    """ASGI middleware: the ``Origin`` header must name the host that was called."""

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> Any:
        inner: Any = self.application if is_same_origin(scope["headers"]) else WebsocketDenier()
        return await inner(scope, receive, send)


def is_same_origin(headers: list[tuple[bytes, bytes]]) -> bool:
    """Whether the handshake comes from a page of ours; no origin is no."""
    origins = [value for name, value in headers if name == b"origin"]
    hosts = [value for name, value in headers if name == b"host"]
    if len(origins) != 1 or len(hosts) != 1:
        return False
    host = hosts[0].decode("latin-1").lower()
    # A name that an attacker points at this address would match its own origin.
    if not validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS):
        return False
    origin = origins[0].decode("latin-1").lower()
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    if any(_matches(parts.scheme, parts.netloc, one) for one in settings.CSRF_TRUSTED_ORIGINS):
        return True
    return parts.scheme in ("http", "https") and parts.netloc == host


def _matches(scheme: str, netloc: str, trusted: str) -> bool:
    """As Django takes the origin of a form: ``https://*.example.org`` is all of the domain."""
    wanted, _, pattern = trusted.lower().partition("://")
    return scheme == wanted and is_same_domain(netloc, pattern.removeprefix("*"))
