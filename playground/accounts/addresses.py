"""The network address a request came from, kept only as a keyed hash."""

from collections.abc import Iterable

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac


def address_of(request: HttpRequest) -> str:
    """A short keyed hash of the client's address (16 hexadecimal digits)."""
    return _digest(
        request.META.get("REMOTE_ADDR", ""), request.META.get("HTTP_X_FORWARDED_FOR", "")
    )


def address_of_scope(client: tuple[str, int] | None, headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The same for a socket's handshake."""
    forwarded = ",".join(
        value.decode("latin-1") for name, value in headers if name == b"x-forwarded-for"
    )
    return _digest(client[0] if client else "", forwarded)


def _digest(peer: str, forwarded: str) -> str:
    """Only the entries that our own proxies added are believed (from the right)."""
    hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
    trusted = settings.TRUSTED_PROXIES
    address = hops[-trusted] if trusted and len(hops) >= trusted else peer
    return salted_hmac("playground.address", address, algorithm="sha256").hexdigest()[:16]
