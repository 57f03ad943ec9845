"""Ends a process whose engine hangs, even one that hangs while it holds the GIL.

A thread of Python could not run then, so `faulthandler`'s own thread keeps the time: it writes
every thread's stack and calls `_exit`. The worker's supervisor starts a new process, and its runs
go on from their logs.
"""

from __future__ import annotations

import faulthandler
import time
from types import TracebackType
from typing import Self, TextIO


class Watchdog:
    """`with watchdog:` around each step.

    timeout: seconds a step may take. The timer is set again only when a tenth of that has passed,
        so a hang is cut off after 0.9 to 1.0 timeouts, and a fast step costs nothing.
    file: where stacks are written; standard error by default. Must have a file descriptor.
    Call `disarm` before waiting for work: idleness is no hang.
    """

    def __init__(self, timeout: float, file: TextIO | None = None) -> None:
        if timeout <= 0:
            raise ValueError(f"timeout must be positive, not {timeout}")
        self._timeout = timeout
        self._file = file
        self._armed_at: float | None = None

    def arm(self) -> None:
        now = time.monotonic()
        if self._armed_at is not None and now - self._armed_at < self._timeout / 10:
            return
        if self._file is None:
            faulthandler.dump_traceback_later(self._timeout, exit=True)
        else:
            faulthandler.dump_traceback_later(self._timeout, exit=True, file=self._file)
        self._armed_at = now

    def disarm(self) -> None:
        faulthandler.cancel_dump_traceback_later()
        self._armed_at = None

    def __enter__(self) -> Self:
        self.arm()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leaves the timer running for the next step; an error ends it."""
        if error is not None:
            self.disarm()
