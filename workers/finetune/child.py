"""The child process of a job: started with care, told to end, and never left behind."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings

from playground.core.locks import FileLock, LockTaken
from playground.core.processes import signal_group

TRAINER = "workers.training.tuning"
EXPORTER = "workers.training.tuning.export"
# How long a process of an attempt before may need to end.
LOCK_SECONDS = 10.0
# For more of its output nobody looks.
MAX_OUTPUT = 64 << 10
OUTPUT = "output.log"
LOCK = "lock"

# What a worker must not pass on: its secrets, and its own place among the tasks of a launcher.
KEPT_BACK = (
    *("SECRET_KEY", "DATABASE_URL", "REDIS_URL", "EMAIL_URL"),
    *("RANK", "WORLD_SIZE", "LOCAL_RANK", "SLURM_PROCID", "SLURM_STEP_NUM_TASKS"),
)

# The statuses with which it ends (workers.training.tuning).
EXIT_HANDED_OVER = 75
EXIT_DISK_FULL = 74
# Of an export alone: it cannot be, and the last line says why.
EXIT_REFUSED = 65


class Child:
    """One life of the trainer in ``folder``, or of another command.

    Start it in the thread that waits for it: when that ends, the kernel ends the child.
    """

    def __init__(self, folder: Path, *, device: str, command: Sequence[str] | None = None) -> None:
        self.folder = folder
        self._command = list(command) if command else _command(folder)
        self._device = device
        self._lock = FileLock(folder / LOCK)
        self._process: subprocess.Popen[bytes] | None = None
        self.was_asked_to_end = False
        self._guard = threading.Lock()

    def start(self) -> None:
        """Raises `LockTaken` while a process of an earlier attempt lives, and `OSError`."""
        self._lock.acquire(timeout=LOCK_SECONDS)
        try:
            output = os.open(
                self.folder / OUTPUT, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600
            )
            try:
                self._process = subprocess.Popen(
                    [*_keeper(), *self._command],
                    cwd=settings.BASE_DIR,
                    env=_environ(self._device),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    # Whoever holds it could write: no other attempt begins before that has ended.
                    pass_fds=(self._lock.fd,),
                    start_new_session=True,
                )
            finally:
                os.close(output)
        except BaseException:
            self._lock.release()
            raise

    def poll(self) -> int | None:
        """The exit status once it has ended and nothing of it is left."""
        if self._process is None:
            raise RuntimeError("poll before start")
        status = self._process.poll()
        if status is not None:
            signal_group(self._process.pid, signal.SIGKILL)
            self._lock.release()
        return status

    def hand_over(self) -> None:
        """Asks it to save a checkpoint and to end."""
        with self._guard:
            if self._process is not None and not self.was_asked_to_end:
                self.was_asked_to_end = True
                self._process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Ends it at once, and waits until it has ended."""
        if self._process is not None and self._process.poll() is None:
            # The keeper ends the trainer and all that it started.
            self._process.send_signal(signal.SIGHUP)
            try:
                self._process.wait(timeout=5.0)
            except subprocess.TimeoutExpired:
                signal_group(self._process.pid, signal.SIGKILL)
                self._process.wait()
        self._lock.release()

    def describe_end(self, status: int) -> str:
        """How it ended, and the last line of what it printed, in words."""
        words = self.last_words()
        return f"{_ending(status)}{f' It said: {words}' if words else ''}"

    def last_words(self) -> str:
        """The last line of what it printed, for the log of the worker."""
        try:
            with (self.folder / OUTPUT).open("rb") as file:
                file.seek(max(file.seek(0, os.SEEK_END) - MAX_OUTPUT, 0))
                lines = file.read().decode(errors="replace").split("\n")
        except OSError:
            return ""
        return next((line.strip() for line in reversed(lines) if line.strip()), "")[:500]


def _ending(status: int) -> str:
    number = status - 128 if status > 128 else -status
    if number > 0:
        try:
            name = signal.Signals(number).name
        except ValueError:
            name = str(number)
        hint = " The machine may have run out of memory." if name == "SIGKILL" else ""
        return f"The process was ended by {name}.{hint}"
    return f"The process ended with status {status}."


def _keeper() -> list[str]:
    return [sys.executable, "-m", "workers.finetune.keeper", str(os.getpid())]


def _command(folder: Path) -> list[str]:
    launcher = list(settings.FINETUNE_LAUNCHER) or [sys.executable]
    return [*launcher, "-m", TRAINER, str(folder)]


def export_command(folder: Path, dtype: str) -> list[str]:
    """What makes the whole model of a job's folder; one process, whatever the launcher."""
    return [sys.executable, "-m", EXPORTER, str(folder), "--dtype", dtype]


def _environ(device: str) -> dict[str, str]:
    """The child needs none of the site's secrets; a GPU's job sees its own GPU alone."""
    kept = {name: value for name, value in os.environ.items() if name not in KEPT_BACK}
    kept["PYTHONUNBUFFERED"] = "1"
    if device.startswith("cuda:"):
        kept["CUDA_VISIBLE_DEVICES"] = device.removeprefix("cuda:")
    elif device == "cpu":
        kept["CUDA_VISIBLE_DEVICES"] = ""
    return kept


__all__ = ["Child", "LockTaken", "export_command"]
