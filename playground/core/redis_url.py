"""Where Redis is, and how each client wants to be told.

Pure functions over paths and addresses, imported by the settings: nothing here
connects to anything.
"""

import hashlib
import os
from pathlib import Path

from playground.core.place import SOCKET_NAME


def embedded_socket(var_dir: Path, socket_dir: str = "") -> Path:
    """The embedded server's socket for this installation: in ``socket_dir``, if that is set.

    Else it lies in a short folder of the user's own, named by a hash of ``var_dir``, so that two
    checkouts do not meet and a deep checkout does not make the path too long. The folder is the
    same for every shell and service: XDG_RUNTIME_DIR goes when its login ends, and TMPDIR differs
    from shell to shell. The server makes sure that the folder is the user's alone.
    """
    if socket_dir:
        return Path(socket_dir) / SOCKET_NAME
    name = hashlib.sha256(str(var_dir).encode()).hexdigest()[:12]
    return Path("/tmp") / f"gptj-{os.getuid()}-{name}" / SOCKET_NAME  # noqa: S108


def resolve_redis_url(configured: str, socket: Path) -> str:
    """The operator's address, else the embedded server's, in redis-py's form."""
    return configured or f"unix://{socket}"


def is_embedded(redis_url: str, socket: Path) -> bool:
    """Whether ``redis_url`` is that of the embedded server."""
    return redis_url == f"unix://{socket}"


def celery_url(redis_url: str) -> str:
    """``redis_url`` in Celery's form: it names a socket ``redis+socket://``."""
    if redis_url.startswith("unix://"):
        return "redis+socket://" + redis_url.removeprefix("unix://")
    return redis_url
