"""Names and addresses of the site as operators write them, in the form that Django compares.

Each function returns that form or raises `ValueError` with a text that follows a setting's name.
"""

import ipaddress
import re
from urllib.parse import urlsplit

_NAME = re.compile(r"\.?[a-z0-9-]+(\.[a-z0-9-]+)*")
_WORD = re.compile(r"[\w-]+")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def allowed_host(text: str) -> str:
    """An entry of ALLOWED_HOSTS: no scheme, no port, IPv6 in brackets, lower case.

    ``https://Play.example.org:8000/`` is ``play.example.org``, ``::1`` is ``[::1]``.
    """
    host = text.rpartition("://")[2].rpartition("@")[2].partition("/")[0]
    if host == "*":
        return host
    host = bare_host(host)
    if host.startswith("*."):
        host = host[1:]
    if ":" in host:
        return f"[{host}]"
    if not _NAME.fullmatch(host):
        raise ValueError(
            f"has {_quote(text)}, which is no host name; write names such as play.example.org, "
            "with a comma between them"
        )
    return host


def listening_host(text: str) -> str:
    """HOST: a name or an address without brackets.

    ``[::1]`` is ``::1``; a port or a scheme has no place in it.
    """
    if text == "*":
        raise ValueError("must be an address; write 0.0.0.0 or :: for all of this machine's")
    if "/" in text:
        raise ValueError("must be an address alone, such as 127.0.0.1, without scheme and path")
    if address := ipv6(text):
        return address
    if ":" in text:
        raise ValueError("must be an address alone, such as 127.0.0.1; the port goes into PORT")
    host = bare_host(text)
    if host.startswith(".") or not _NAME.fullmatch(host):
        raise ValueError(f"is {_quote(text)}, which is no address; write one such as 127.0.0.1")
    return host


def trusted_origin(text: str) -> str:
    """An entry of CSRF_TRUSTED_ORIGINS as browsers send it: ``https://play.example.org``."""
    if "://" not in text:
        raise ValueError(f"has {_quote(text)} without its scheme; write https:// before it")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError(
            "has an origin that cannot be read; write it like https://play.example.org"
        ) from None
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or "@" in parts.netloc:
        raise ValueError(
            "has an origin that does not begin with https:// and a host name; write it like "
            "https://play.example.org"
        )
    wildcard = "*." if parts.hostname.startswith("*.") else ""
    host = wildcard + allowed_host(parts.hostname.removeprefix("*."))
    shown_port = "" if port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{host}{shown_port}"


def admin_path(text: str) -> str:
    """ADMIN_PATH: words, each with a slash after it and none before the first."""
    words = [word for word in text.split("/") if word]
    if not words or not all(_WORD.fullmatch(word) for word in words):
        raise ValueError("must be words with a slash after each, such as admin/")
    return "/".join(words) + "/"


def bare_host(text: str) -> str:
    """Lower case, without port, brackets and final dot; a name of other scripts in punycode."""
    if address := ipv6(text):
        return address
    host = text.lower()
    if host.startswith("["):
        inside, _, _ = host.removeprefix("[").partition("]")
        return ipv6(inside) or host
    host = host.partition(":")[0].rstrip(".")
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return host


def ipv6(text: str) -> str | None:
    """The address in the short form that browsers send, when it is one of IPv6."""
    inside = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    try:
        return str(ipaddress.IPv6Address(inside)) if "%" not in inside else None
    except ValueError:
        return None


def _quote(text: str) -> str:
    """The entry, unless it may hold a password."""
    return "an entry" if "@" in text or len(text) > 60 else f"\u201c{text}\u201d"
