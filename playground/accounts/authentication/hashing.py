"""Passwords are hashed a few at a time, with the memory that OWASP's table asks for.

Argon2 uses much memory on purpose. Each hash runs in one of a few threads, for every caller:
sign-in, sign-up, a change of password, the deletion of an account, the admin pages, a command.
Others wait. Threads are used instead of a counter, because each thread's allocator keeps its
memory.
"""

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as WaitedTooLong
from typing import TypeVar

from django.contrib.auth import hashers

from playground.core.errors import ServerBusy

# One processor is left to the pages.
AT_ONCE = max(1, min(4, (os.cpu_count() or 1) - 1))
# How long one may wait for its turn. Seconds.
PATIENCE_SECONDS = 15.0
# That many wait in a row at most: each of them holds a request's thread.
MAX_WAITING = 200

T = TypeVar("T")


class _Queue:
    """The few threads, and those who wait for them."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(AT_ONCE, "hash")
        self._turns = threading.BoundedSemaphore(MAX_WAITING)

    def run(self, work: Callable[[], T]) -> T:
        """What ``work`` returns. Raises `ServerBusy` when its turn does not come."""
        if not self._turns.acquire(blocking=False):
            raise _busy()
        try:
            asked = self._threads.submit(work)
            try:
                return asked.result(PATIENCE_SECONDS)
            except WaitedTooLong:
                if asked.cancel():
                    raise _busy() from None
                # It has begun, and will soon be done.
                return asked.result()
        finally:
            self._turns.release()


_queue = _Queue()


class Argon2(hashers.Argon2PasswordHasher):
    """Argon2id with 19 MiB, 2 passes and 1 lane, the second line of OWASP's table.

    Hashes with other parameters are accepted, and replaced when their owner signs in.
    """

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        return _queue.run(lambda: super(Argon2, self).encode(password, salt))

    def verify(self, password: str, encoded: str) -> bool:
        return _queue.run(lambda: super(Argon2, self).verify(password, encoded))


class PBKDF2(hashers.PBKDF2PasswordHasher):
    """For hashes that came from elsewhere; replaced by Argon2 on sign-in."""

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        return _queue.run(lambda: super(PBKDF2, self).encode(password, salt, iterations))


def _busy() -> ServerBusy:
    return ServerBusy(
        "Too many people are signing in right now. Wait a moment, then try again.", retry_after=5
    )
