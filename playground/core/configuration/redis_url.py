"""Where Redis is: parsed once, into one value from which every client is made.

Pure functions over paths and addresses, imported by the settings: nothing here
connects to anything.
"""

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from playground.core.configuration.place import MAX_SOCKET_PATH, SOCKET_NAME
from playground.core.configuration.service_url import ServiceUrl, split_service_url

DEFAULT_PORT = 6379
_TCP = {"redis": False, "valkey": False, "rediss": True, "valkeys": True}
_SOCKETS = ("unix", "redis+socket")
_VERIFY = {"required": "required", "optional": "optional", "none": "none"}
_FILES = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")
_TLS_OPTIONS = (*_FILES, "ssl_cert_reqs", "ssl_check_hostname")


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisAddress:
    """One database of one server.

    socket: its path, or None for a server at ``host`` and ``port``.
    tls: what redis-py's SSL connection takes, or None without TLS.
    embedded: whether it is the server that this installation starts itself.
    """

    socket: Path | None = None
    host: str = "localhost"
    port: int = DEFAULT_PORT
    database: int = 0
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    tls: dict[str, Any] | None = None
    embedded: bool = False

    def client_arguments(self) -> dict[str, Any]:
        """For ``redis.Redis(...)`` and its asyncio twin."""
        arguments = self._who_and_where()
        if self.socket:
            return {**arguments, "unix_socket_path": str(self.socket)}
        secured = {"ssl": True, **self.tls} if self.tls is not None else {}
        return {**arguments, "host": self.host, "port": self.port, **secured}

    def connection_arguments(self) -> dict[str, Any]:
        """For one of redis-py's connection classes: a socket's, a plain one, or a TLS one."""
        arguments = self._who_and_where()
        if self.socket:
            return {**arguments, "path": str(self.socket)}
        return {**arguments, "host": self.host, "port": self.port, **(self.tls or {})}

    def _who_and_where(self) -> dict[str, Any]:
        return {"db": self.database, "username": self.username, "password": self.password}

    @property
    def place(self) -> str:
        """The address without user and password, for logs. No client is made from it."""
        if self.socket:
            return f"redis://{quote(str(self.socket), safe='')}/{self.database}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"redis://{host}:{self.port}/{self.database}"


def embedded_socket(var_dir: Path, socket_dir: str = "") -> Path:
    """The embedded server's socket for this installation: in ``socket_dir``, if that is set.

    Otherwise it is in a short folder of the user, named by a hash of ``var_dir``, so that two
    checkouts do not collide and a deep checkout does not make the path too long. The folder is the
    same for every shell and service: XDG_RUNTIME_DIR disappears when its login ends, and TMPDIR
    differs from shell to shell. The server checks that the folder belongs only to the user.
    """
    if socket_dir:
        return Path(socket_dir) / SOCKET_NAME
    name = hashlib.sha256(str(var_dir).encode()).hexdigest()[:12]
    return Path("/tmp") / f"gptj-{os.getuid()}-{name}" / SOCKET_NAME  # noqa: S108


def redis_address(configured: str, embedded: Path) -> RedisAddress:
    """The operator's server, else the one whose socket is ``embedded``.

    Raises `ValueError`, with a text that follows the setting's name and has no part of
    the address in it.
    """
    if not configured:
        return RedisAddress(socket=embedded, embedded=True)
    if configured.startswith("/"):
        configured = f"unix://{configured}"
    url = split_service_url(configured)
    if url.username and not url.password:
        raise ValueError(
            "has a user and no password; write redis://:password@host for a password alone, and "
            "redis://user:password@host for both"
        )
    who: dict[str, Any] = {"username": url.username or None, "password": url.password or None}
    if url.scheme in _SOCKETS:
        socket = _socket(url)
        return RedisAddress(
            socket=socket,
            database=_database(url.query.pop("virtual_host", "0"), url.query),
            embedded=socket == embedded,
            **who,
        )
    if url.scheme not in _TCP:
        raise ValueError("must begin with redis://, rediss:// or unix://")
    tls = _tls(url.query) if _TCP[url.scheme] else None
    if url.host.startswith("/"):
        raise ValueError("has a path as its host; write unix:///path/redis.sock for a socket")
    return RedisAddress(
        host=url.host or "localhost",
        port=url.port or DEFAULT_PORT,
        database=_database(url.path.strip("/") or "0", url.query),
        tls=tls,
        **who,
    )


def _socket(url: ServiceUrl) -> Path:
    path = Path(url.path)
    if url.host or not path.is_absolute() or url.path.endswith("/"):
        raise ValueError("names no socket by its whole path; write unix:///path/redis.sock")
    if len(os.fsencode(path)) > MAX_SOCKET_PATH:
        raise ValueError(
            f"has a socket's path of more than {MAX_SOCKET_PATH} bytes; choose a shorter one"
        )
    return path


def _database(of_path: str, query: dict[str, str]) -> int:
    """The number of the database; whatever is left of the query is named."""
    given = query.pop("db", of_path)
    if of_path not in ("0", given):
        raise ValueError("names two databases; keep the one after the slash or the one in ?db=")
    if query:
        raise ValueError(
            f"has the option {min(query)[:40]} after its ?, which is unknown; remove it"
        )
    if not (given.isascii() and given.isdecimal() and len(given) < 6):
        raise ValueError(
            "has no number of a database at its end; write it like redis://host:6379/0"
        )
    return int(given)


def _tls(query: dict[str, str]) -> dict[str, Any]:
    """redis-py's options about certificates, taken out of the query."""
    options: dict[str, Any] = {name: query.pop(name) for name in _TLS_OPTIONS if name in query}
    for name in _FILES:
        if name in options and not Path(options[name]).is_file():
            raise ValueError(f"names a file in {name} that does not exist; correct its path")
    if options.get("ssl_cert_reqs", "required") not in _VERIFY:
        raise ValueError(f"has an ssl_cert_reqs that is none of {', '.join(_VERIFY)}")
    if "ssl_check_hostname" in options:
        options["ssl_check_hostname"] = options["ssl_check_hostname"].lower() in (
            "true",
            "1",
            "yes",
        )
    elif options.get("ssl_cert_reqs") == "none":
        options["ssl_check_hostname"] = False
    return options
