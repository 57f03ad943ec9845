"""Plays SLURM's srun on one host: starts the tasks, each with the variables that name its
place, passes signals on, and ends all when one fails, as with --kill-on-bad-exit=1."""

import argparse
import os
import signal
import subprocess
import sys
from types import FrameType

KILL_SECONDS = 10.0


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--ntasks", type=int, required=True)
    parser.add_argument("--kill-on-bad-exit", type=int, choices=[1], required=True)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    step = {
        "SLURM_JOB_ID": str(os.getpid()),
        "SLURM_STEP_ID": "0",
        "SLURM_NTASKS": str(options.ntasks),
        "SLURM_STEP_NUM_TASKS": str(options.ntasks),
        "SLURM_STEP_NUM_NODES": "1",
        "SLURM_STEP_NODELIST": "localhost",
    }
    tasks = [
        subprocess.Popen(
            options.command,
            env=os.environ | step | {"SLURM_PROCID": str(number), "SLURM_LOCALID": str(number)},
        )
        for number in range(options.ntasks)
    ]

    def pass_on(number: int, frame: FrameType | None) -> None:
        for task in tasks:
            task.send_signal(number)

    signal.signal(signal.SIGTERM, pass_on)
    while any(task.poll() is None for task in tasks):
        pid, status = os.waitpid(-1, 0)
        code = os.waitstatus_to_exitcode(status)
        ended = next(task for task in tasks if task.pid == pid)
        ended.returncode = code
        if code:
            end_all([task for task in tasks if task.returncode is None])
    codes = [task.returncode for task in tasks]
    return max(128 - code if code < 0 else code for code in codes)


def end_all(tasks: list[subprocess.Popen[bytes]]) -> None:
    for task in tasks:
        task.send_signal(signal.SIGTERM)
    for task in tasks:
        try:
            task.wait(timeout=KILL_SECONDS)
        except subprocess.TimeoutExpired:
            task.kill()
            task.wait()


if __name__ == "__main__":
    sys.exit(main())
