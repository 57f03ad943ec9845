"""Attempts at jobs, each in a process that dies or fails where it is told to.

Reads a line of JSON for each and answers with the status. ``kill_at``: the number of the event
before which it is killed; an event is a step, or a write, a flush or a renaming on the disk.
``kill_before``: an event by its name, and which one of them. ``full_disk_from``: the first of the
checkpoints that find no room. ``terminate_at``: the step after which it gets SIGTERM;
``terminate_before``: such an event. ``out_of_memory``: an event that finds no memory.

``processes``: how many train together, as a launcher starts them; when one fails, the others are
ended, and its status is that of the attempt. ``process``: the number of the one that the faults
are for, the first if it is missing. ``logits_at_once``: the numbers of logits kept at a time.
"""

import errno
import json
import os
import signal
import socket
import sys
from collections import Counter
from pathlib import Path
from typing import Any

# Several processes need the one, an optimizer the other; imported once for all attempts.
import accelerate  # noqa: F401
import torch._dynamo

from workers.training import loss
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


def attempt(order: dict[str, Any], number: int, port: int) -> None:
    if (count := order.get("processes", 1)) > 1:
        place = {"RANK": number, "LOCAL_RANK": number, "WORLD_SIZE": count, "MASTER_PORT": port}
        os.environ |= {name: str(value) for name, value in place.items()}
        os.environ["MASTER_ADDR"] = "127.0.0.1"
    loss.LOGITS_AT_ONCE = order.get("logits_at_once", loss.LOGITS_AT_ONCE)
    if number == order.get("process", 0):
        Faults(order)
    sys.stdout = sys.stderr
    os._exit(command.main([order["folder"]]))


def start(order: dict[str, Any]) -> list[int]:
    """The processes of an attempt."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    started = []
    for number in range(order.get("processes", 1)):
        child = os.fork()
        if child == 0:
            try:
                attempt(order, number, port)
            finally:
                sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
                os._exit(1)
        started.append(child)
    return started


def end(processes: list[int]) -> int:
    """Wait for all; the status of the first that failed."""
    left, failed = set(processes), 0
    while left:
        process, status = os.wait()
        left.discard(process)
        if status and not failed:
            failed = os.waitstatus_to_exitcode(status)
            for other in left:
                os.kill(other, signal.SIGTERM)
    return failed


def main() -> None:
    for line in sys.stdin:
        print(end(start(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
