"""The place of an installation: its part of a host, its socket's folder, who shares its files.

Each function reads one setting, and raises `ValueError` with a text that follows its name.
"""

import os
import re

# The kernel takes no longer path for a socket.
MAX_SOCKET_PATH = 107
SOCKET_NAME = "redis.sock"
_PREFIX = re.compile(r"/?([\w~-][\w.~-]*/)*[\w~-][\w.~-]*/?|/?", re.ASCII)


def path_prefix(given: str) -> str:
    """``/playground/``, whichever of its slashes were written; ``/`` for none."""
    if not _PREFIX.fullmatch(given):
        raise ValueError("must look like /playground/: words, each with / before and after it")
    return f"/{given.strip('/')}/" if given.strip("/") else "/"


def file_mask(given: str) -> int:
    """The umask: octal, and nothing for those who are neither the user nor of the group."""
    if not re.fullmatch("0?[027]7", given):
        raise ValueError("must be 077, 027 or 007: what other users may not do, in octal")
    return int(given, 8)


def socket_folder(given: str) -> str:
    """A whole path that leaves room for the socket's name; or nothing."""
    if given and not given.startswith("/"):
        raise ValueError("must be a whole path, such as /run/playground")
    longest = MAX_SOCKET_PATH - len(f"/{SOCKET_NAME}")
    if (length := len(os.fsencode(given.rstrip("/")))) > longest:
        raise ValueError(
            f"has {length} bytes and may have {longest}, because a socket's path has at most "
            f"{MAX_SOCKET_PATH}; choose a shorter folder"
        )
    return given


def cookie_name(name: str, prefix: str) -> str:
    """The name of a cookie. A host has one cookie jar for all of its applications, so under a
    ``prefix`` ours need different names, or another Django at ``/`` would sign people out."""
    return "_".join([name, *(part for part in prefix.split("/") if part)])
