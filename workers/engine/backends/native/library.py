"""Compiles C++ sources into a shared library once, keeps it, and loads it. No torch.

The library is kept in a folder of the user, under a name made from all its inputs: sources,
options, compiler, C library and CPU, because unlike machines may share that folder. It ends with
its own SHA-256, so half a file is never loaded. A process that comes while another compiles waits
for it.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import hashlib
import os
import platform
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

COMPILE_SECONDS = 300
_DIGEST_BYTES = 32


class Unavailable(Exception):
    """Why there are no kernels. It does not leave this package: `build.load` gives None instead."""


def default_folder() -> Path:
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(cache).expanduser() / "gptj-playground" / "kernels"


def find_compiler() -> list[str]:
    """Command and options of $CXX, else of the first available of c++, g++ and clang++."""
    candidates = [shlex.split(os.environ.get("CXX", "")), ["c++"], ["g++"], ["clang++"]]
    for candidate in candidates:
        if candidate and shutil.which(candidate[0]):
            return candidate
    raise Unavailable("There is no C++ compiler: neither $CXX nor c++, g++ or clang++ was found.")


def open_library(
    sources: Path, folder: Path, compiler: Sequence[str], options: Sequence[str]
) -> ctypes.CDLL:
    """The library of every .cpp file in `sources`, from the cache in `folder` or compiled into it.

    If the folder cannot be written, or if another user could write there, a temporary one is used.
    """
    command = [*compiler, *options, "-fPIC"]
    name = _name(sources, command, compiler)
    with _trusted(folder) as place:
        path = place / name
        if _is_intact(path):
            # A complete library that does not load was made on another system.
            with contextlib.suppress(OSError):
                return ctypes.CDLL(str(path))
        _compile(sources, path, command)
        try:
            return ctypes.CDLL(str(path))
        except OSError as error:
            path.unlink(missing_ok=True)
            raise Unavailable(f"The compiled kernels cannot be loaded: {error}.") from error


def _name(sources: Path, command: Sequence[str], compiler: Sequence[str]) -> str:
    digest = hashlib.sha256()
    for path in sorted(sources.iterdir()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    for part in (*command, _run([*compiler, "--version"]), _c_library(), cpu_flags()):
        digest.update(part.encode() + b"\0")
    return f"{digest.hexdigest()[:32]}.so"


def _c_library() -> str:
    """The one that the library is linked to: an older one cannot load it."""
    name = "CS_GNU_LIBC_VERSION"
    return (os.confstr(name) or "") if name in os.confstr_names else ""


def cpu_flags() -> str:
    """What the CPU can do, as the kernel lists it: what "native" means here."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor()
    return next((line for line in lines if line.startswith(("flags", "Features"))), "")


def _run(command: Sequence[str]) -> str:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=COMPILE_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"{command[0]} could not be run: {error}.") from error
    if done.returncode:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()] or [
            "no message"
        ]
        line = next((line for line in lines if "error" in line), lines[0])
        raise Unavailable(f"{command[0]} failed: {line[:300]}")
    return done.stdout


@contextlib.contextmanager
def _trusted(folder: Path) -> Iterator[Path]:
    """`folder`, locked against other builders, or a temporary one: a user who can write where we
    load from could make us run their code."""
    with contextlib.ExitStack() as stack:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = stack.enter_context((folder / "lock").open("w")) if _is_ours(folder) else None
        except OSError:
            lock = None
        if lock is None:
            yield Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gptj-kernels-")))
            return
        with contextlib.suppress(OSError):  # Without locks two may compile; either result is right.
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder


def _is_ours(path: Path) -> bool:
    found = path.lstat()
    return found.st_uid == os.getuid() and not found.st_mode & 0o022 and not path.is_symlink()


def _is_intact(path: Path) -> bool:
    """Whether the file ends with the SHA-256 of the rest:

    loading half a file crashes the process.
    """
    try:
        content = path.read_bytes() if _is_ours(path) else b""
    except OSError:
        return False
    body, digest = content[:-_DIGEST_BYTES], content[-_DIGEST_BYTES:]
    return len(body) > 0 and hashlib.sha256(body).digest() == digest


def _compile(sources: Path, path: Path, command: Sequence[str]) -> None:
    try:
        with tempfile.TemporaryDirectory(prefix="build-", dir=path.parent) as folder:
            made = Path(folder) / path.name
            files = sorted(sources.glob("*.cpp"), key=lambda file: -file.stat().st_size)
            objects = [str(Path(folder) / f"{file.stem}.o") for file in files]
            with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
                jobs = [
                    pool.submit(_run, [*command, "-c", str(file), "-o", to])
                    for file, to in zip(files, objects, strict=True)
                ]
                for job in jobs:
                    job.result()
            _run([*command, "-shared", *objects, "-o", str(made)])
            with made.open("ab") as file:
                file.write(hashlib.sha256(made.read_bytes()).digest())
            made.chmod(0o700)
            made.replace(path)
    except OSError as error:
        raise Unavailable(f"The compiled kernels cannot be written: {error}.") from error
