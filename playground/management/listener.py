"""The socket on which the site listens, and the addresses under which browsers find it."""

import contextlib
import errno
import socket

from django.conf import settings
from django.core.management import CommandError
from django.http.request import validate_host

from playground.core.configuration.hosts import allowed_host

EVERYWHERE = {"0.0.0.0": socket.AF_INET, "::": socket.AF_INET6}  # noqa: S104
# Networks for documentation: a route there is the one to the world, and nothing is sent.
_FAR_AWAY = {socket.AF_INET: "192.0.2.1", socket.AF_INET6: "2001:db8::1"}


def open_listener(host: str, port: int) -> socket.socket:
    """The site's socket, held by the supervisor: visitors wait while the web part restarts.

    ``::`` takes visitors of IPv4 too. Raises `CommandError` that says what is wrong with the
    address or the port.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server(
            (host, port), family=family, backlog=2048, dualstack_ipv6=host == "::"
        )
    except (OSError, ValueError) as error:
        raise CommandError(_why(error, host, port)) from error
    # Connections inherit it. The web part is given a descriptor and does not see that it is
    # TCP, so it does not ask for it; without, an answer waits 40 ms for the reader's delayed
    # acknowledgement of its headers.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def near_address(listener: socket.socket) -> tuple[str, int]:
    """Host and port at which this machine reaches the site."""
    host, port = listener.getsockname()[:2]
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port  # noqa: S104


def addresses(listener: socket.socket) -> list[str]:
    """Where a browser can open the site, the nearest first.

    Where it answers under none of its own addresses, behind a proxy for instance, the nearest
    is the only one, with the name that it is asked for.
    """
    host, port = listener.getsockname()[:2]
    near, _ = near_address(listener)
    own = ["127.0.0.1", near, "localhost"] if host == "::" else [near, "localhost"]
    if near not in ("127.0.0.1", "::1"):
        own = [near]
    found = [site_url(host, port) for host in filter(_may_be_asked_for, own)][:1]
    if host in EVERYWHERE:
        outer = filter(_may_be_asked_for, _outer_addresses(host))
        found += [site_url(host, port) for host in outer]
    return found or [f"{site_url(near, port)} (asked for as {own_host()})"]


def site_url(host: str, port: int) -> str:
    """The address as a browser takes it: IPv6 in brackets, a prefix after the port."""
    prefix = settings.PATH_PREFIX if settings.PATH_PREFIX != "/" else ""
    return f"http://{allowed_host(host)}:{port}{prefix}"


def own_host() -> str:
    """A name that the site accepts as its own."""
    hosts: list[str] = settings.ALLOWED_HOSTS
    if "*" in hosts or "localhost" in hosts:
        return "localhost"
    return next((host.removeprefix(".") for host in hosts), "localhost")


def _may_be_asked_for(host: str) -> bool:
    return validate_host(allowed_host(host), settings.ALLOWED_HOSTS)


def _outer_addresses(host: str) -> list[str]:
    """This machine's addresses on the way to others, as far as ``host`` opens them."""
    families = [socket.AF_INET] if EVERYWHERE[host] == socket.AF_INET else list(_FAR_AWAY)
    found = []
    for family in families:
        with (
            contextlib.suppress(OSError),
            socket.socket(family, socket.SOCK_DGRAM) as probe,
        ):
            probe.connect((_FAR_AWAY[family], 9))
            found.append(str(probe.getsockname()[0]))
    return [address for address in found if "%" not in address]


def _why(error: OSError | ValueError, host: str, port: int) -> str:
    code = getattr(error, "errno", None)
    if code == errno.EADDRINUSE:
        other = port + 1 if port < 65_535 else port - 1
        return (
            f"Port {port} of {host} cannot be opened: Address already in use. "
            f"Stop the program that uses it, or choose another port: PORT={other} make run"
        )
    if code in (errno.EACCES, errno.EPERM):
        return (
            f"Port {port} of {host} cannot be opened: this user may not. "
            "Choose a PORT from 1024 on, and let a proxy listen on the lower one."
        )
    # The numbers of names that cannot be resolved are negative.
    unresolved = isinstance(error, ValueError) or (code or 0) < 0
    if unresolved or code in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
        return (
            f"HOST is {host}, which is no address of this machine. Set it to one of its addresses, "
            "to 0.0.0.0 for all of IPv4, or to :: for IPv6 too."
        )
    return f"Port {port} of {host} cannot be opened: {error}. Set HOST and PORT to others."
