"""A training run's record: what it was started with, and a line of JSON for every few steps."""

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

from workers.training.files import atomic_write


class DifferentRun(Exception):
    """The folder holds a run that was started with something else."""


class Journal:
    """``run.json`` and ``log.jsonl`` of a work folder."""

    def __init__(self, work: Path) -> None:
        self.run_path = work / "run.json"
        self.log_path = work / "log.jsonl"

    def begin(self, run: dict[str, Any], *, step: int, extendable: Collection[str] = ()) -> None:
        """Start the record, or go on with it from ``step``; raises DifferentRun.

        ``run`` is what the run was started with. A run that goes on must be the same, but the
        lists named in ``extendable`` may have got more entries.
        """
        if step and self.run_path.exists():
            self._check_same(run, extendable)
        with atomic_write(self.run_path) as beside:
            beside.write_text(json.dumps(run, indent=2) + "\n", encoding="utf-8")
        self._drop_lines_after(step)

    def _check_same(self, run: dict[str, Any], extendable: Collection[str]) -> None:
        before = json.loads(self.run_path.read_text(encoding="utf-8"))
        known = {
            name: value[: len(before.get(name, []))] if name in extendable else value
            for name, value in run.items()
        }
        different = [name for name in known if before.get(name) != known[name]]
        if different:
            raise DifferentRun(
                f"{self.run_path} was started with another {', '.join(different)}. "
                "Give this run a folder of its own, or start it in the same way."
            )

    def _drop_lines_after(self, step: int) -> None:
        """Cut off the lines of steps after the last checkpoint: they come again.

        So does a line that was half written when the run was killed.
        """
        self.log_path.touch()
        end = 0
        with self.log_path.open("rb+") as log:
            for line in log:
                if not line.endswith(b"\n") or json.loads(line)["step"] > step:
                    break
                end += len(line)
            log.truncate(end)

    def append(self, line: dict[str, Any]) -> None:
        """Add a line."""
        with self.log_path.open("a", encoding="utf-8") as log:
            log.write(json.dumps(line) + "\n")


def read_log(path: Path) -> list[dict[str, Any]]:
    """The whole lines of a log, while it is being written too; none where there is no log."""
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith("\n")]
