"""A PostgreSQL of the test's own: a folder, a socket in it, and nothing else.

with TemporaryPostgres(folder) as server:
    os.environ["DATABASE_URL"] = server.url
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from playground.core.processes import die_with_parent
from tests.support.part import wait_until

# It refuses to run as root; its packages create this user.
USER = "postgres"


def postgres_binaries() -> Path | None:
    """The folder of ``initdb`` and ``postgres``: POSTGRES_BIN, the PATH's, or Debian's newest."""
    named = os.environ.get("POSTGRES_BIN")
    if named:
        return Path(named)
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    versions = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if path.is_dir()]
    return max(versions, key=lambda path: int(path.parent.name), default=None)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


class TemporaryPostgres:
    """A server from `__enter__` to `__exit__`. Its data do not outlive it.

    password: for its one user, at a port of 127.0.0.1; without one, everybody gets in.
    options: more settings of the server.
    """

    def __init__(
        self, folder: Path, *, password: str = "", options: Mapping[str, str] | None = None
    ) -> None:
        binaries = postgres_binaries()
        if binaries is None:
            raise FileNotFoundError("no PostgreSQL: install it, or name its folder in POSTGRES_BIN")
        self._binaries = binaries
        self._data = folder / "data"
        self.socket = folder / "socket"
        self._log = folder / "log"
        self._password, self._options = password, dict(options or {})
        self.port = _free_port() if password else 5432
        self._process: subprocess.Popen[bytes] | None = None
        for made in (folder, self.socket):
            made.mkdir(parents=True, exist_ok=True)
        self._as_user: dict[str, object] = {}
        if os.geteuid() == 0:
            user = pwd.getpwnam(USER)
            self._as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
            for owned in (folder, self.socket):
                os.chown(owned, user.pw_uid, user.pw_gid)

    @property
    def url(self) -> str:
        """The address in the form of DATABASE_URL."""
        return f"postgres://{USER}@{quote(str(self.socket), safe='')}/postgres"

    def __enter__(self) -> Self:
        entry = ["-A", "trust"]
        if self._password:
            file = self.socket / "password"
            file.write_text(self._password, encoding="utf-8")
            # Only the owner may read files of tests, and initdb runs as another user.
            if self._as_user:
                shutil.chown(file, USER)
            entry = ["-A", "scram-sha-256", f"--pwfile={file}"]
        self._run("initdb", "-D", str(self._data), "-U", USER, *entry, "-E", "UTF8", "-N")
        self.start()
        return self

    def start(self) -> None:
        """Starts it, for the first time or after `stop`."""
        command = [str(self._binaries / "postgres"), "-D", str(self._data)]
        command += ["-k", str(self.socket), "-h", "127.0.0.1" if self._password else ""]
        command += ["-p", str(self.port), "-c", "fsync=off"]
        for name, value in self._options.items():
            command += ["-c", f"{name}={value}"]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(  # type: ignore[call-overload]
                command,
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent(signal.SIGINT),
                cwd="/",
                **self._as_user,
            )
        wait_until(self._answers, what=f"PostgreSQL; see {self._log}", timeout=60, every=0.05)

    def stop(self) -> None:
        """Ends the server; its data stay."""
        if self._process is not None:
            # SIGINT: a fast shutdown, which does not wait for clients.
            self._process.send_signal(signal.SIGINT)
            self._process.wait(timeout=30)
            self._process = None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _answers(self) -> bool:
        command = [str(self._binaries / "pg_isready"), "-q", "-h", str(self.socket)]
        command += ["-p", str(self.port)]
        return subprocess.run(command, check=False).returncode == 0

    def _run(self, name: str, *arguments: str) -> None:
        done = subprocess.run(  # type: ignore[call-overload]
            [str(self._binaries / name), *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            **self._as_user,
        )
        if done.returncode:
            raise RuntimeError(f"{name}: {done.stderr}")
