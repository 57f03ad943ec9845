"""The kernel's help with processes: dying together, adopting, limits.

The functions marked so are for Linux only; elsewhere those calls do nothing and return False, and
only an orderly stop leaves nothing behind.
"""

import contextlib
import ctypes
import os
import resource
import signal
import sys
from collections.abc import Callable
from pathlib import Path

# From <sys/prctl.h>.
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


def _load_prctl() -> Callable[..., int] | None:
    if sys.platform != "linux":
        return None
    # Loaded before any fork: a child between fork and exec must not allocate much.
    prctl: Callable[..., int] = ctypes.CDLL(None, use_errno=True).prctl
    return prctl


_prctl = _load_prctl()


def die_with_parent(signum: signal.Signals) -> Callable[[], None]:
    """A ``preexec_fn``: the kernel sends ``signum`` to the child when its parent ends.

    The signal comes when the *thread* that spawned the child ends, so spawn from the main
    thread. It holds through exec and not for the child's own children.
    """
    parent = os.getpid()

    def before_exec() -> None:
        if _prctl is not None:
            _prctl(_PR_SET_PDEATHSIG, int(signum), 0, 0, 0)
        # The parent may have gone between the fork and the line above.
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)

    return before_exec


def end_with_my_parent(signum: signal.Signals = signal.SIGTERM) -> bool:
    """Ask the kernel to send ``signum`` to this process when its parent ends (Linux)."""
    return _prctl is not None and _prctl(_PR_SET_PDEATHSIG, int(signum), 0, 0, 0) == 0


def adopt_orphans() -> bool:
    """Become the parent of every descendant whose own parent ends (Linux)."""
    return _prctl is not None and _prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0


def children_of(pid: int) -> list[int]:
    """The direct children of ``pid`` as the kernel lists them (Linux; else empty)."""
    children: list[int] = []
    for listing in Path(f"/proc/{pid}/task").glob("*/children"):
        # A thread may end between the listing and the reading.
        with contextlib.suppress(OSError):
            children.extend(int(child) for child in listing.read_text().split())
    return children


def signal_group(group: int, signum: signal.Signals) -> None:
    """Send ``signum`` to a process group; one that has gone is fine."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signum)


def end_children_except(kept: set[int]) -> None:
    """Kill and reap every child of this process that is not in ``kept``.

    With `adopt_orphans` their own children come up in the next round, until none is left.
    """
    while strays := [pid for pid in children_of(os.getpid()) if pid not in kept]:
        for pid in strays:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)


def raise_open_files_limit(wanted: int = 65_536) -> int:
    """Raise the soft limit on open files towards ``wanted``; returns what holds now.

    A socket is a file: the usual soft limit of 1,024 stops a site at about 1,000 open pages.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    target = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft == resource.RLIM_INFINITY or soft >= target:
        return soft
    resource.setrlimit(resource.RLIMIT_NOFILE, (target, hard))
    return target
