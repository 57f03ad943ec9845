"""A lock between processes that no crash can leave behind."""

import fcntl
import os
import threading
import time
from pathlib import Path


class LockTaken(Exception):
    """Another process holds the lock; ``owner`` is its text about itself, or None."""

    def __init__(self, path: Path, owner: int | None) -> None:
        super().__init__(f"{path} is held by {f'process {owner}' if owner else 'another process'}.")
        self.owner = owner


class FileLock:
    """An exclusive ``flock`` on a file.

    The kernel drops it when the last copy of its descriptor closes. A child that is given
    ``fd`` (``pass_fds``) holds it too, and goes on holding it after its parent was killed.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd: int | None = None

    @property
    def fd(self) -> int:
        """The descriptor while the lock is held."""
        if self._fd is None:
            raise RuntimeError(f"{self.path} is not locked.")
        return self._fd

    @property
    def held(self) -> bool:
        return self._fd is not None

    def acquire(self, timeout: float = 0.0) -> None:
        """Take the lock, or raise `LockTaken`.

        While the process that took it lives, waiting is useless. After it has died, its children
        may need up to ``timeout`` seconds to end.
        """
        if self.held:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o660)
        deadline = time.monotonic() + timeout
        pause = threading.Event()
        while True:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                owner = _owner(fd)
                if time.monotonic() >= deadline or (owner and _alive(owner)):
                    os.close(fd)
                    raise LockTaken(self.path, owner) from None
                pause.wait(0.05)
        os.ftruncate(fd, 0)
        os.pwrite(fd, str(os.getpid()).encode(), 0)
        self._fd = fd

    def is_taken(self) -> bool:
        """Whether anybody holds the lock at this moment; False where it cannot be looked at."""
        try:
            fd = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(fd)
        return False

    def release(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        # The process belongs to another user, so it exists.
        pass
    return True


def _owner(fd: int) -> int | None:
    text = os.pread(fd, 32, 0)
    return int(text) if text.isdigit() else None
