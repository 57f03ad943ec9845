"""Processes for tests of what starts, keeps and ends processes."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.part import RunningPart

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Callable[..., RunningPart]]:
    """Starts ``python <arguments>`` in the checkout; all end with the test."""
    started: list[RunningPart] = []

    def start(*arguments: str, name: str = "process", **environ: str) -> RunningPart:
        part = RunningPart(
            name=name,
            command=[sys.executable, *arguments],
            environ={**os.environ, "PYTHONPATH": str(ROOT), **environ},
            cwd=ROOT,
            log=tmp_path / f"{name}-{len(started)}.log",
        )
        started.append(part)
        return part

    yield start
    for part in started:
        part.kill()


def alive(pid: int) -> bool:
    """Whether ``pid`` runs; a process that only waits to be reaped does not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def processes_with(variable: str, value: str) -> list[int]:
    """All living processes whose environment began with ``variable`` set to ``value``."""
    wanted = f"{variable}={value}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environ = (folder / "environ").read_bytes()
        except OSError:
            continue
        if wanted in environ.split(b"\0") and alive(int(folder.name)):
            found.append(int(folder.name))
    return found
