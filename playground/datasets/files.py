"""Where the files of datasets are. Every name on the disk is made here, of a hash or an id.

``datasets/<aa>/<sha256>`` is one immutable file, shared by all versions that have its content.
``datasets/<aa>/<sha256>.<version>.rows.jsonl`` is the canonical form of one version. What is not
known to be whole is in ``datasets/incoming``.
"""

import errno
import fcntl
import hashlib
import os
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from playground.core.errors import DiskFull

BLOCK = 1 << 20
_SHA256 = re.compile(r"[0-9a-f]{64}")
# A disk that is full, a quota of the file system that is used up, a file larger than it takes.
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def folder() -> Path:
    path: Path = settings.VAR_DIR / "datasets"
    return path


def original_path(sha256: str) -> Path:
    """The file with this content. Raises `ValueError` for what is no hash."""
    if not _SHA256.fullmatch(sha256):
        raise ValueError("no SHA-256")
    return folder() / sha256[:2] / sha256


def rows_path(sha256: str, version_id: uuid.UUID) -> Path:
    """The canonical form that the check of this version wrote."""
    original = original_path(sha256)
    return original.with_name(f"{sha256}.{version_id.hex}.rows.jsonl")


def part_path(upload_id: uuid.UUID) -> Path:
    """What has arrived of an upload."""
    return incoming() / f"{upload_id.hex}.part"


def incoming() -> Path:
    """The quarantine, made if need be."""
    path = folder() / "incoming"
    path.mkdir(parents=True, exist_ok=True)
    return path


def new_part() -> Path:
    """A free place in quarantine."""
    return part_path(uuid.uuid4())


@contextmanager
def room_errors() -> Iterator[None]:
    """Says a full disk as `DiskFull`."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise DiskFull(
                "The server's disk is full. What has arrived is kept. Tell whoever runs the site, "
                "and try again when there is room."
            ) from error
        raise


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """A new file that is on the disk at the end, or not there at all. Raises `DiskFull`."""
    try:
        with room_errors(), path.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def sha256_of(path: Path) -> str:
    """The SHA-256 of the file, in bounded memory."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _locked() -> Iterator[None]:
    """One process at a time adds or removes a file that versions share."""
    incoming()
    fd = os.open(folder() / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o660)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


@contextmanager
def published(part: Path, sha256: str) -> Iterator[None]:
    """Puts the content of ``part`` in its place. Rows that name it are saved inside the block.

    Nobody removes the file meanwhile. ``part`` leaves quarantine only when the block is done: who
    is killed before that finds it there and does it again. A file that no row came to name is left
    to `remove_orphans`.
    """
    target = original_path(sha256)
    with room_errors(), _locked():
        target.parent.mkdir(exist_ok=True)
        if target.exists():
            # It is as good as new for `remove_orphans`.
            os.utime(target)
        else:
            target.hardlink_to(part)
            _sync_folder(target.parent)
        yield
        part.unlink()


def remove(hashes: set[str], *, is_named: Callable[[str], bool]) -> None:
    """Removes the files with these hashes that no version names any more."""
    if not hashes:
        return
    with _locked():
        for sha256 in hashes:
            if not is_named(sha256):
                original_path(sha256).unlink(missing_ok=True)


def remove_orphans(*, older_than: float, is_named: Callable[[str], bool]) -> int:
    """Removes files that no version names and that were there before ``older_than`` (seconds since
    the epoch): what a crash between two steps left. Returns how many."""
    removed = 0
    for path in list(folder().glob("[0-9a-f][0-9a-f]/*")):
        sha256, _dot, ending = path.name.partition(".")
        with suppress(OSError), _locked():
            is_old = path.stat().st_mtime < older_than
            if is_old and not is_named(path.name if ending else sha256):
                path.unlink()
                removed += 1
    return removed


def _sync_folder(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
