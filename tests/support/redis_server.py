"""An operator's own Redis: with users, a port and a socket, and TLS in front of it."""

import contextlib
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import redis

from playground.core.redis.valkey_server import choose_server
from tests.support.part import wait_until


class PasswordServer:
    """A server that requires its user and password for everything."""

    def __init__(self, folder: Path, *, username: str, password: str) -> None:
        self.username, self.password = username, password
        self.socket = folder / "own.sock"
        self._folder = folder
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]

    def admin(self, database: int) -> redis.Redis:
        """A client; close it."""
        return redis.Redis(
            unix_socket_path=str(self.socket),
            username=self.username,
            password=self.password,
            db=database,
            decode_responses=True,
        )

    def __enter__(self) -> Self:
        config = self._folder / "own.conf"
        config.write_text(
            f'bind 127.0.0.1\nport {self.port}\nunixsocket {self.socket}\nsave ""\n'
            f"dir {self._folder}\nrequirepass default-{self.port}\n"
            f'user {self.username} on "#{_sha256(self.password)}" ~* &* +@all\n'
        )
        self._process = subprocess.Popen(
            [choose_server(self._folder).binary, str(config)], stdout=subprocess.DEVNULL
        )
        wait_until(self._answers, what="the server's answer")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.terminate()
        self._process.wait(timeout=20)

    def _answers(self) -> bool:
        with contextlib.suppress(redis.RedisError), self.admin(0) as client:
            return bool(client.ping())
        return False


def _sha256(text: str) -> str:
    import hashlib

    return hashlib.sha256(text.encode()).hexdigest()


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate of ``localhost``, and its key."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "2", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    return certificate, key


@contextlib.contextmanager
def tls_before(port: int, certificate: Path, key: Path) -> Iterator[int]:
    """A port that terminates TLS and forwards to ``port``, as a server with TLS does."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_serve, args=(listener, context, port), daemon=True).start()
        yield listener.getsockname()[1]


def _serve(listener: socket.socket, context: ssl.SSLContext, port: int) -> None:
    with contextlib.suppress(OSError):
        while True:
            accepted, _ = listener.accept()
            threading.Thread(target=_hand_on, args=(accepted, context, port), daemon=True).start()


def _hand_on(accepted: socket.socket, context: ssl.SSLContext, port: int) -> None:
    with (
        contextlib.suppress(OSError),
        context.wrap_socket(accepted, server_side=True) as visitor,
        socket.create_connection(("127.0.0.1", port)) as server,
    ):
        back = threading.Thread(target=_copy, args=(server, visitor), daemon=True)
        back.start()
        _copy(visitor, server)
        back.join(timeout=5)


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65_536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
