"""Addresses of servers with a password in them, parsed strictly and never repeated.

A ``#``, ``@``, ``/`` or ``%`` in a password ends an address where nobody expects it: the rest is
taken for a host, a path or nothing. Here each of them is named instead.
"""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote

from playground.core.configuration.hosts import ipv6

_BAD_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_HOST = re.compile(r"[\w.-]*|/.*")
_CODES = {"#": "%23", "@": "%40", "/": "%2F", "?": "%3F", "%": "%25", ":": "%3A"}


@dataclass(frozen=True, slots=True, repr=False)
class ServiceUrl:
    """An address in its parts, each without percent signs.

    port: None where none was given.
    path: with its first slash, or empty.
    """

    scheme: str
    username: str
    password: str
    host: str
    port: int | None
    path: str
    query: dict[str, str]


def split_service_url(text: str) -> ServiceUrl:
    """``scheme://user:password@host:port/path?option=value``.

    Raises `ValueError`, with a text that follows a setting's name and has no part of the
    address in it.
    """
    if any(character.isspace() for character in text):
        raise ValueError("has a space in it; in a password, write it as %20")
    scheme, separator, rest = text.partition("://")
    if not separator:
        raise ValueError("is no address; begin it with its scheme, such as redis:// or postgres://")
    if "#" in rest:
        raise _must_encode("#")
    userinfo, _, server = rest.rpartition("@")
    for character in "@/?":
        if character in userinfo:
            raise _must_encode(character)
    location, _, query = server.partition("?")
    place, slash, path = location.partition("/")
    if any(_BAD_PERCENT.search(part) for part in (userinfo, location)):
        raise _must_encode("%")
    username, _, password = userinfo.partition(":")
    host, port = _host_and_port(place)
    return ServiceUrl(
        scheme=scheme.lower(),
        username=unquote(username),
        password=unquote(password),
        host=host,
        port=port,
        path=slash + unquote(path),
        query=_options(query),
    )


def _host_and_port(place: str) -> tuple[str, int | None]:
    bracketed = re.fullmatch(r"(\[[^]]*\])(?::(.*))?", place)
    host, given = bracketed.groups() if bracketed else _halves(place)
    host = ipv6(host) or unquote(host)
    if ":" not in host and not _HOST.fullmatch(host):
        raise ValueError("has no host name that can be one after its scheme; correct it")
    if not given:
        return host, None
    if not (given.isascii() and given.isdecimal() and 0 < int(given) < 2**16):
        raise ValueError(
            "has no port from 1 to 65535 after its host; in a password, write : as %3A and / as %2F"
        )
    return host, int(given)


def _halves(place: str) -> tuple[str, str]:
    if ipv6(place):
        raise ValueError("has an address of IPv6 without brackets; write it as [::1]")
    host, _, port = place.partition(":")
    return host, port


def _options(query: str) -> dict[str, str]:
    pairs = parse_qsl(query, keep_blank_values=True)
    options = dict(pairs)
    if len(options) < len(pairs):
        raise ValueError("names an option twice after its ?; keep one of them")
    return options


def _must_encode(character: str) -> ValueError:
    return ValueError(
        f"has a {character} where none can be; in a password, write it as {_CODES[character]}"
    )
