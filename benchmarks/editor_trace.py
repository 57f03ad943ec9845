"""Reads the browser's trace: the work of the page's main thread between two marks."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

CATEGORIES = [
    "devtools.timeline",
    "disabled-by-default-devtools.timeline",
    "blink.user_timing",
    "toplevel",
    "__metadata",
]
_TASKS = ("RunTask", "ThreadControllerImpl::RunTask")


@dataclass(frozen=True, slots=True)
class Trace:
    """The work of one thread, in its own time: waiting for other work of the machine does not
    count.

    longest_ms: of one task; longest_wall_ms: the same by the wall clock. busy_ms: of all
    tasks. frames: the number of layouts of the page.
    """

    longest_ms: float
    longest_wall_ms: float
    busy_ms: float
    frames: int


def read_trace(raw: bytes) -> Trace:
    """The tasks of the thread that set the marks ``bench-begin`` and ``bench-end``."""
    events: list[dict[str, Any]] = json.loads(raw)["traceEvents"]
    begin = _mark(events, "bench-begin")
    end = _mark(events, "bench-end")
    own = [
        event
        for event in events
        if (event.get("pid"), event.get("tid")) == (begin["pid"], begin["tid"])
        and begin["ts"] < event.get("ts", 0) < end["ts"]
    ]
    for name in _TASKS:
        tasks = [event for event in own if event["name"] == name and "tdur" in event]
        if tasks:
            break
    else:
        raise RuntimeError("the trace has no task of the page")
    frames = sum(event["name"] == "PrePaint" for event in own)
    times = [event["tdur"] / 1000 for event in tasks]
    return Trace(
        longest_ms=max(times),
        longest_wall_ms=max(event["dur"] for event in tasks) / 1000,
        busy_ms=sum(times),
        frames=frames,
    )


def _mark(events: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(event for event in events if event["name"] == name and event.get("pid"))
