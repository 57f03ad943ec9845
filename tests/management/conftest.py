"""Processes for tests of the code that starts, keeps and ends processes."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from playground.core.configuration.redis_url import embedded_socket
from tests.support.part import RunningPart

ROOT = Path(__file__).resolve().parents[2]


class Launcher:
    """Starts ``python <arguments>`` in the checkout, and ends everything that it started."""

    def __init__(self, logs: Path) -> None:
        self.logs = logs
        self._started: list[RunningPart] = []

    def __call__(self, *arguments: str, name: str = "process", **environ: str) -> RunningPart:
        part = RunningPart(
            name=name,
            command=[sys.executable, *arguments],
            environ={**os.environ, "PYTHONPATH": str(ROOT), **environ},
            cwd=ROOT,
            log=self.logs / f"{name}-{len(self._started)}.log",
        )
        self._started.append(part)
        return part

    def close(self) -> None:
        for part in self._started:
            part.kill()


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Launcher]:
    launcher = Launcher(tmp_path)
    yield launcher
    launcher.close()


def alive(pid: int) -> bool:
    """Whether ``pid`` runs; a process that only waits to be reaped does not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def processes_of(var_dir: Path) -> dict[int, str]:
    """The command lines of all living processes of the playground in ``var_dir``, by process.

    The folder is in their environment; Valkey overwrites its own, and has its socket instead.
    """
    variable = f"VAR_DIR={var_dir}".encode()
    socket = str(embedded_socket(var_dir))
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            environ = (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if (variable in environ or socket in command) and alive(int(folder.name)):
            found[int(folder.name)] = command
    return found
