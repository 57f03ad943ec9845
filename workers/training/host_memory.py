"""The memory of this host, and of the container that the process is in. No torch."""

from pathlib import Path

_MEMINFO = Path("/proc/meminfo")
_CGROUP = Path("/sys/fs/cgroup")


def free_host_bytes() -> int | None:
    """Memory that is free, or None where that cannot be known."""
    found = [value for value in (_meminfo("MemAvailable"), _cgroup_left()) if value is not None]
    return min(found, default=None)


def total_host_bytes() -> int | None:
    """Memory that there is in all, or None where that cannot be known."""
    found = [value for value in (_meminfo("MemTotal"), _cgroup_limit()) if value is not None]
    return min(found, default=None)


def _meminfo(name: str) -> int | None:
    try:
        lines = _MEMINFO.read_text(encoding="ascii").splitlines()
        found = [int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:")]
    except (OSError, ValueError):
        # Not Linux.
        return None
    return next(iter(found), None)


def _cgroup_limit() -> int | None:
    try:
        limit = (_CGROUP / "memory.max").read_text(encoding="ascii").strip()
        return None if limit == "max" else int(limit)
    except (OSError, ValueError):
        # No control group.
        return None


def _cgroup_left() -> int | None:
    limit = _cgroup_limit()
    if limit is None:
        return None
    try:
        used = int((_CGROUP / "memory.current").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
    return max(0, limit - used)
