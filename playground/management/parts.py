"""The processes of a running playground, as command lines.

Workers are named by module here and never imported: the web side must not load tensors.
"""

import os
import re
import signal
import socket
import sys
from pathlib import Path

from django.conf import settings

from playground.core.locks import FileLock
from playground.core.valkey import EmbeddedValkey
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
            *("--http", "playground.core.http_protocol:GuardedProtocol"),
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


def worker_part(
    *, model: str, device: str, lock: FileLock, slots: int | None = None, verbose: bool
) -> Part:
    """A generate worker of ``model``, whose name's lock it holds while it lives."""
    name = worker_name(model, device)
    return Part(
        name=worker_part_name(model),
        command=worker_command(model=model, device=device, name=name, slots=slots),
        environ=_environ(verbose=verbose),
        pass_fds=(lock.fd,),
        # It finishes or hands over its runs, and says goodbye.
        stop_seconds=settings.SHUTDOWN_GRACE_SECONDS + 5.0,
    )


def worker_part_name(model: str) -> str:
    """What the worker's lines begin with."""
    return f"worker {model}"


def worker_command(*, model: str, device: str, name: str, slots: int | None = None) -> list[str]:
    """The argument list of a generate worker."""
    command = [
        *(sys.executable, "-m", "workers.generate.main"),
        *("--model", model, "--device", device, "--name", name),
    ]
    return [*command, "--slots", str(slots)] if slots else command


def worker_name(model: str, device: str, host: str | None = None) -> str:
    """``demo-cpu@host``: the same after each restart, so that a worker finds what it held.

    One engine serves a device, so a model and a device name a worker of a host.
    """
    return f"{model}-{device.replace(':', '')}@{host or socket.gethostname()}"


def worker_lock(var_dir: Path, name: str) -> FileLock:
    """The lock that keeps two processes of this machine from sharing a worker's name."""
    return FileLock(var_dir / "workers" / re.sub(r"[^\w.@-]", "_", name))


def _environ(*, verbose: bool) -> dict[str, str]:
    """This process's environment; quiet unless somebody asked for more."""
    return {"LOG_LEVEL": "INFO" if verbose else "WARNING", **os.environ}
