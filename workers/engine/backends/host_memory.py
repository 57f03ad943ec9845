"""How much memory this process may still take on the host. Linux; no torch."""

from __future__ import annotations

import re
from pathlib import Path

_CGROUP = Path("/sys/fs/cgroup")


def available_bytes() -> int | None:
    """The free memory of the kernel and of this container's limit; None if neither can be read.

    A process that takes more is killed without a message, so big allocations check here first.
    """
    found = [value for value in (_meminfo_available(), _cgroup_left()) if value is not None]
    return min(found, default=None)


def _meminfo_available() -> int | None:
    try:
        text = Path("/proc/meminfo").read_text(encoding="ascii")
    except OSError:
        return None
    match = re.search(r"^MemAvailable:\s+(\d+) kB", text, re.MULTILINE)
    return int(match.group(1)) * 1024 if match else None


def _cgroup_left() -> int | None:
    try:
        limit = (_CGROUP / "memory.max").read_text(encoding="ascii").strip()
        used = int((_CGROUP / "memory.current").read_text(encoding="ascii"))
        stat = (_CGROUP / "memory.stat").read_text(encoding="ascii")
    except (OSError, ValueError):
        return None
    if limit == "max":
        return None
    # File pages count as used but are given back on demand.
    match = re.search(r"^inactive_file (\d+)", stat, re.MULTILINE)
    return int(limit) - used + (int(match.group(1)) if match else 0)
