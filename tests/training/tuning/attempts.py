"""Attempts at jobs, each in a process that dies or fails where it is told to.

Reads a line of JSON for each and answers with the status. ``kill_at``: the number of the event
before which it is killed; an event is a step, or a write, a flush or a renaming on the disk.
``kill_before``: an event by its name, and which one of them. ``full_disk_from``: the first of the
checkpoints that find no room. ``terminate_at``: the step after which it gets SIGTERM;
``terminate_before``: such an event. ``out_of_memory``: an event that finds no memory.
"""

import errno
import json
import os
import signal
import sys
from collections import Counter
from pathlib import Path
from typing import Any

# An optimizer needs it; imported once for all attempts.
import torch._dynamo

from workers.training.trainer import Trainer
from workers.training.tuning import __main__ as command
from workers.training.tuning import checkpoints


class Faults:
    def __init__(self, order: dict[str, Any]) -> None:
        self.order = order
        self.seen: Counter[str] = Counter()
        for owner, name, event in (
            (Trainer, "train_step", "step"),
            (os, "write", "write"),
            (os, "fsync", "flush"),
            (Path, "replace", "rename"),
            (checkpoints, "save_tensors", "save"),
            (command, "write_result", "result"),
            (command, "evaluate_result", "evaluation"),
        ):
            self.watch(owner, name, event)

    def watch(self, owner: Any, name: str, event: str) -> None:
        real = getattr(owner, name)

        def watched(*arguments: Any, **options: Any) -> Any:
            self.happen(event)
            found = real(*arguments, **options)
            if event == "step" and self.seen["step"] == self.order.get("terminate_at"):
                os.kill(os.getpid(), signal.SIGTERM)
            return found

        setattr(owner, name, watched)

    def happen(self, event: str) -> None:
        self.seen[event] += 1
        if self.seen.total() == self.order.get("kill_at") or [
            event,
            self.seen[event],
        ] == self.order.get("kill_before"):
            os.kill(os.getpid(), signal.SIGKILL)
        if [event, self.seen[event]] == self.order.get("terminate_before"):
            os.kill(os.getpid(), signal.SIGTERM)
        if [event, self.seen[event]] == self.order.get("out_of_memory"):
            raise torch.OutOfMemoryError
        begin = self.order.get("full_disk_from", sys.maxsize)
        if event == "save" and self.seen[event] >= begin:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def attempt(order: dict[str, Any]) -> None:
    Faults(order)
    sys.stdout = sys.stderr
    os._exit(command.main([order["folder"]]))


def main() -> None:
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                attempt(json.loads(line))
            finally:
                sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
                os._exit(1)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
