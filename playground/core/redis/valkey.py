"""The embedded Redis-compatible server, for installations without one.

One child process on a unix socket: no TCP port, an append-only file in ``VAR_DIR/valkey``, and
never an eviction, because a token log that loses entries is worse than a clear refusal. One
``VAR_DIR`` has one server: a lock file ensures it. The server inherits the lock's descriptor, so
the lock lives exactly as long as any process that could write the data.
"""

import contextlib
import os
import signal
import socket
import stat
import subprocess
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from playground.core.configuration.redis_url import embedded_socket
from playground.core.locks import FileLock, LockTaken
from playground.core.processes import die_with_parent
from playground.core.redis.valkey_server import (
    DATA,
    LOCK,
    EmbeddedServerError,
    Server,
    choose_server,
    explain_end,
    write_record,
)

DEFAULT_MEMORY_MB = 512


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

    def __init__(
        self,
        var_dir: Path,
        *,
        memory_mb: int = DEFAULT_MEMORY_MB,
        socket: Path | None = None,
        umask: int = 0o077,
    ) -> None:
        """socket: where to listen; by default `embedded_socket` of ``var_dir``.
        umask: what other users may not do with the socket.
        """
        self.var_dir = var_dir
        self.umask = umask
        self.data_dir = var_dir / "valkey"
        self.log_file = self.data_dir / "valkey.log"
        self.lock = FileLock(self.data_dir / LOCK)
        self.socket = socket or embedded_socket(var_dir)
        self.memory_mb = memory_mb
        self._server: Server | None = None
        self._process: subprocess.Popen[bytes] | None = None
        # Where in the log this server's own words begin.
        self._log_start = 0

    @property
    def url(self) -> str:
        """The address in redis-py's form."""
        return f"unix://{self.socket}"

    @property
    def pid(self) -> int | None:
        """The server's process while `start` has one running."""
        return self._process.pid if self._process else None

    def acquire(self, timeout: float = 10.0) -> None:
        """Take the lock, make the folders, and choose the server that continues with the data.

        A server whose parent was killed needs a moment to close its file, so this waits for a taken
        lock. Raises `EmbeddedServerError` when it stays taken, or no server reads the data.
        """
        self._make_private_folder()
        if self.lock.held:
            return
        try:
            self.lock.acquire(timeout)
        except LockTaken as error:
            owner = f" (process {error.owner})" if error.owner else ""
            raise EmbeddedServerError(
                f"Another playground{owner} already uses {self.var_dir}. Stop it first, "
                "or set VAR_DIR to another folder."
            ) from error
        try:
            self._prepare()
        except EmbeddedServerError:
            self.lock.release()
            raise

    def release(self) -> None:
        """Give the lock back and remove the socket; its folder only if it is not the operator's.
        The data stays."""
        if self.lock.held:
            self.socket.unlink(missing_ok=True)
            if self.socket == embedded_socket(self.var_dir):
                with contextlib.suppress(OSError):
                    self.socket.parent.rmdir()
            self.lock.release()

    def command(self) -> list[str]:
        """The server's argument list."""
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": f"{0o770 & ~self.umask:o}",
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
        if self._server is None:
            raise RuntimeError("The server is chosen when the lock is taken.")
        arguments = [self._server.binary]
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
        while not self.serves():
            try:
                # A wait that ends at once when the server does.
                self._process.wait(timeout=0.02)
            except subprocess.TimeoutExpired:
                if time.monotonic() < deadline:
                    continue
            reason = self.reason_for_end()
            self.stop()
            raise EmbeddedServerError(reason)

    def serves(self) -> bool:
        """True once the server answers. From then on the data are written by this one."""
        if not answers(self.socket):
            return False
        if self._server is not None and self.lock.held:
            write_record(self.data_dir, self._server, self.socket)
        return True

    def _runs(self, timeout: float) -> bool:
        """Whether the server runs. One that was killed closes its socket before it has ended."""
        deadline = time.monotonic() + timeout
        while self._process is not None and self._process.poll() is None:
            if answers(self.socket):
                return True
            if time.monotonic() > deadline:
                raise EmbeddedServerError(
                    f"The embedded server runs but does not answer; its log is {self.log_file}."
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

    def reason_for_end(self) -> str:
        """Why the server ended by itself, and what to do, in words for people."""
        return f"{explain_end(self.data_dir, self._log_lines())} Its log is {self.log_file}."

    def _log_lines(self) -> list[str]:
        """What this server wrote to its log, not an earlier one."""
        try:
            with self.log_file.open("rb") as log:
                log.seek(self._log_start)
                return log.read().decode(errors="replace").splitlines()
        except OSError:
            return []

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

    def _prepare(self) -> None:
        if answers(self.socket):
            raise EmbeddedServerError(
                f"Another playground's server answers on {self.socket} already. "
                "Give each a SOCKET_DIR of its own."
            )
        self._server = choose_server(self.data_dir)
        if not (self.data_dir / DATA).exists():
            write_record(self.data_dir, self._server, self.socket)
        with contextlib.suppress(OSError):
            self._log_start = self.log_file.stat().st_size

    def _make_private_folder(self) -> None:
        """Make the socket's folder; refuse one that another user could have prepared."""
        folder = self.socket.parent
        try:
            folder.mkdir(mode=0o777 & ~self.umask, parents=True, exist_ok=True)
            info = folder.lstat()
        except OSError as error:
            raise EmbeddedServerError(
                f"The socket's folder {folder} cannot be made: {error.strerror}. Make it, or set "
                "SOCKET_DIR to another."
            ) from error
        # One of root's is shared with a group on purpose, by UMASK.
        owners = {os.getuid()} if self.umask & 0o070 == 0o070 else {os.getuid(), 0}
        if (
            not stat.S_ISDIR(info.st_mode)
            or info.st_uid not in owners
            or stat.S_IMODE(info.st_mode) & self.umask
        ):
            raise EmbeddedServerError(
                f"The socket's folder {folder} is open to others than UMASK lets in, or belongs to "
                "another user. Remove it and start again, or set SOCKET_DIR to another."
            )
