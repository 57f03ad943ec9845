"""Where Redis is, and how each client wants to be told.

Pure functions over paths and addresses, imported by the settings: nothing here
connects to anything.
"""

import hashlib
import os
import tempfile
from pathlib import Path

# A unix socket's path must fit sockaddr_un: 108 bytes with the final NUL.
MAX_SOCKET_PATH = 107


def embedded_socket(var_dir: Path) -> Path:
    """The embedded server's socket for this installation.

    It lies in a short folder of the user's own, named by a hash of ``var_dir``,
    so that two checkouts do not meet and a deep checkout does not pass
    `MAX_SOCKET_PATH`.
    """
    name = hashlib.sha256(str(var_dir).encode()).hexdigest()[:12]
    base = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
    folder = Path(base) / f"gptj-{os.getuid()}-{name}"
    if len(str(folder / "redis.sock").encode()) > MAX_SOCKET_PATH:
        folder = Path("/tmp") / folder.name
    return folder / "redis.sock"


def resolve_redis_url(configured: str, var_dir: Path) -> str:
    """The operator's address, else the embedded server's, in redis-py's form."""
    return configured or f"unix://{embedded_socket(var_dir)}"


def celery_url(redis_url: str) -> str:
    """``redis_url`` in Celery's form: it names a socket ``redis+socket://``."""
    if redis_url.startswith("unix://"):
        return "redis+socket://" + redis_url.removeprefix("unix://")
    return redis_url
