"""A training run's record: what it was started with, and a line of JSON for every few steps."""

import json
from pathlib import Path
from typing import Any


class OtherRun(Exception):
    """The folder holds a run that was started with something else."""


class Journal:
    """``run.json`` and ``log.jsonl`` of a work folder."""

    def __init__(self, work: Path) -> None:
        self.run = work / "run.json"
        self.log = work / "log.jsonl"

    def begin(self, run: dict[str, Any], *, step: int) -> None:
        """Start the record, or go on with it from ``step``; raises OtherRun.

        Lines of steps that were made after the last checkpoint go: they come again. Another
        round (``steps`` and ``decay`` have an entry for each) is no other run.
        """
        if step and self.run.exists():
            before = json.loads(self.run.read_text(encoding="utf-8"))
            rounds = before.get("steps", [])
            known = {**run, **{name: run[name][: len(rounds)] for name in ("steps", "decay")}}
            other = [name for name in known if before.get(name) != known[name]]
            if other:
                raise OtherRun(
                    f"{self.run} was started with another {', '.join(other)}. "
                    "Give this run a folder of its own (--work), or start it in the same way."
                )
        self.run.write_text(json.dumps(run, indent=2) + "\n", encoding="utf-8")
        kept = [line for line in read(self.log) if line["step"] <= step] if step else []
        self.log.write_text("".join(json.dumps(line) + "\n" for line in kept), encoding="utf-8")

    def write(self, line: dict[str, Any]) -> None:
        """Add a line."""
        with self.log.open("a", encoding="utf-8") as log:
            log.write(json.dumps(line) + "\n")


def read(path: Path) -> list[dict[str, Any]]:
    """The lines of a log; none where there is no log."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
