"""One real process of a stack under test: started, watched, killed."""

import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from playground.core.processes import die_with_parent


class PartDied(AssertionError):
    """The process ended while something was expected of it."""


def wait_until(
    holds: Callable[[], object], *, what: str, timeout: float = 10.0, every: float = 0.01
) -> None:
    """Returns as soon as ``holds()``. Raises `TimeoutError`, which says that ``what`` was expected.

    For actions of other processes that send no event: a row, a port, a key.
    """
    deadline = time.monotonic() + timeout
    pause = threading.Event()
    while not holds():
        if time.monotonic() >= deadline:
            raise TimeoutError(f"waited {timeout:g} s for {what}")
        pause.wait(every)


@dataclass(slots=True)
class RunningPart:
    """A started process; its output goes to ``log`` line by line.

    Start it from the main thread: it is killed when the thread that started it ends.
    """

    name: str
    command: Sequence[str]
    environ: Mapping[str, str]
    cwd: Path
    log: Path
    pass_fds: tuple[int, ...] = ()
    death_signal: signal.Signals = signal.SIGKILL
    process: subprocess.Popen[bytes] = field(init=False)
    lines: list[str] = field(default_factory=list)
    _news: threading.Condition = field(default_factory=threading.Condition)
    _closed: bool = False
    _reader: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self.process = subprocess.Popen(
            self.command,
            cwd=self.cwd,
            env=dict(self.environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=self.pass_fds,
            preexec_fn=die_with_parent(self.death_signal),
        )
        self._reader = threading.Thread(target=self._read, name=f"log {self.name}", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def wait_for_line(self, pattern: str, *, timeout: float = 20.0, since: int = 0) -> str:
        """The first line from number ``since`` on that matches ``pattern``."""
        deadline = time.monotonic() + timeout
        with self._news:
            at = since
            while True:
                for line in self.lines[at:]:
                    if re.search(pattern, line):
                        return line
                at = len(self.lines)
                if self._closed:
                    raise PartDied(f"{self.name} ended and never said {pattern!r}:\n{self.tail()}")
                if not self._news.wait(deadline - time.monotonic()):
                    raise TimeoutError(f"{self.name} did not say {pattern!r} in {timeout:g} s")

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.process.pid, number)

    def kill(self) -> None:
        """Sends SIGKILL and waits until the process has ended."""
        if self.process.poll() is None:
            self.process.kill()
        self._join()

    def stop(self, timeout: float = 10.0) -> int:
        """Sends SIGTERM and waits for an orderly end; returns the exit status."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self._join()
        return self.process.returncode

    def wait(self, timeout: float = 10.0) -> int:
        """Waits for the process to end by itself."""
        self.process.wait(timeout)
        self._join()
        return self.process.returncode

    def tail(self, count: int = 30) -> str:
        return "\n".join(self.lines[-count:])

    def _join(self) -> None:
        self.process.wait()
        self._reader.join(timeout=5)

    def _read(self) -> None:
        stream = self.process.stdout
        if stream is None:
            return
        with stream, self.log.open("ab") as file:
            for line in stream:
                file.write(line)
                file.flush()
                with self._news:
                    self.lines.append(line.decode(errors="replace").rstrip())
                    self._news.notify_all()
        with self._news:
            self._closed = True
            self._news.notify_all()
