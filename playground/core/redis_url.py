"""Where Redis is, and how each client wants to be told.

Pure functions over paths and addresses, imported by the settings: nothing here
connects to anything.
"""

import hashlib
import os
from pathlib import Path


def embedded_socket(var_dir: Path) -> Path:
    """The embedded server's socket for this installation.

    It lies in a short folder of the user's own, named by a hash of ``var_dir``, so that two
    checkouts do not meet and a deep checkout does not pass the 107 bytes of a socket's path.
    The folder is the same for every shell and service: XDG_RUNTIME_DIR goes when its login
    ends, and TMPDIR differs from shell to shell. The server makes sure that the folder is the
    user's alone.
    """
    name = hashlib.sha256(str(var_dir).encode()).hexdigest()[:12]
    return Path("/tmp") / f"gptj-{os.getuid()}-{name}" / "redis.sock"  # noqa: S108


def resolve_redis_url(configured: str, var_dir: Path) -> str:
    """The operator's address, else the embedded server's, in redis-py's form."""
    return configured or f"unix://{embedded_socket(var_dir)}"


def celery_url(redis_url: str) -> str:
    """``redis_url`` in Celery's form: it names a socket ``redis+socket://``."""
    if redis_url.startswith("unix://"):
        return "redis+socket://" + redis_url.removeprefix("unix://")
    return redis_url
