"""``python -m workers.training.tuning FOLDER``: train what the folder's job.json asks for.

Exit status: 0, ``end`` is in the record; 75, asked to make room, goes on when started again; 74,
the disk is full, goes on when started again; any other, it died.
"""

import argparse
import os
import signal
import sys
from pathlib import Path
from types import FrameType

import torch

from workers.training.tuning.checkpoints import FULL_DISK
from workers.training.tuning.ending import check_result, evaluate_result, figures, write_result
from workers.training.tuning.errors import Diverged, LibraryMissing, TuningError
from workers.training.tuning.job import Job
from workers.training.tuning.memory import lower_priority
from workers.training.tuning.options import read_options
from workers.training.tuning.processes import (
    Single,
    Together,
    is_first_process,
    join_processes,
)
from workers.training.tuning.record import Record

REASONS = {
    "finished": "All steps were done.",
    "early": "The held-out rows got no better for a while; the best state is kept.",
    "stopped": "Stopped when it was asked to; the best state so far is kept.",
}


class Termination:
    """Whether the job was asked to make room; at the end it does so at once."""

    def __init__(self) -> None:
        self.is_asked = False
        self.at_once = False
        signal.signal(signal.SIGTERM, self._hear)

    def _hear(self, _signal: int, _frame: FrameType | None) -> None:
        self.is_asked = True
        if self.at_once:
            # All that was trained is in a checkpoint, and files are replaced whole.
            os._exit(os.EX_TEMPFAIL)


def tune(folder: Path, processes: Single | Together, termination: Termination) -> int:
    """Train to the end of the job, or until it has to make room; the exit status."""
    record = Record(folder / "record.jsonl") if processes.number == 0 else None
    if record and record.last.get("kind") == "end":
        return os.EX_OK
    try:
        return _attempt(folder, record, processes, termination)
    except TuningError as error:
        if record is None:
            # Of one process alone it is an end that the others must not wait for.
            print(error, file=sys.stderr)
            return os.EX_UNAVAILABLE
        _write_failure(record, error)
        return os.EX_OK
    except OSError as error:
        if error.errno not in FULL_DISK:
            raise
        _say_full_disk(record)
        return os.EX_IOERR


def _attempt(
    folder: Path, record: Record | None, processes: Single | Together, termination: Termination
) -> int:
    options = read_options(folder / "job.json")
    lower_priority(options.nice)
    job = Job(folder, options, record, processes, lambda: termination.is_asked)
    job.begin()
    try:
        outcome = job.run()
    except Diverged:
        if job.best is not None:
            step = job.take_best()
            if record:
                write_result(job)
                job.log("info", "kept", f"The best state, of step {step}, is kept.")
        raise
    if outcome == "interrupted":
        # A launcher ends all when one has ended: not before the first has saved.
        processes.first_says([0])
        return os.EX_TEMPFAIL
    step = job.take_best()
    if record:
        termination.at_once = True
        if termination.is_asked:
            return os.EX_TEMPFAIL
        write_result(job)
        check_result(job)
        evaluation = evaluate_result(job)
        record.append("result", **figures(job, step, evaluation))
        status = "stopped" if outcome == "stopped" else "succeeded"
        record.append("end", status=status, reason=REASONS[outcome], code=outcome)
        record.sync()
    return os.EX_OK


def _write_failure(record: Record, error: TuningError) -> None:
    record.log("error", error.code, str(error))
    record.append("end", status="failed", reason=str(error), code=error.code)


def _say_full_disk(record: Record | None) -> None:
    text = "The disk is full. Make room: the job goes on from its last checkpoint."
    print(text, file=sys.stderr)
    if record:
        try:
            record.log("error", "disk_full", text)
        except OSError:
            # Not even a line fits; the exit status says it.
            return


def main(arguments: list[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m workers.training.tuning", description=__doc__)
    parser.add_argument("folder", type=Path, help="of the job: job.json, train.jsonl and so on")
    folder: Path = parser.parse_args(arguments).folder
    termination = Termination()
    torch.set_num_threads(1)
    try:
        processes = join_processes()
    except LibraryMissing as error:
        if is_first_process():
            _write_failure(Record(folder / "record.jsonl"), error)
        return os.EX_OK
    status = tune(folder, processes, termination)
    if status in (os.EX_OK, os.EX_TEMPFAIL):
        # Else others still wait for this one, and whoever started them ends them.
        processes.close()
    return status


if __name__ == "__main__":
    sys.exit(main())
