"""Where Redis is, and how each client wants to be told.

Pure functions over paths and addresses, imported by the settings: nothing here
connects to anything.
"""

import hashlib
import os
from pathlib import Path

from environs import ValidationError

# The kernel takes no longer path for a socket.
MOST_SOCKET_BYTES = 107
_SOCKET = "redis.sock"


def embedded_socket(var_dir: Path, socket_dir: str = "") -> Path:
    """The embedded server's socket for this installation: in ``socket_dir``, if that is set.

    Else it lies in a short folder of the user's own, named by a hash of ``var_dir``, so that two
    checkouts do not meet and a deep checkout does not make the path too long. The folder is the
    same for every shell and service: XDG_RUNTIME_DIR goes when its login ends, and TMPDIR differs
    from shell to shell. The server makes sure that the folder is the user's alone.
    """
    if socket_dir:
        return Path(socket_dir) / _SOCKET
    name = hashlib.sha256(str(var_dir).encode()).hexdigest()[:12]
    return Path("/tmp") / f"gptj-{os.getuid()}-{name}" / _SOCKET  # noqa: S108


def check_socket_dir(value: str) -> None:
    """Raises `ValidationError` unless ``value`` is empty or a folder that can hold the socket."""
    if value and not value.startswith("/"):
        raise ValidationError("It must be a whole path, such as /run/playground.")
    longest = MOST_SOCKET_BYTES - len(f"/{_SOCKET}")
    if (length := len(os.fsencode(value.rstrip("/")))) > longest:
        raise ValidationError(
            f"A socket's path has at most {MOST_SOCKET_BYTES} bytes, so this folder's has at most "
            f"{longest}; it has {length}."
        )


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
