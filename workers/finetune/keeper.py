"""Runs one command and leaves nothing of it behind, however this process or its parent ends.

``python -m workers.finetune.keeper PARENT COMMAND ...``. SIGTERM and SIGINT are passed on to the
command, which may take its time; SIGHUP, which the kernel sends when the worker has died, ends it
at once. What the command started, and what that started, falls to this process and is ended with
it: a launcher's processes too. Exits as the command did; a signal's number is added to 128.

A process of its own and not a thread: it must outlive the worker by a moment.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from types import FrameType

from playground.core.processes import (
    adopt_orphans,
    die_with_parent,
    end_children_except,
    end_with_my_parent,
)

_PASSED_ON = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}


def keep(parent: int, command: list[str]) -> int:
    """Runs ``command`` to its end, or to that of ``parent``. Returns its exit status."""
    # Signals that come before the command is there are answered after it.
    signal.pthread_sigmask(signal.SIG_BLOCK, _PASSED_ON)
    end_with_my_parent(signal.SIGHUP)
    if os.getppid() != parent:
        # It ended before the line above.
        return 128 + signal.SIGHUP
    adopt_orphans()
    child = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, close_fds=False, preexec_fn=_prepare_child()
    )

    def pass_on(number: int, frame: FrameType | None) -> None:
        child.send_signal(number)

    def end(number: int, frame: FrameType | None) -> None:
        child.kill()

    signal.signal(signal.SIGTERM, pass_on)
    signal.signal(signal.SIGINT, pass_on)
    signal.signal(signal.SIGHUP, end)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _PASSED_ON)
    status = child.wait()
    end_children_except(set())
    return 128 - status if status < 0 else status


def _prepare_child() -> Callable[[], None]:
    die = die_with_parent(signal.SIGKILL)

    def before_exec() -> None:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _PASSED_ON)
        die()

    return before_exec


if __name__ == "__main__":
    sys.exit(keep(int(sys.argv[1]), sys.argv[2:]))
