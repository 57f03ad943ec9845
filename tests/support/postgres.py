"""A PostgreSQL of the test's own: a folder, a socket in it, and nothing else.

with TemporaryPostgres(folder) as server:
    os.environ["DATABASE_URL"] = server.url
"""

import os
import pwd
import shutil
import signal
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from playground.core.processes import die_with_parent
from tests.support.part import wait_until

# It refuses to run as root; the packages make this user.
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


class TemporaryPostgres:
    """A server from `__enter__` to `__exit__`. Nothing in it outlives either."""

    def __init__(self, folder: Path) -> None:
        binaries = postgres_binaries()
        if binaries is None:
            raise FileNotFoundError("no PostgreSQL: install it, or name its folder in POSTGRES_BIN")
        self._binaries = binaries
        self._data = folder / "data"
        self._socket = folder / "socket"
        self._log = folder / "log"
        self._process: subprocess.Popen[bytes] | None = None
        for made in (folder, self._socket):
            made.mkdir(parents=True, exist_ok=True)
        self._as_user: dict[str, object] = {}
        if os.geteuid() == 0:
            user = pwd.getpwnam(USER)
            self._as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
            for owned in (folder, self._socket):
                os.chown(owned, user.pw_uid, user.pw_gid)

    @property
    def url(self) -> str:
        """As DATABASE_URL wants it."""
        return f"postgres://{USER}@{quote(str(self._socket), safe='')}/postgres"

    def __enter__(self) -> Self:
        self._run("initdb", "-D", str(self._data), "-U", USER, "-A", "trust", "-E", "UTF8", "-N")
        command = [str(self._binaries / "postgres"), "-D", str(self._data)]
        command += ["-k", str(self._socket), "-h", "", "-c", "fsync=off"]
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
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process is not None:
            # SIGINT: a fast shutdown, which waits for nobody.
            self._process.send_signal(signal.SIGINT)
            self._process.wait(timeout=30)

    def _answers(self) -> bool:
        command = [str(self._binaries / "pg_isready"), "-q", "-h", str(self._socket)]
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
