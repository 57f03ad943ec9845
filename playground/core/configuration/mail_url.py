"""The mail server of EMAIL_URL, and the sender of EMAIL_FROM."""

import re
from dataclasses import dataclass, field
from email.errors import MessageError
from email.headerregistry import Address

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from playground.core.configuration.service_url import split_service_url

# By its scheme: the usual port, whether TLS begins after the greeting, whether it is there at once.
_SCHEMES = {
    "smtp": (25, False, False),
    "smtp+tls": (587, True, False),
    "smtps": (465, False, True),
}
_SENDER = re.compile(r'(?:"?(?P<name>[^"<>@,]*?)"?\s*<(?P<address>[^<>\s]+)>)|(?P<alone>[^<>\s]+)')


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where messages are handed in.

    starts_tls: TLS begins after the greeting (STARTTLS). is_tls: it is there from the first byte.
    """

    host: str
    port: int
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    starts_tls: bool = False
    is_tls: bool = False

    @property
    def place(self) -> str:
        """Host and port, for people."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def shows_password(self) -> bool:
        """Whether the password travels without TLS to another machine."""
        is_here = self.host in ("localhost", "127.0.0.1", "::1")
        return bool(self.password) and not (self.starts_tls or self.is_tls or is_here)


def mail_server(given: str) -> MailServer | None:
    """``smtp+tls://user:password@host:587``; None for "".

    Raises `ValueError`, with a text that follows the setting's name and has no part of the
    address in it.
    """
    if not given:
        return None
    url = split_service_url(given)
    if url.scheme not in _SCHEMES:
        raise ValueError("must begin with smtp+tls://, smtps:// or smtp://")
    if not url.host or url.host.startswith("/"):
        raise ValueError("names no host; write it like smtp+tls://user:password@host:587")
    if url.path.strip("/") or url.query:
        raise ValueError("has something after its host and port; remove it")
    if bool(url.username) != bool(url.password):
        raise ValueError("needs a user and a password, or neither of them")
    port, starts_tls, is_tls = _SCHEMES[url.scheme]
    return MailServer(
        host=url.host,
        port=url.port or port,
        username=url.username,
        password=url.password,
        starts_tls=starts_tls,
        is_tls=is_tls,
    )


def sender(given: str) -> str:
    """``Playground <play@example.org>``, or the address alone; "" for "". Raises `ValueError`."""
    if not given:
        return ""
    found = _SENDER.fullmatch(given)
    try:
        if found is not None:
            address = found["alone"] or found["address"]
            validate_email(address)
            return str(Address(found["name"] or "", addr_spec=address))
    except (ValidationError, ValueError, MessageError):
        pass
    raise ValueError("must be an e-mail address, alone or as in Playground <play@example.org>")
