"""Side processes of a benchmark, asked in JSON lines; and the kernel's counters for any process."""

import json
import os
import re
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from playground.core.processes import die_with_parent
from workers.engine.backends.native.isa import isa_in_use

ROOT = Path(__file__).resolve().parent.parent
_TICK = os.sysconf("SC_CLK_TCK")


class SideProcess:
    """A module of ours in a separate process: one JSON object in, one out."""

    def __init__(self, module: str, *arguments: str, env: Mapping[str, str]) -> None:
        self.module = module
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT,
            env=dict(env),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=die_with_parent(signal.SIGKILL),
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def send(self, **question: Any) -> None:
        if self._process.stdin is None:
            raise RuntimeError("no pipe")
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()

    def has_answer(self, timeout: float) -> bool:
        """Waits so many seconds at most; one question at a time, or lines pile up unseen."""
        if self._process.stdout is None:
            raise RuntimeError("no pipe")
        return bool(select.select([self._process.stdout], [], [], timeout)[0])

    def answer(self) -> dict[str, Any]:
        """Waits for the next answer."""
        if self._process.stdout is None:
            raise RuntimeError("no pipe")
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.module} ended with {self._process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def ask(self, **question: Any) -> dict[str, Any]:
        self.send(**question)
        return self.answer()

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def serve(answer: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """The other end of `SideProcess`: answers until its parent is gone."""
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def memory_bytes(field: str, pid: int | None = None) -> int:
    """What a process holds now (VmRSS) or has held at most (VmHWM); None is this process.

    A child's `ru_maxrss` is not its own: it begins at the size of the process that started it.
    """
    path = Path(f"/proc/{'self' if pid is None else pid}/status")
    match = re.search(rf"^{field}:\s+(\d+) kB", path.read_text(encoding="ascii"), re.MULTILINE)
    if match is None:
        raise RuntimeError(f"{path} has no {field}")
    return int(match[1]) * 1024


def machine() -> str:
    """What kind of machine this is, for a result's file."""
    names = re.findall(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    kind = re.sub(r"\s+\d+-Core.*| Processor.*|\(.*?\)", "", names[0]) if names else "unknown"
    cores = len(os.sched_getaffinity(0))
    return f"{cores} cores, {kind.strip()}, instructions {isa_in_use()}, no GPU"
