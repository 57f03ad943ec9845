"""The network address a request came from, kept only as a keyed hash."""

import ipaddress
from collections.abc import Iterable

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

# A client with one IPv6 address controls this whole network.
NETWORK_BITS = 64


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


def address_as_ip(request: HttpRequest) -> str:
    """The hash in the form of a private address, for columns that take nothing else."""
    digest = address_of(request)
    parts = ["fd" + digest[:2], digest[2:6], digest[6:10], digest[10:14]]
    return str(ipaddress.IPv6Address(":".join(parts) + "::"))


def _digest(peer: str, forwarded: str) -> str:
    """Only the entries that our own proxies added are believed (from the right)."""
    hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
    trusted = settings.TRUSTED_PROXIES
    address = hops[-trusted] if trusted and len(hops) >= trusted else peer
    network = _network(address)
    return salted_hmac("playground.address", network, algorithm="sha256").hexdigest()[:16]


def _network(address: str) -> str:
    """The addresses of one client: an IPv4 address, or an IPv6 network."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((parsed, NETWORK_BITS), strict=False))
