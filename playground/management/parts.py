"""The processes of a running playground, as command lines.

Workers are named by module here and never imported: the web side must not load tensors.
"""

import os
import re
import signal
import socket
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from playground.checkpoints.jobs import JOBS, Job
from playground.checkpoints.registry import ModelSpec
from playground.core.locks import FileLock
from playground.core.redis.valkey import EmbeddedValkey
from playground.management.supervisor import Part

# A socket of the protocol carries a few hundred bytes; 64 KiB is the most it may.
MAX_SOCKET_MESSAGE = 65_536


def valkey_part(server: EmbeddedValkey) -> Part:
    """The embedded server, already acquired. It closes its file in order when we are killed."""
    return Part(
        name="valkey",
        command=server.command(),
        pass_fds=(server.lock.fd,),
        death_signal=signal.SIGTERM,
    )


def web_part(listener: socket.socket, *, verbose: bool) -> Part:
    """The one web process, on a socket that stays open while the process is restarted."""
    fd = listener.fileno()
    return Part(
        name="web",
        command=[
            *(sys.executable, "-m", "uvicorn", "playground.asgi:start", "--factory"),
            *("--fd", str(fd)),
            *("--loop", "uvloop"),
            *("--http", "playground.core.serving.http_protocol:GuardedProtocol"),
            *("--ws", "websockets-sansio"),
            *("--ws-max-size", str(MAX_SOCKET_MESSAGE)),
            *("--ws-per-message-deflate", "false"),
            *("--lifespan", "off"),
            # TRUSTED_PROXIES decides in the application whom to believe.
            "--no-proxy-headers",
            "--no-server-header",
            "--no-access-log",
            *("--log-level", "info" if verbose else "warning"),
            *("--timeout-graceful-shutdown", "3"),
        ],
        environ=_environ(verbose=verbose),
        pass_fds=(fd,),
        stop_seconds=6.0,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerPlan:
    """One worker of a running playground: its job, its model, and its device."""

    job: Job
    model: str
    device: str

    @property
    def name(self) -> str:
        """The name of its row and its lock."""
        return self.job.worker_name(self.model, self.device)

    @property
    def part_name(self) -> str:
        """The beginning of its log lines."""
        return f"worker {self.job.worker_prefix}{self.model or self.job.name}"


def worker_plans(models: Iterable[ModelSpec]) -> list[WorkerPlan]:
    """The workers of ``models``: one for each of their jobs, and one for each job of the site."""
    of_models = [
        WorkerPlan(job=job, model=spec.name, device=spec.device)
        for spec in models
        for job in JOBS.values()
        if job.per_model
    ]
    of_site = [WorkerPlan(job=job, model="", device="cpu") for job in JOBS.values()]
    return [*of_models, *(plan for plan in of_site if not plan.job.per_model)]


def worker_part(plan: WorkerPlan, *, lock: FileLock, verbose: bool) -> Part:
    """The worker of ``plan``, whose name's lock it holds while it lives."""
    return Part(
        name=plan.part_name,
        command=worker_command(job=plan.job, model=plan.model, device=plan.device, name=plan.name),
        environ=_environ(verbose=verbose),
        pass_fds=(lock.fd,),
        # It finishes or hands over its runs, and says goodbye.
        stop_seconds=settings.SHUTDOWN_GRACE_SECONDS + plan.job.stop_seconds,
    )


def worker_command(
    *, job: Job, model: str, device: str, name: str, slots: int | None = None
) -> list[str]:
    """The argument list of a worker."""
    served = ["--model", model, "--device", device] if job.per_model else []
    command = [sys.executable, "-m", f"workers.{job.name}.main", *served, "--name", name]
    return [*command, "--slots", str(slots)] if slots else command


def worker_lock(var_dir: Path, name: str) -> FileLock:
    """The lock that keeps two processes of this machine from sharing a worker's name."""
    return FileLock(var_dir / "workers" / re.sub(r"[^\w.@-]", "_", name))


def _environ(*, verbose: bool) -> dict[str, str]:
    """This process's environment; quiet unless the operator asked for more."""
    return {"LOG_LEVEL": "INFO" if verbose else "WARNING", **os.environ}
